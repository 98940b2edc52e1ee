"""What the interpreter is told about libraries: handed in, so that it names none of them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .values import UNKNOWN, Obj, Value

__all__ = ["Call", "Given", "Knowledge", "Method", "Unseen"]


class Given:
    """The arguments of a call."""

    __slots__ = ("args", "keywords", "node", "spread", "values")

    def __init__(self, node: ast.Call, args: list[Value], keywords: dict[str, Value]) -> None:
        self.node = node
        self.args = args
        self.keywords = keywords
        self.spread = False
        """Whether there may be keyword arguments that are not seen."""

    def first(self) -> Value:
        """Return the first argument."""
        return self.args[0] if self.args else UNKNOWN

    def all(self) -> list[Value]:
        """Return all arguments."""
        return [*self.args, *self.keywords.values()]


# The first argument is the interpreter, :class:`.interpreter.Interpreter`.
Call = Callable[[Any, str, Given], Value]
"""What a call of a dotted name gives."""
Method = Callable[[Any, Obj, str, Given], Value]
"""What a method of an object of a library gives."""
Unseen = Callable[[Any, str, Given], None]
"""Is told of every call of what is not known, by the last part of its name."""


class Knowledge(NamedTuple):
    """What is known about libraries."""

    calls: Mapping[str, Call]
    """By the first part of a dotted name: the name of the package."""
    methods: Mapping[str, Method]
    """By the kind of the object: a router, a client."""
    unseen: Unseen
