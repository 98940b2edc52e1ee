"""All libraries together, as the flow engine asks for them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence

from imageshim.codemod.flow.hooks import Given, Shapes
from imageshim.codemod.flow.interpreter import Interpreter
from imageshim.codemod.flow.values import UNKNOWN, Maybe, Obj, Value

from . import replies
from .completions import seen_at_run_time
from .library import Library, Method

__all__ = ["Known"]


class Known:
    """What is known of a number of libraries.

    Args:
        libraries: each of them.
        again: what makes the same in another process.

    """

    def __init__(self, libraries: Sequence[Library], again: Callable[[], Known]) -> None:
        self._again = again
        self._packages = {name: one for one in libraries for name in one.packages}
        self._everywhere = [one.call for one in libraries if one.call and not one.packages]
        self._methods: dict[str, Method] = {
            kind: method for one in libraries for kind, method in one.methods.items()
        }
        self._types = frozenset[str]().union(*(one.types for one in libraries))
        self._assumed = [one.assumed for one in libraries if one.assumed is not None]
        self.entries = frozenset[str]().union(*(one.entries for one in libraries))
        fields = dict(replies.FIELDS)
        elements = dict(replies.ELEMENTS)
        for one in libraries:
            fields.update(one.fields)
            elements.update(one.elements)
        self.shapes = Shapes(fields, elements, replies.NEVER)
        self.transparent = frozenset[str]().union(*(one.transparent for one in libraries))
        self.fixtures = frozenset[str]().union(*(one.fixtures for one in libraries))
        self.replacing: Mapping[str, Callable[[Interpreter, Given], None]] = {
            name: told for one in libraries for name, told in one.replacing.items()
        }

    def __reduce__(self) -> tuple[Callable[[], Known], tuple[()]]:
        return self._again, ()

    def _of(self, name: str) -> Library | None:
        return self._packages.get(name.partition(".")[0])

    def follows(self, name: str) -> bool:
        """Whether calls of a dotted name may give replies."""
        library = self._of(name)
        return library is not None and library.makes_replies

    def starred(self, package: str) -> Iterable[str]:
        """Return the names that ``from package import *`` brings, as far as they matter."""
        library = self._packages.get(package)
        return library.starred if library is not None else ()

    def call(self, at: Interpreter, name: str, given: Given) -> Value | None:
        """Return what a call of a dotted name gives; None where it is not known."""
        library = self._of(name)
        if library is not None and library.call is not None:
            return library.call(at, name, given)
        for call in self._everywhere:
            found = call(at, name, given)
            if found is not None:
                return found
        return None

    def seen(self, at: Interpreter, given: Given, value: Value) -> Value:
        """Return what a call gives that was seen at run time to return a reply with an image."""
        return seen_at_run_time(at, given, value)

    def method(self, at: Interpreter, value: Obj, name: str, given: Given) -> Value | None:
        """Return what a method of an object gives; None where it is not known."""
        method = self._methods.get(value.kind)
        return replies.method(value, name) if method is None else method(at, value, name, given)

    def annotated(self, at: Interpreter, name: str, node: ast.expr) -> Value:
        """Return what a dotted name says, as an annotation, that a value is."""
        library = self._of(name)
        if library is None or library.annotated is None:
            return UNKNOWN
        last = name.rpartition(".")[2]
        return library.annotated(at, last, node) if last in library.types else UNKNOWN

    def annotates(self, text: str) -> bool:
        """Whether a quoted annotation may name anything that matters."""
        return "Response" in text or any(name in text for name in self._types)

    def assumed(
        self, at: Interpreter, value: Maybe, name: str, node: ast.AST, how: str
    ) -> Value | None:
        """Return a field of what may be a library's, known or not; None if it cannot be."""
        for assumed in self._assumed:
            found = assumed(at, value, name, node, how)
            if found is not None:
                return found
        return None
