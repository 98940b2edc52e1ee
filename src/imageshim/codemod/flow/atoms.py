"""The values that have no others in them, and where what is followed comes from."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import NamedTuple

from ..findings import Step

__all__ = [
    "BOTTOM",
    "MANY",
    "TEXTS",
    "UNKNOWN",
    "Const",
    "Maybe",
    "Obj",
    "Origin",
    "Parameter",
    "Place",
    "Ref",
    "Value",
]

TEXTS = ("content", "text")
"""The kinds of objects that are strings."""
_LONGEST_CHAIN = 12
_MOST_LABELS = 64


class Value:
    """What an expression can be."""

    __slots__ = ()
    weight = 1
    """How much there is in it, shared parts as often as they are reached."""


class _Extreme(Value):
    """One of the values that say nothing more; there is one object of each."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name

    def __reduce__(self) -> str:
        return self._name  # `is` has to work in another process as well


UNKNOWN: Value = _Extreme("UNKNOWN")
BOTTOM: Value = _Extreme("BOTTOM")
MANY: Value = _Extreme("MANY")
"""Stands beside UNKNOWN where so much else could that only pieces of replies are kept."""


@dataclass(eq=False)
class Origin:
    """Where replies come from: one call, one annotated parameter, one fixture."""

    node: ast.AST
    what: str
    carrier: str
    """The kind of object: what is read of one is spelled otherwise of another."""
    image: bool | None = None
    """Whether images were asked for; None where the code does not say."""
    text_model: bool = False
    """Whether the model is known to write text only."""
    mock: ast.Call | None = None
    """The constructor of a fixture."""
    doubt: str | None = None
    """Why what comes from here may be something else after all."""
    handed: bool = False
    """Whether it is handed to a function of another file of the project."""
    foreign: Origin | None = None
    """The same origin as other files see it."""
    labels: frozenset[str] = frozenset()
    """Names and strings that it was made with: what the user assumes is asked of them as well."""
    written: dict[str, int] = field(default_factory=dict)
    """Fields of the message that the code itself sets, with the line."""


class Parameter(NamedTuple):
    """A parameter by which other files hand in what they read."""

    function: str
    """The dotted name of its function."""
    name: str
    place: int | None
    """Its place among the arguments; None where it is given by name only."""


Place = ast.AST | Parameter
"""What took a piece of a reply: an expression of this file, or a parameter."""


class Obj(Value):
    """A reply or a piece of one; ``kind`` is a key of :class:`.hooks.Shapes`."""

    __slots__ = ("carrier", "chain", "kind", "origins", "reads")

    def __init__(
        self,
        kind: str,
        carrier: str,
        origins: frozenset[Origin],
        chain: tuple[Step, ...] = (),
        reads: frozenset[Place] = frozenset(),
    ) -> None:
        self.kind = kind
        self.carrier = carrier
        self.origins = origins
        self.chain = chain
        self.reads = reads

    @property
    def labels(self) -> frozenset[str]:
        """What it is called: where it was made, and the names that it was given since."""
        made_with = frozenset[str]().union(*(origin.labels for origin in self.origins))
        return made_with.union(step.text for step in self.chain)

    def piece(self, kind: str, read: ast.AST | None = None) -> Obj:
        """Return a piece of this one; ``read`` is the expression that took it, if that counts."""
        reads = self.reads if read is None else frozenset((read,))
        return Obj(kind, self.carrier, self.origins, self.chain, reads)

    def after(self, line: int, text: str) -> Obj:
        """Return the same object one step further."""
        step = Step(line, text)
        if len(self.chain) >= _LONGEST_CHAIN or (self.chain and self.chain[-1] == step):
            return self
        return Obj(self.kind, self.carrier, self.origins, (*self.chain, step), self.reads)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Obj)
            and self.kind == other.kind
            and self.carrier == other.carrier
            and self.origins == other.origins
            and self.reads == other.reads
        )

    def __hash__(self) -> int:
        return hash((self.kind, self.carrier, self.origins))

    def __repr__(self) -> str:
        made_by = ", ".join(sorted(origin.what for origin in self.origins)) or "nobody known"
        return f"<{self.carrier} {self.kind} of {made_by}>"


@dataclass(frozen=True, slots=True)
class Ref(Value):
    """A name of another module, dotted."""

    name: str
    followed: bool = field(default=False, compare=False, repr=False)
    """Whether calls of it may give a reply: it is kept beside what is unknown."""


@dataclass(frozen=True, slots=True)
class Const(Value):
    """A string, a number, None."""

    value: object


@dataclass(frozen=True, slots=True)
class Maybe(Value):
    """Unknown but for what it is called: what the user assumes is asked of its labels."""

    labels: frozenset[str]

    def __post_init__(self) -> None:
        """Keep the shortest of too many labels."""
        if len(self.labels) > _MOST_LABELS:
            shortest = sorted(self.labels, key=lambda one: (len(one), one))[:_MOST_LABELS]
            object.__setattr__(self, "labels", frozenset(shortest))
