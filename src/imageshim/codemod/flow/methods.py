"""Methods of values: of pieces of replies, texts, lists and dicts."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from . import values as v
from .fields import kept_under
from .functions import escape
from .hooks import Given
from .interpreter import Interpreter
from .iteration import iterate
from .labels import put_together
from .operators import put_into
from .queues import call_queue
from .scopes import Queue

__all__ = ["call_wrapped", "nothing", "scan"]

_SAME = frozenset({"copy", "model_copy", "__copy__", "parse", "__aiter__", "__iter__", "__enter__"})
"""Methods that give the same thing again."""

_TEXT = frozenset(
    {"strip", "lstrip", "rstrip", "removeprefix", "removesuffix", "replace", "encode", "decode",
     "format", "join", "splitlines", "rsplit", "split", "partition", "rpartition"}
)  # fmt: skip
"""Methods of a string whose result still is (part of) that string."""


def call_wrapped(at: Interpreter, function: v.Wrap, given: Given) -> v.Value:
    """Call a method, or what ``partial`` made."""
    value, name = function.value, function.name
    if function.how == "partial":
        return _call_partial(at, value, given)
    if function.how == "any" and isinstance(value, v.Seq):
        return v.join_all(at.call(one, given) for one in value.items or ())
    if function.how != "method":
        return v.UNKNOWN
    if isinstance(value, v.Alt):
        return v.each(value, lambda one: call_wrapped(at, v.Wrap("method", one, name), given))
    method = _METHODS.get(type(value))
    if method is not None:
        return method(at, value, name, given)
    for one in given.all():
        escape(at, one)
    return v.UNKNOWN


def _call_partial(at: Interpreter, value: v.Value, given: Given) -> v.Value:
    if isinstance(value, v.Seq) and value.items and isinstance(value.rest, v.Mapping):
        keywords = dict(value.rest.items) | given.keywords
        merged = Given(given.node, [*value.items[1:], *given.args], keywords)
        merged.spread = given.spread or value.rest.partial
        return v.each(value.items[0], lambda one: at.call(one, merged))
    return v.UNKNOWN


def _constant_method(at: Interpreter, value: v.Const, name: str, given: Given) -> v.Value:
    if name == "join" and given.args:
        return iterate(at, given.args[0])
    if name == "format":
        put_into(at, value, given.all(), given.node.lineno)
    return put_together(at, given.node)


def _pending_method(at: Interpreter, value: v.Wrap, name: str, given: Given) -> v.Value:
    if value.how == "pattern":
        scan(at, value.value, given.args, given)
        return v.UNKNOWN
    if name in ("result", "__next__", "__anext__", "send"):
        inner = value.value
        if name == "result":
            return inner
        return v.Wrap("await", inner) if name == "__anext__" else inner
    return value if name in _SAME else v.UNKNOWN


def _object_method(  # noqa: C901, PLR0911
    at: Interpreter, value: v.Obj, name: str, given: Given
) -> v.Value:
    if value.kind in ("content", "text", "url"):
        return _text_method(at, value, name, given)
    found = at.libraries.method(at, value, name, given)
    if found is not None:
        return found
    if name in ("get", "pop", "__getitem__", "__getattr__"):
        key = given.first()
        if isinstance(key, v.Const) and isinstance(key.value, str) and given.node.args:
            function = given.node.func
            if isinstance(function, ast.Attribute) and name == "pop":
                at.watcher.read(at.function, given.node, function.value, value, key.value, "match")
            if isinstance(function, ast.Attribute) and name == "get":
                default = given.node.args[1] if len(given.node.args) > 1 else None
                whole = at.bases.get(function, value)
                at.watcher.read(
                    at.function, given.node, function.value, whole, key.value, "get", default
                )
            found = at.piece(value, key.value, given.node)
            if len(given.args) > 1 and found is not v.UNKNOWN:
                return v.join(found, nothing(given.args[1]))
            return found
        return v.UNKNOWN
    if name in _SAME:
        return value
    if name in ("__next__", "__anext__"):
        return iterate(at, value)
    for one in given.all():
        escape(at, one)
    return v.UNKNOWN


def _text_method(at: Interpreter, value: v.Obj, name: str, given: Given) -> v.Value:
    for inner in (inner for one in given.all() for inner in v.flat(one)):
        said = inner.value if isinstance(inner, v.Const) else None
        if isinstance(said, str):
            at.watcher.meets(value, "method", said, given.node.lineno, name)
    if name not in _TEXT:
        return v.UNKNOWN
    text = value.piece("text")
    return v.Seq(None, text) if "split" in name or "partition" in name else text


def scan(at: Interpreter, pattern: v.Value, texts: list[v.Value], given: Given) -> None:
    """Note that texts are searched for a pattern."""
    for one in v.alternatives(pattern):
        source = one.value if isinstance(one, (v.Const, v.Wrap)) else None
        if isinstance(source, v.Const):
            source = source.value
        if not isinstance(source, str):
            continue
        for value in texts:
            at.watcher.meets(value, "pattern", source, given.node.lineno)


def _sequence_method(at: Interpreter, value: v.Seq, name: str, given: Given) -> v.Value:
    if name in ("append", "add", "insert", "appendleft", "extend", "update") and given.args:
        added = given.args[-1]
        if name in ("extend", "update"):
            added = iterate(at, added)
        function = given.node.func
        if isinstance(function, ast.Attribute):
            at.grow(function.value, v.Seq(None, v.join(v.element(value), added)))
        return v.Const(None)
    if name in ("pop", "popleft"):
        return v.element(value)
    return value if name == "copy" else v.UNKNOWN


def _mapping_method(at: Interpreter, value: v.Mapping, name: str, given: Given) -> v.Value:
    if name in ("get", "pop", "setdefault") and given.args:
        return _kept(at, value, name, given)
    if name == "values":
        return v.Seq(None, value.any_item())
    if name == "items":
        return v.Seq(None, v.Seq((v.UNKNOWN, value.any_item())))
    return value if name == "copy" else v.UNKNOWN


def _kept(at: Interpreter, value: v.Mapping, name: str, given: Given) -> v.Value:
    key, default = given.args[0], (given.args[1] if len(given.args) > 1 else v.Const(None))
    function = given.node.func
    if name == "setdefault" and isinstance(function, ast.Attribute):
        at.grow(function.value, value.put(key, default))
    if not isinstance(key, v.Const):
        return v.join(value.any_item(), default)
    found = kept_under(at, value, str(key.value), given.node)
    if found is None:
        return v.UNKNOWN if value.partial else default
    return found


def nothing(default: v.Value) -> v.Value:
    """Return what a default adds: an empty one has no pieces."""
    if isinstance(default, (v.Const, v.Mapping)) or default == v.Seq(()):
        return v.BOTTOM
    return default


_METHODS: dict[type, Callable[[Interpreter, Any, str, Given], v.Value]] = {
    v.Obj: _object_method,
    v.Seq: _sequence_method,
    v.Mapping: _mapping_method,
    v.Wrap: _pending_method,
    v.Const: _constant_method,
    Queue: call_queue,
}
"""What calls a method, by the type of what has it."""
