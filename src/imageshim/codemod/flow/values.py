"""What an expression can be, as far as replies are concerned.

A small lattice: :data:`BOTTOM` (nothing reaches here) below everything, :data:`UNKNOWN` (anything)
above; in between replies and their pieces, and what is needed to follow them: names of modules,
constants, sequences, functions, classes. A value that differs by path is an :class:`Alt`; what is
"proven on every path" is a value without UNKNOWN in it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ..findings import Step

__all__ = [
    "BOTTOM",
    "TEXTS",
    "UNKNOWN",
    "Alt",
    "Const",
    "Mapping",
    "Maybe",
    "Obj",
    "Origin",
    "Ref",
    "Seq",
    "Value",
    "Wrap",
    "alternatives",
    "constants",
    "each",
    "element",
    "flat",
    "holds",
    "join",
    "join_all",
    "named",
    "texts",
    "widened",
]

TEXTS = ("content", "text")
"""The kinds of objects that are strings."""
_LONGEST_CHAIN = 12
_MOST_ALTERNATIVES = 8


class Value:
    """What an expression can be."""

    __slots__ = ()


class _Extreme(Value):
    """One of the two values that say nothing more; there is one object of each."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name

    def __reduce__(self) -> str:
        return self._name  # `is` has to work in another process as well


UNKNOWN: Value = _Extreme("UNKNOWN")
BOTTOM: Value = _Extreme("BOTTOM")


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
    handled: bool = False
    """Something reads the new format of these replies, or converts them: they are taken care of."""
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


