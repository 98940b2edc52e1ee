"""Values as other files see them: no trees, only what they are and where they come from."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from imageshim.codemod.findings import Step

from .values import BOTTOM, UNKNOWN, Alt, Obj, Origin, Ref, Seq, Value, Wrap, join

__all__ = ["arguments", "foreign", "shape"]


def arguments(calls: Iterable[tuple[list[Value], dict[str, Value]]]) -> Iterable[Value]:
    """Yield everything that some calls hand over."""
    for args, keywords in calls:
        yield from args
        yield from keywords.values()


def foreign(value: Value, where: str) -> Value:
    """Return a value as another file sees it: no trees, only what it is and where it comes from."""
    if isinstance(value, Obj):
        origins = frozenset(_foreign_origin(one) for one in value.origins)
        chain = tuple(
            one if ".py" in one.text else Step(one.line, f"{one.text} in {where}")
            for one in value.chain
        )
        return Obj(value.kind, value.carrier, origins, chain)
    if isinstance(value, Alt):
        out: Value = BOTTOM
        for one in value.values:
            out = join(out, foreign(one, where))
        return out
    if isinstance(value, Wrap):
        return Wrap(value.how, foreign(value.value, where), value.name)
    if isinstance(value, Seq):
        items = None if value.items is None else tuple(foreign(one, where) for one in value.items)
        return Seq(items, foreign(value.rest, where))
    if isinstance(value, Ref) or value is BOTTOM:
        return value
    return UNKNOWN


_PLACE = ast.Pass()


def _foreign_origin(origin: Origin) -> Origin:
    if origin.foreign is None:
        origin.foreign = Origin(_PLACE, origin.what, origin.image, origin.carrier)
        origin.foreign.foreign = origin.foreign
    origin.foreign.image = origin.image
    origin.foreign.doubt = origin.doubt
    return origin.foreign


def shape(value: Value) -> object:
    """Return what a value is, comparable between two runs over the same files."""
    if isinstance(value, Obj):
        return (
            value.kind,
            value.carrier,
            sorted(str((one.what, one.image)) for one in value.origins),
        )
    if isinstance(value, Alt):
        return sorted(str(shape(one)) for one in value.values)
    if isinstance(value, Wrap):
        return value.how, shape(value.value)
    if isinstance(value, Seq):
        return [shape(one) for one in value.items or ()], shape(value.rest)
    if isinstance(value, Ref):
        return value.name
    return "?" if value is UNKNOWN else ""
