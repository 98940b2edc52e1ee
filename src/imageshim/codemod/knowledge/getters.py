"""What the getters of the standard library's ``operator`` take out of what they are called with."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from imageshim.codemod.flow import values as v
from imageshim.codemod.flow.fields import attribute_of, item_of
from imageshim.codemod.flow.hooks import Given
from imageshim.codemod.flow.interpreter import Interpreter
from imageshim.codemod.flow.iteration import iterate

from .library import Library

__all__ = ["LIBRARY"]


def _getter(takes: str, names: Iterable[v.Value]) -> v.Value:
    """``attrgetter("message.image")``, ``itemgetter("image")``: reads of what it is called with."""
    return v.Wrap("partial", v.Seq((v.Ref(takes), *names), v.Mapping(())))


def _methodcaller(_: Interpreter, given: Given) -> v.Value:
    name = given.first()
    if isinstance(name, v.Const) and name.value == "get":
        return _getter("operator.itemgetter()", given.args[1:2])
    return v.UNKNOWN


def _attributes(at: Interpreter, given: Given) -> v.Value:
    def along(value: v.Value, path: str) -> v.Value:
        for name in path.split("."):
            value = _seen_by_name(at, given, value, name, attribute_of)
        return value

    return _taken(given, along, lambda _: v.UNKNOWN)


def _items(at: Interpreter, given: Given) -> v.Value:
    return _taken(
        given,
        lambda value, name: _seen_by_name(at, given, value, name, item_of),
        lambda value: iterate(at, value),
    )


def _taken(
    given: Given,
    named: Callable[[v.Value, str], v.Value],
    placed: Callable[[v.Value], v.Value],
) -> v.Value:
    """Return what a getter takes out of its argument, which stands behind the names."""
    *names, value = given.args or [v.UNKNOWN]
    found = [
        named(value, name.value)
        if isinstance(name, v.Const) and isinstance(name.value, str)
        else placed(value)
        for name in names
    ]
    if not found:
        return v.UNKNOWN
    return found[0] if len(found) == 1 else v.Seq(tuple(found))


def _seen_by_name(
    at: Interpreter,
    given: Given,
    value: v.Value,
    name: str,
    take: Callable[[Interpreter, v.Value, str, ast.expr], v.Value],
) -> v.Value:
    node = given.node
    at.watcher.read(at.function, node, node.args[-1] if node.args else node, value, name, "match")
    return v.each(value, lambda one: take(at, one, name, node))


_CALLS: dict[str, Callable[[Interpreter, Given], v.Value]] = {
    "operator.attrgetter": lambda _, given: _getter("operator.attrgetter()", given.args),
    "operator.itemgetter": lambda _, given: _getter("operator.itemgetter()", given.args),
    "operator.methodcaller": _methodcaller,
    "operator.attrgetter()": _attributes,
    "operator.itemgetter()": _items,
}


def _call(at: Interpreter, name: str, given: Given) -> v.Value | None:
    made = _CALLS.get(name)
    return None if made is None else made(at, given)


LIBRARY = Library(packages=("operator",), call=_call)
