"""What the interpreter is told from outside, behind three protocols: it names no library itself.

:class:`Libraries` says what calls of other packages give, a :class:`Watcher` is told of every read
of a field, and :class:`Neighbours` know what other files of the project hand to this one.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

from ..findings import Step
from .scopes import ClassInfo, Function
from .values import UNKNOWN, Maybe, Obj, Origin, Parameter, Value

__all__ = ["Given", "Libraries", "Meeting", "Neighbours", "Shapes", "Watcher"]

At_contra = TypeVar("At_contra", contravariant=True)


class Given:
    """The arguments of a call."""

    __slots__ = ("args", "keywords", "node", "spread")

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


class Shapes(NamedTuple):
    """What the objects of libraries are made of, by their kinds."""

    fields: Mapping[tuple[str, str], str]
    """The kind of a field, by the kind of what holds it; any other field is unknown."""
    elements: Mapping[str, str]
    """The kind of an item of a list or a stream."""
    never: frozenset[tuple[str, str]]
    """Fields that only another kind has: what has one was never of this kind."""


class Libraries(Protocol[At_contra]):
    """What is known of other packages; ``at`` is the interpreter of the file."""

    def seen(self, at: At_contra, given: Given, value: Value) -> Value:
        """Return what a call gives that was seen at run time to return a reply with an image."""
        ...

    @property
    def shapes(self) -> Shapes:
        """What their objects are made of."""
        ...

    @property
    def transparent(self) -> frozenset[str]:
        """Decorators behind which a function takes and returns what it did (called or not)."""
        ...

    @property
    def fixtures(self) -> frozenset[str]:
        """Decorators of functions whose results tests are handed by name."""
        ...

    @property
    def replacing(self) -> Mapping[str, Callable[[Any, Given], None]]:
        """What is told of calls that are not known, by the last part of their name."""
        ...

    @property
    def entries(self) -> frozenset[str]:
        """Fields by which what is not known may turn out to be what is looked for."""
        ...

    def follows(self, name: str) -> bool:
        """Whether calls of a dotted name may give what is looked for."""
        ...

    def starred(self, package: str) -> Iterable[str]:
        """Return the names that ``from package import *`` brings, as far as they matter."""
        ...

    def call(self, at: At_contra, name: str, given: Given) -> Value | None:
        """Return what a call of a dotted name gives; None where it is not known."""
        ...

    def method(self, at: At_contra, value: Obj, name: str, given: Given) -> Value | None:
        """Return what a method of an object gives; None where it is not known."""
        ...

    def annotated(self, at: At_contra, name: str, node: ast.expr) -> Value:
        """Return what a dotted name says, as an annotation, that a value is."""
        ...

    def annotates(self, text: str) -> bool:
        """Whether a quoted annotation may name anything that matters."""
        ...

    def assumed(
        self, at: At_contra, value: Maybe, name: str, node: ast.AST, how: str
    ) -> Value | None:
        """Return a field of what may be a library's, known or not; None if it cannot be."""
        ...


Meeting = Literal["argument", "compared", "frame", "in", "key", "method", "pattern"]
"""How a value meets a string: the name of a function that takes it, a text it is compared with, a
template it is put into, a text looked for in it, the key it stands under, an argument of one of
its methods, a pattern it is searched for."""


class Watcher(Protocol):
    """Is told of what is read, on every path and in every round."""

    @property
    def spelled(self) -> frozenset[str]:
        """Names of fields that are noted even where nothing proves what they are read from."""
        ...

    @property
    def is_concerned(self) -> bool:
        """Whether something was noted, or may be once callers are known."""
        ...

    @property
    def fields(self) -> frozenset[str]:
        """The fields that were noted of what is proven."""
        ...

    @property
    def handed(self) -> Mapping[Parameter, Step]:
        """The parameters whose values are taken for images, each with what says so."""
        ...

    def read(  # noqa: PLR0913
        self,
        function: Function | None,
        node: ast.expr,
        base: ast.expr,
        value: Value,
        name: str,
        how: str,
        default: ast.expr | None = None,
    ) -> None:
        """Note a read of a field, ``how``: attribute, item, get, getattr, hasattr, in, match."""

    def unproven(
        self, function: Function | None, node: ast.expr, base: ast.expr, name: str, how: str
    ) -> Value:
        """Note a read from what is not known; returns what it gives."""
        ...

    def unknown(self, node: ast.AST, labels: frozenset[str]) -> None:
        """Note what something comes from that nothing proves, though it may be looked for."""

    def computed(self, node: ast.expr, base: ast.expr, value: Value) -> None:
        """Note a read of a field whose name is not known."""

    def unreached(self, base: ast.expr, name: str) -> None:
        """Note a read from what nothing reaches yet."""

    def meets(self, value: Value, how: Meeting, said: str, line: int, name: str = "") -> None:
        """Note that a value meets a string; ``name`` is the method's, where it is one's."""

    def takes_care_of(self, origins: Iterable[Origin]) -> None:
        """Note that the file itself makes what comes from somewhere what it is to be."""

    def shown(self, value: Value, line: int, what: str) -> None:
        """Note that a value is taken for an image."""


class Neighbours(Protocol):
    """The other files of the project."""

    def attribute(self, name: str) -> Value | None:
        """Return what a dotted name is; None where nothing is known of it."""
        ...

    def call(self, name: str, given: Given) -> Value | None:
        """Return what a call of a dotted name gives; None where it is not of the project."""
        ...

    def member(self, base: str, name: str) -> Value | None:
        """Return what a class of another file has of a name; None where nothing is known of it."""
        ...

    def below(self, module: str, info: ClassInfo, name: str, given: Given) -> Value:
        """Note a call on ``self``, for classes below in other files; returns what theirs give."""
        ...

    def taken(self, name: str, given: Given) -> Iterable[tuple[Value, str]]:
        """Yield the arguments that a function takes for images, each with what it does."""
        ...

    def is_called(self, module: str, info: Function) -> bool:
        """Whether another file calls a function."""
        ...

    def argument(self, module: str, info: Function, name: str) -> Value | None:
        """Return what other files hand a parameter; None where none calls the function."""
        ...
