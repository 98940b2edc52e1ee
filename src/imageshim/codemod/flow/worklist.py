"""The run over a whole file, until nothing new is learned.

Between functions it joins: a parameter is what all calls in
the file (and, through the index, in the project) hand it, a free name or an attribute of ``self``
is whatever is ever assigned to it. At first no caller is known and parameters are taken for
unreachable; what is learned wakes the functions that it concerns. When nobody is awake any more,
what is still never called may be called by anybody with anything, and it goes on until that, too,
has settled.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from . import assignments, calls, definitions, expressions, operators, patterns, statements  # noqa: F401  # their tables
from . import values as v
from .annotations import annotation
from .environment import Env
from .functions import result_of, returned
from .interpreter import Interpreter
from .scopes import Class, Function, Inst

__all__ = ["run"]

_MOST_RUNS = 16
_WIDEN_AFTER = 7


def run(at: Interpreter) -> None:
    """Interpret the file."""
    _module(at)
    seen = 0
    while seen < len(at.order):
        for info in list(at.order)[seen:]:
            at.awake.pop(info, None)
            _body(at, info)
            seen += 1
    if not (at.found or at.tracks or at.watcher.is_concerned):
        return
    at.first_pass = False
    for owner in at.classes.values():
        for name, readers in owner.readers.items():
            if name not in owner.attributes and name not in owner.methods:
                at.wake(*readers)
    settled = True
    while at.awake or _release(at):
        if None in at.awake:
            settled &= _again(at, None)
        for info in sorted((one for one in at.awake if one is not None), key=at.order.__getitem__):
            settled &= _again(at, info)
    at.stable = settled


def _again(at: Interpreter, info: Function | None) -> bool:
    """Look at a function again; returns False where that was done often enough."""
    del at.awake[info]
    if (at.runs if info is None else info.runs) >= _MOST_RUNS:
        return False
    if info is None:
        _module(at)
    else:
        _body(at, info)
    return True


def _release(at: Interpreter) -> bool:
    """Hand unknown values to the functions that nobody is known to call, if there are more.

    What nobody is known to put into a queue is unknown as well.
    """
    uncalled = [info for info in at.order if not info.released and not _is_called(at, info)]
    for info in uncalled:
        info.released = True
        at.wake(info)
    unfilled = [one for one in at.channels.values() if not (one.is_filled or one.escapes)]
    for channel in unfilled:
        channel.escapes = True
        at.wake(*channel.readers)
    return bool(uncalled or unfilled)


def _is_called(at: Interpreter, info: Function) -> bool:
    if info.calls:
        return True
    return at.neighbours is not None and at.neighbours.is_called(at.module, info)


def _module(at: Interpreter) -> None:
    at.runs += 1
    at.widening = at.runs > _WIDEN_AFTER
    at.scope, at.env, at.function = at.top, Env(), None
    at.traps, at.guards = [], []
    at.block(at.tree.body)


def _body(at: Interpreter, info: Function) -> None:
    info.runs += 1
    at.widening = info.runs > _WIDEN_AFTER
    at.scope, at.function, at.env = info.scope, info, Env()
    at.traps, at.guards = [], []
    at.loops = []
    arguments = info.node.args
    for place, one in enumerate((*info.positional, *arguments.kwonlyargs)):
        at.bind(one.arg, _parameter(at, info, one, place))
    for star in (arguments.vararg, arguments.kwarg):
        if star is not None:
            empty: v.Value = v.UNKNOWN if info.released else v.BOTTOM
            at.bind(star.arg, info.params.get(star.arg, empty))
    if isinstance(info.node, ast.Lambda):
        returned(at, info, at.value(info.node.body), info.node.lineno)
    else:
        at.block(info.node.body)
    at.function = None


def _parameter(at: Interpreter, info: Function, node: ast.arg, place: int) -> v.Value:
    if place == 0 and info.owner is not None and "staticmethod" not in info.decorators:
        owner = info.owner
        return Class(owner) if "classmethod" in info.decorators else Inst(owner, or_below=True)
    value = info.params.get(node.arg, v.BOTTOM)
    handed = None
    if at.neighbours is not None:
        handed = at.neighbours.argument(at.module, info, node.arg)
    if handed is not None:
        at.found |= handed is not v.UNKNOWN
        value = v.join(value, handed)
    given = at.test_fixtures.get(node.arg)
    if given is not None and info.name.startswith("test") and not info.calls:
        given.callers.add(info)
        result = result_of(at, given)
        return v.named(v.each(result, _entered_fixture), node.arg, node.lineno)
    if info.released or info.escapes or info.opaque:
        value = v.join(value, v.UNKNOWN)
    stated = annotation(at, node.annotation)
    if stated is not v.UNKNOWN:
        seen = [
            one for one in v.alternatives(value) if isinstance(one, (v.Obj, Inst, v.Seq, v.Wrap))
        ]
        if not seen or len(seen) < len(v.alternatives(value)):
            return v.named(v.join_all((*seen, stated)), node.arg, node.lineno)
    if at.tracks and value is v.UNKNOWN:
        return v.Maybe(frozenset({node.arg, info.name, *_stated_names(at, node.annotation)}))
    return value


def _stated_names(at: Interpreter, node: ast.expr | None) -> Iterator[str]:
    """Yield the names of other modules that an annotation has."""
    for one in ast.walk(node) if node is not None else ():
        stated = at.value(one) if isinstance(one, (ast.Name, ast.Attribute)) else None
        if isinstance(stated, v.Ref):
            yield stated.name


def _entered_fixture(value: v.Value) -> v.Value:
    return value.value if isinstance(value, v.Wrap) and value.how == "iter" else value
