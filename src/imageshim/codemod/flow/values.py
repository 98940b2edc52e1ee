"""What an expression can be, as far as replies are concerned.

A small lattice: :data:`BOTTOM` (nothing reaches here) below everything, :data:`UNKNOWN` (anything)
above; in between replies and their pieces, and what is needed to follow them: names of modules,
constants, sequences, functions, classes. A value that differs by path is an :class:`Alt`; what is
"proven on every path" is a value without UNKNOWN in it.

No value grows without end, whatever a program does again and again: what would be too heavy, or
one of too many, keeps the pieces of replies that are in it, and the rest of it is unknown.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from .atoms import (
    BOTTOM,
    MANY,
    TEXTS,
    UNKNOWN,
    Const,
    Maybe,
    Obj,
    Origin,
    Parameter,
    Place,
    Ref,
    Value,
)

__all__ = [
    "BOTTOM",
    "MANY",
    "MOST_GROWN",
    "TEXTS",
    "UNKNOWN",
    "Alt",
    "Const",
    "Mapping",
    "Maybe",
    "Obj",
    "Origin",
    "Parameter",
    "Place",
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

_MOST_ALTERNATIVES = 8
_MOST_KEPT = 16
MOST_GROWN = 32
"""How many items are told apart in what is put together from others, maybe again and again."""
_HEAVIEST = 400
_LAYER = 16
"""What a container weighs: as much as that many simple values in it, so that none is deep."""


class _Container(Value):
    """A value with others in it."""

    __slots__ = ()

    def _set(self, **fields: object) -> None:
        for name, field_value in fields.items():
            object.__setattr__(self, name, field_value)  # it is frozen, and just being made


@dataclass(frozen=True, slots=True)
class Seq(_Container):
    """A list, tuple or set: its items where their places are known, else what each may be."""

    items: tuple[Value, ...] | None
    rest: Value = BOTTOM
    weight: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Weigh it; one that is too heavy has items of one kind."""
        weight = _LAYER + self.rest.weight + sum(one.weight for one in self.items or ())
        if weight > _HEAVIEST:
            rest = lightened(join_all((self.rest, *(self.items or ()))))
            self._set(items=None, rest=rest)
            weight = _LAYER + rest.weight
        self._set(weight=weight)


@dataclass(frozen=True, slots=True, eq=False)
class Mapping(_Container):
    """A dict with string keys."""

    items: tuple[tuple[str, Value], ...]
    node: ast.Dict | ast.Call | None = None
    partial: bool = False
    """Whether there may be other keys."""
    weight: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Weigh it; of one that is too heavy nothing is known."""
        weight = _LAYER + sum(one.weight for _, one in self.items)
        if weight > _HEAVIEST:
            self._set(items=(), partial=True)
            weight = _LAYER
        self._set(weight=weight)

    def __eq__(self, other: object) -> bool:
        """Compare what it holds, whatever wrote it, in any order."""
        return (
            isinstance(other, Mapping)
            and self.partial == other.partial
            and dict(self.items) == dict(other.items)
        )

    def __hash__(self) -> int:
        return hash((self.partial, frozenset(key for key, _ in self.items)))

    def grown(self, key: str, value: Value) -> Mapping:
        """Return it with an item set; the same one where that would make it large."""
        items = dict(self.items) | {key: value}
        if len(items) > MOST_GROWN:
            return self if self.partial else Mapping(self.items, self.node, partial=True)
        return Mapping(tuple(items.items()), self.node, self.partial)

    def put(self, key: Value, value: Value) -> Mapping:
        """Return it with an item set whose key may not be known."""
        if isinstance(key, Const) and isinstance(key.value, str):
            return self.grown(key.value, value)
        return self.grown("*", join(self.get("*") or BOTTOM, value))

    def any_item(self) -> Value:
        """Return what any of its items may be."""
        return join_all(value for name, value in self.items if name != "*keys")

    def get(self, key: str) -> Value | None:
        """Return what stands under a key; under ``*`` what stands under keys not known."""
        return next((value for name, value in self.items if name == key), None)


@dataclass(frozen=True, slots=True)
class Wrap(_Container):
    """Something that gives a value later: ``how`` is await, iter, partial, context or method."""

    how: str
    value: Value
    name: str = ""
    weight: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Weigh it, and make what it gives lighter where that is too heavy."""
        value = lightened(self.value)
        self._set(value=value, weight=_LAYER + value.weight)


@dataclass(frozen=True, slots=True, eq=False)
class Alt(_Container):
    """One of several."""

    values: tuple[Value, ...]
    weight: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Weigh it."""
        self._set(weight=sum(one.weight for one in self.values))

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
    many = MANY in out
    if len(out) > 1:
        # None has no fields and no items: what reads one never gets past it.
        out = [value for value in out if not (isinstance(value, Const) and value.value is None)]
    if UNKNOWN in out or len(out) > _MOST_ALTERNATIVES:
        out = [*(_opened(value) for value in out if holds(value)), UNKNOWN]
    if many or len(out) > _MOST_KEPT:
        pieces = [value for value in out if isinstance(value, Obj)]
        if many or len(out) - len(pieces) > _MOST_KEPT:
            out = [*pieces, UNKNOWN, MANY]
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
        simple = all(isinstance(part, (Obj, Ref)) or part is MANY for part in alternatives(inner))
        out = join(out, one if simple else UNKNOWN)
    return out


def lightened(value: Value) -> Value:
    """Return a value, but of one that is too heavy the pieces of replies and UNKNOWN alone."""
    if value.weight <= _HEAVIEST - _LAYER:
        return value
    out: Value = BOTTOM
    todo = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, Seq):
            todo += (one.rest, *(one.items or ()), UNKNOWN)
        elif isinstance(one, Alt):
            todo += one.values
        elif isinstance(one, Wrap):
            todo += (one.value, UNKNOWN)
        else:
            out = join(out, one if isinstance(one, Obj) or one is BOTTOM else UNKNOWN)
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
        left, right = dict(one.items), dict(other.items)
        items = ((key, join(left.get(key, BOTTOM), right.get(key, BOTTOM))) for key in left | right)
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
