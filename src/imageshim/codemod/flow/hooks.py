"""What the interpreter is told about libraries: handed in, so that it names none of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .methods import Given
    from .values import Obj, Value

__all__ = ["Call", "Knowledge", "Method", "Unseen"]

# The first argument is the interpreter, :class:`.calls.Calls`.
Call = Callable[[Any, str, "Given"], "Value"]
"""What a call of a dotted name gives."""
Method = Callable[[Any, "Obj", str, "Given"], "Value"]
"""What a method of an object of a library gives."""
Unseen = Callable[[Any, str, "Given"], None]
"""Is told of every call of what is not known, by the last part of its name."""


class Knowledge(NamedTuple):
    """What is known about libraries."""

    calls: Mapping[str, Call]
    """By the first part of a dotted name: the name of the package."""
    methods: Mapping[str, Method]
    """By the kind of the object: a router, a client."""
    unseen: Unseen
