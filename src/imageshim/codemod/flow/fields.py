"""Attributes and items: of pieces of replies, of modules, of instances."""

from __future__ import annotations

import ast

from . import values as v
from .functions import call_function
from .interpreter import Interpreter
from .scopes import MOST_ABOVE, Bound, Class, Func, Function, Inst, Queue

__all__ = ["attribute_of", "item_of", "kept_under", "member_of"]

_FEW = 6
_MOST_BELOW = 64


def attribute_of(at: Interpreter, value: v.Value, name: str, node: ast.expr) -> v.Value:  # noqa: PLR0911
    """Return an attribute of a value."""
    if isinstance(value, v.Obj):
        found = at.piece(value, name, node)
        return found if found is not v.UNKNOWN else v.Wrap("method", value, name)
    if isinstance(value, v.Ref):
        return at.imported(f"{value.name}.{name}")
    if isinstance(value, (Inst, Class)):
        return member_of(at, value, name)
    if isinstance(value, v.Maybe):
        return _assumed(at, value, name, node, "attribute")
    if isinstance(value, Queue):
        return v.Wrap("method", value, name)
    if isinstance(value, (v.Seq, v.Mapping)) or (
        isinstance(value, v.Wrap) and value.how != "method"
    ):
        return v.Wrap("method", value, name)
    if isinstance(value, v.Const):
        return v.Wrap("method", value, name) if isinstance(value.value, str) else v.BOTTOM
    return value if value is v.BOTTOM else v.UNKNOWN


def kept_under(at: Interpreter, value: v.Mapping, name: str, node: ast.expr) -> v.Value | None:
    """Return what a dict has under a key; where its keys are fields of a piece, that is a read."""
    found = value.get(name)
    keys = value.get("*keys")
    if found is None and keys is None:
        return value.get("*")
    if found is None and keys is not None:
        at.watcher.read(at.function, node, node, keys, name, "match")
        found = v.UNKNOWN
    return found


def member_of(at: Interpreter, value: Inst | Class, name: str) -> v.Value:
    """Return an attribute or a method of an instance of a class of the file."""
    found = _inherited(at, value, name)
    below = _overriding(at, value, name)
    if not below:
        return found
    methods = [one for one in (found, *below) if one is not v.UNKNOWN]
    # More than a few would be unknown, joined: a base class of many providers.
    return v.join_all(methods) if len(methods) <= _FEW else v.Wrap("any", v.Seq(tuple(methods)))


def _overriding(at: Interpreter, value: Inst | Class, name: str) -> list[v.Value]:
    """Return what classes below have instead: what a template method calls on ``self``."""
    if not (isinstance(value, Inst) and value.or_below and value.info.below):
        return []
    out: list[v.Value] = []
    todo = list(value.info.below)
    for one in todo:
        if name in one.methods:
            out.append(_method(at, one.methods[name], Inst(one, or_below=True)))
        if len(todo) < _MOST_BELOW:
            todo += (more for more in one.below if more not in todo)
    return out


def _inherited(at: Interpreter, value: Inst | Class, name: str) -> v.Value:
    todo = [value.info]
    found: v.Value = v.BOTTOM
    for one in todo:
        if len(todo) > MOST_ABOVE:
            return v.UNKNOWN
        one.readers.setdefault(name, set()).add(at.function)
        if name in one.attributes:
            found = v.join(found, one.attributes[name])
        if one.dynamic:
            found = v.join(found, v.UNKNOWN)
        method = one.methods.get(name)
        if method is not None and found is v.BOTTOM:
            return _method(at, method, value)
        for candidate in (kind for base in one.bases for kind in v.alternatives(base)):
            if isinstance(candidate, Class) and candidate.info not in todo:
                todo.append(candidate.info)
            elif isinstance(candidate, v.Ref) and found is v.BOTTOM:
                found = _of_neighbour(at, candidate, name)
    if found is v.BOTTOM:
        to_come = at.first_pass or any(name in one.assigned for one in todo)
        return v.BOTTOM if to_come else v.UNKNOWN
    return v.join(found, v.UNKNOWN) if name in at.foreign else found


def _of_neighbour(at: Interpreter, base: v.Ref, name: str) -> v.Value:
    """Return what a class of another file has of a name."""
    found = None if at.neighbours is None else at.neighbours.member(base.name, name)
    if found is None:
        return v.BOTTOM
    at.found |= not isinstance(found, v.Ref)
    return found


def _method(at: Interpreter, method: Function, receiver: Inst | Class) -> v.Value:
    if "property" in method.decorators or "functools.cached_property" in method.decorators:
        return call_function(at, method, [], {}, receiver)
    if "staticmethod" in method.decorators:
        return Func(method)
    if "classmethod" in method.decorators:
        return Bound(method, Class(receiver.info))
    return Bound(method, receiver) if isinstance(receiver, Inst) else Func(method)


def _assumed(at: Interpreter, value: v.Maybe, name: str, node: ast.AST, how: str) -> v.Value:
    """Return a field of something that the user may have said to be a library's."""
    found = at.libraries.assumed(at, value, name, node, how)
    return v.Maybe(value.labels | {name}) if found is None else found


def item_of(at: Interpreter, value: v.Value, name: str, node: ast.expr) -> v.Value:  # noqa: PLR0911
    """Return what stands under a string key."""
    if isinstance(value, v.Obj):
        if value.kind in ("stream", *v.TEXTS):
            return v.BOTTOM
        return at.piece(value, name, node)
    if isinstance(value, v.Mapping):
        return kept_under(at, value, name, node) or (v.UNKNOWN if value.partial else v.BOTTOM)
    if at.tracks and isinstance(value, v.Ref):  # os.environ["PROXY_URL"]
        return v.Maybe(frozenset({name}))
    if isinstance(value, v.Maybe):
        return _assumed(at, value, name, node, "item")
    if isinstance(value, Inst) and name in value.info.fields:  # a TypedDict
        return member_of(at, value, name)
    return value if value is v.BOTTOM else v.UNKNOWN
