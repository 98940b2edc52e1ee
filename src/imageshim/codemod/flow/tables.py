"""Tables of functions by the type of what they take: nodes of the tree, and values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from .values import Value

__all__ = ["Table", "assigns", "calls", "evaluates", "executes"]

Result = TypeVar("Result")
Entry = TypeVar("Entry", bound=Callable[..., Any])


class Table(dict[type, Callable[..., Result]], Generic[Result]):
    """Functions by a type; ``@table(ast.For)`` puts one in.

    Each takes the interpreter, and then what has the type.
    """

    def __call__(self, *kinds: type) -> Callable[[Entry], Entry]:
        """Return a decorator that puts a function in for some types."""

        def put(entry: Entry) -> Entry:
            self.update(dict.fromkeys(kinds, entry))
            return entry

        return put


evaluates: Table[Value] = Table()
"""What an expression is, by its type; what is in no table is unknown."""
executes: Table[bool] = Table()
"""Runs a statement, by its type; returns whether the end is reached."""
assigns: Table[None] = Table()
"""Gives a value to a target, by its type."""
calls: Table[Value] = Table()
"""What calling a value gives, by the type of the value; ``Value`` is any other."""
