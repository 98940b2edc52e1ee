"""What is known of one library: a record that each file of this folder makes one of."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from imageshim.codemod.flow.hooks import Given
from imageshim.codemod.flow.interpreter import Interpreter
from imageshim.codemod.flow.values import Maybe, Obj, Value

__all__ = ["Call", "Library", "Method"]

Call = Callable[[Interpreter, str, Given], "Value | None"]
"""What a call of a dotted name gives."""
Method = Callable[[Interpreter, Obj, str, Given], "Value | None"]
"""What a method of an object gives."""


@dataclass(frozen=True)
class Library:
    """What is known of one library; what is left out is nothing."""

    packages: tuple[str, ...] = ()
    """The packages whose calls it answers for."""
    call: Call | None = None
    """What a call of a name of its packages gives; without packages, of any name."""
    methods: Mapping[str, Method] = field(default_factory=dict)
    """What methods of its objects give, by the kind of the object."""
    fields: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The kinds of the fields of its objects, by kind and name."""
    elements: Mapping[str, str] = field(default_factory=dict)
    """The kinds of the items of its objects."""
    types: frozenset[str] = frozenset()
    """Names of its classes that annotations are read for."""
    annotated: Callable[[Interpreter, str, ast.expr], Value] | None = None
    """What an annotation with one of its names says that a value is."""
    starred: tuple[str, ...] = ()
    """What ``from … import *`` brings, as far as it matters."""
    makes_replies: bool = False
    """Whether its calls give replies whatever is assumed: its names are followed everywhere."""
    transparent: frozenset[str] = frozenset()
    """Decorators behind which a function takes and returns what it did."""
    fixtures: frozenset[str] = frozenset()
    """Decorators of functions whose results tests are handed by name."""
    replacing: Mapping[str, Callable[[Interpreter, Given], None]] = field(default_factory=dict)
    """What replaces names of other modules (mocks), by the last part of its own name."""
    assumed: Callable[[Interpreter, Maybe, str, ast.AST, str], Value | None] | None = None
    """A field of what may be this library's: what the user says to be, or nobody's."""
    entries: frozenset[str] = frozenset()
    """The fields that ``assumed`` is asked for where nothing is known."""