class Obj(Value):
    """A reply or a piece of one; ``kind`` is a key of :class:`.hooks.Shapes`."""

    __slots__ = ("carrier", "chain", "kind", "origins", "reads")

    def __init__(
        self,
        kind: str,
        carrier: str,
        origins: frozenset[Origin],
        chain: tuple[Step, ...] = (),
        reads: frozenset[ast.AST] = frozenset(),
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


@dataclass(frozen=True, slots=True)
class Seq(Value):
    """A list, tuple or set: its items where their places are known, else what each may be."""

    items: tuple[Value, ...] | None
    rest: Value = BOTTOM


@dataclass(frozen=True, slots=True, eq=False)
class Mapping(Value):
    """A dict with string keys."""

    items: tuple[tuple[str, Value], ...]
    node: ast.Dict | ast.Call | None = None
    partial: bool = False
    """Whether there may be other keys."""

    def __eq__(self, other: object) -> bool:
        """Compare what it holds, whatever wrote it, in any order."""
        return (
            isinstance(other, Mapping)
            and self.partial == other.partial
            and dict(self.items) == dict(other.items)
        )

    def __hash__(self) -> int:
        return hash((self.partial, frozenset(key for key, _ in self.items)))

    def get(self, key: str) -> Value | None:
        """Return what stands under a key."""
        return next((value for name, value in self.items if name == key), None)


@dataclass(frozen=True, slots=True)
class Wrap(Value):
    """Something that gives a value later: ``how`` is await, iter, partial, context or method."""

    how: str
    value: Value
    name: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Alt(Value):
    """One of several."""

    values: tuple[Value, ...]

    def __eq__(self, other: object) -> bool:
        """Compare in any order: that is the order in which the paths were seen."""
        return self is other or (
            isinstance(other, Alt)
            and len(self.values) == len(other.values)
            and all(one in other.values for one in self.values)
        )

    def __hash__(self) -> int:
        return hash(frozenset(self.values))


def alternatives(value: Value) -> tuple[Value, ...]:
    """Return what a value can be, one by one."""
    return value.values if isinstance(value, Alt) else (value,)


def each(value: Value, kind: Callable[[Value], Value]) -> Value:
    """Apply a function to every alternative and join the results."""
    if not isinstance(value, Alt):
        return kind(value)
    return join_all(kind(one) for one in value.values)


def join_all(values: Iterable[Value]) -> Value:
    """Join any number of values."""
    out: Value = BOTTOM
    for value in values:
        out = join(out, value)
    return out


_KEPT = (Obj, Wrap, Seq, Ref, Alt)


def join(one: Value, other: Value) -> Value:
    """Return what a value is that is ``one`` on some paths and ``other`` on others.

    The order in which paths are joined does not matter, or what is found would depend on it.
    Beside UNKNOWN only that is kept which holds a piece of a reply, and all of its parts may be
    unknown as well: what was forgotten beside it cannot be missed then.
    """
    if one is other or other is BOTTOM:
        return one
    if one is BOTTOM:
        return other
    if one is UNKNOWN and not isinstance(other, _KEPT):
        return UNKNOWN
    if other is UNKNOWN and not isinstance(one, _KEPT):
        return UNKNOWN
    out: list[Value] = list(alternatives(one))
    for value in alternatives(other):
        _add(out, value)
    if len(out) > 1:
        # None has no fields and no items: what reads one never gets past it.
        out = [value for value in out if not (isinstance(value, Const) and value.value is None)]
    if UNKNOWN in out or len(out) > _MOST_ALTERNATIVES:
        out = [*(_opened(value) for value in out if holds(value)), UNKNOWN]
    return out[0] if len(out) == 1 else Alt(tuple(out))


def _opened(value: Value) -> Value:
    """Return a value that may be unknown in all its parts."""
    if isinstance(value, Seq) and not (value.items is None and _is_open(value.rest)):
        return Seq(None, join(element(value), UNKNOWN))
    if isinstance(value, Wrap) and value.how != "partial" and not _is_open(value.value):
        return Wrap(value.how, join(value.value, UNKNOWN), value.name)
    return value


def _is_open(value: Value) -> bool:
    return isinstance(value, Alt) and UNKNOWN in value.values


def holds(value: Value) -> bool:
    """Whether there is a piece of a reply in a value, or what makes one."""
    if isinstance(value, Obj):
        return True
    if isinstance(value, Wrap):
        return holds(value.value)
    if isinstance(value, Seq):
        return holds(value.rest) or any(map(holds, value.items or ()))
    if isinstance(value, Alt):
        return any(map(holds, value.values))
    return isinstance(value, Ref) and value.followed


def widened(value: Value) -> Value:
    """Return a value that cannot grow any more, for what does not settle: replies, or unknown."""
    out: Value = BOTTOM
    for one in alternatives(value):
        inner = (
            one.value if isinstance(one, Wrap) else element(one) if isinstance(one, Seq) else one
        )
        simple = all(isinstance(part, (Obj, Ref)) for part in alternatives(inner))
        out = join(out, one if simple else UNKNOWN)
    return out


def _add(out: list[Value], value: Value) -> None:
    for place, present in enumerate(out):
        if present is value or present == value:
            return
        merged = _merged(present, value)
        if merged is not None:
            out[place] = merged
            return
    out.append(value)


def _merged(one: Value, other: Value) -> Value | None:  # noqa: PLR0911
    if isinstance(one, Obj) and isinstance(other, Obj):
        if one.kind != other.kind or one.carrier != other.carrier:
            return None
        origins, reads = one.origins | other.origins, one.reads | other.reads
        return Obj(one.kind, one.carrier, origins, one.chain or other.chain, reads)
    if isinstance(one, Wrap) and isinstance(other, Wrap):
        if (one.how, one.name) != (other.how, other.name) or one.how == "partial":
            return None  # two functions with their arguments are two alternatives
        return Wrap(one.how, join(one.value, other.value), one.name)
    if isinstance(one, Seq) and isinstance(other, Seq):
        if one.items is not None and other.items is not None and len(one.items) == len(other.items):
            pairs = zip(one.items, other.items, strict=True)
            return Seq(tuple(join(left, right) for left, right in pairs), BOTTOM)
        return Seq(None, join(element(one), element(other)))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        keys = dict.fromkeys((*dict(one.items), *dict(other.items)))
        items = ((key, join(one.get(key) or BOTTOM, other.get(key) or BOTTOM)) for key in keys)
        return Mapping(tuple(items), one.node, partial=True)
    if isinstance(one, Maybe) and isinstance(other, Maybe):
        return Maybe(one.labels | other.labels)
    return None


def element(value: Seq) -> Value:
    """Return what any item of a sequence may be."""
    return join(value.rest, join_all(value.items or ()))


def named(value: Value, name: str, line: int) -> Value:
    """Return a value that a name was given to: the chain says so."""
    if value is UNKNOWN or value is BOTTOM:
        return value
    if isinstance(value, Obj):
        return value.after(line, name)
    if isinstance(value, Maybe):
        return Maybe(value.labels | {name})
    if isinstance(value, Alt):
        return Alt(tuple(named(one, name, line) for one in value.values))
    return value


def constants(value: Value) -> list[object] | None:
    """Return what a value can be, if it is a constant on every path."""
    found = alternatives(value)
    if all(isinstance(one, Const) for one in found):
        return [one.value for one in found if isinstance(one, Const)]
    return None


def flat(value: Value) -> list[Value]:
    """Return what a value can be, a sequence's items instead of itself."""
    out: list[Value] = []
    for one in alternatives(value):
        out += alternatives(element(one)) if isinstance(one, Seq) else (one,)
    return out


def texts(value: Value) -> list[Obj]:
    """Return the texts of replies that a value can be."""
    return [one for one in alternatives(value) if isinstance(one, Obj) and one.kind in TEXTS]
