"""Functions of the file: what they are called with and what they return, over all calls."""

from __future__ import annotations

import ast

from . import values as v
from .hooks import Given
from .interpreter import Interpreter
from .iteration import iterate
from .scopes import Bound, Func, Function, Queue

__all__ = ["call_function", "escape", "result_of", "returned"]

# Dicts in dicts: a reply has three of them.
_DEEPEST = 4


def escape(at: Interpreter, value: v.Value) -> None:
    """Mark the functions in a value as called by anybody."""
    for one in v.alternatives(value):
        if isinstance(one, (Func, Bound)) and not one.info.escapes:
            one.info.escapes = True
            at.wake(one.info)
        elif isinstance(one, Queue) and not one.channel.escapes:
            one.channel.escapes = True
            at.wake(*one.channel.readers)
        elif isinstance(one, v.Seq):
            for inner in (*(one.items or ()), one.rest):  # joined, one may hide another
                escape(at, inner)
        elif isinstance(one, v.Mapping):
            for _, inner in one.items:
                escape(at, inner)
        elif isinstance(one, v.Wrap) and one.how == "partial":
            escape(at, one.value)


def call_function(  # noqa: PLR0913
    at: Interpreter,
    info: Function,
    args: list[v.Value],
    keywords: dict[str, v.Value],
    receiver: v.Value | None = None,
    given: Given | None = None,
) -> v.Value:
    """Join the arguments into the parameters; return what the function is known to return."""
    info.calls += 1
    info.callers.add(at.function)
    around = at.guards if at.function is None else [*at.guards, *at.function.guards]
    if not info.guards.issuperset(around):
        info.guards.update(around)
        at.wake(info)
    node = info.node
    values = [receiver, *args] if receiver is not None else list(args)
    line = at.line
    names = [one.arg for one in info.positional]
    for name, value in zip(names, values, strict=False):
        _take(at, info, name, v.named(value, f"{info.name}({name})", line))
    if len(values) > len(names) and node.args.vararg is not None:
        _take(at, info, node.args.vararg.arg, v.Seq(tuple(values[len(names) :])))
    known = {*names, *(one.arg for one in node.args.kwonlyargs)}
    extra = {key: value for key, value in keywords.items() if key not in known}
    for name in keywords.keys() & known:
        _take(at, info, name, v.named(keywords[name], f"{info.name}({name})", line))
    spread = given is not None and given.spread
    if node.args.kwarg is not None:
        value = v.Mapping(tuple(extra.items()), None, spread)
        _take(at, info, node.args.kwarg.arg, value)
    _defaults(at, info, len(values), keywords, spread=spread)
    return result_of(at, info)


def _take(at: Interpreter, info: Function, name: str, value: v.Value) -> None:
    if info.takes(name, value, widen=at.widening):
        at.wake(info)


def _defaults(
    at: Interpreter, info: Function, count: int, keywords: dict[str, v.Value], *, spread: bool
) -> None:
    arguments = info.node.args
    names = info.positional
    defaults: list[tuple[ast.arg, ast.expr | None]] = list(
        zip(names[len(names) - len(arguments.defaults) :], arguments.defaults, strict=True)
    )
    defaults += zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    given = {one.arg for one in names[:count]} | keywords.keys()
    for parameter, default in defaults:
        if default is not None and parameter.arg not in given:
            value = at.value(default) if not spread else v.UNKNOWN
            _take(at, info, parameter.arg, value)
    if spread:
        for parameter in (*names[count:], *arguments.kwonlyargs):
            if parameter.arg not in given:
                _take(at, info, parameter.arg, v.UNKNOWN)


def result_of(at: Interpreter, info: Function) -> v.Value:
    """Return what a call of a function of the file gives."""
    if info.is_generator:
        yields = _completed(info.yields, iterate(at, info.stated))
        managed = any("contextmanager" in name for name in info.decorators)
        wrapped: v.Value = v.Wrap("context" if managed else "iter", yields)
    else:
        returns = _completed(info.returns, info.stated)
        wrapped = v.Wrap("await", returns) if info.is_async else returns
    return v.join(wrapped, v.UNKNOWN) if info.opaque else wrapped


def returned(at: Interpreter, info: Function, value: v.Value, line: int) -> None:
    """Note what a function returns."""
    if isinstance(value, v.Maybe):
        value = v.named(value, info.name, line)
    value = _shallow(value)
    after = v.join(info.returns, v.named(value, f"{info.name}() returns", line))
    if at.widening and after != info.returns:
        after = v.widened(after)
    if after != info.returns:
        info.returns = after
        at.wake(*info.callers)


def _shallow(value: v.Value, depth: int = _DEEPEST) -> v.Value:
    """Return a value without what is too deep in dicts: a function that calls itself adds more."""
    if isinstance(value, v.Mapping):
        if depth == 0:
            return v.UNKNOWN
        items = tuple((key, _shallow(one, depth - 1)) for key, one in value.items)
        same = all(new[1] is old[1] for new, old in zip(items, value.items, strict=True))
        return value if same else v.Mapping(items, value.node, value.partial)
    if isinstance(value, v.Seq) and value.items is not None:
        return v.Seq(
            tuple(_shallow(one, depth) for one in value.items), _shallow(value.rest, depth)
        )
    if isinstance(value, v.Seq):
        return v.Seq(None, _shallow(value.rest, depth))
    if isinstance(value, v.Alt):
        return v.join_all(_shallow(one, depth) for one in value.values)
    return value


def _completed(value: v.Value, stated: v.Value) -> v.Value:
    """Return what a function gives: its annotation speaks for the paths that are not known."""
    nothing = (v.UNKNOWN, v.BOTTOM)
    known = [
        one for one in v.alternatives(value) if one not in nothing and not isinstance(one, v.Maybe)
    ]
    if stated is v.UNKNOWN or (known and len(known) == len(v.alternatives(value))):
        return value
    return v.join_all((*known, stated))
