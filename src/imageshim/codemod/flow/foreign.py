"""Values as other files see them: no trees, only what they are and where they come from."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from ..findings import Step
from . import values as v

__all__ = ["arguments", "foreign", "shape"]


def arguments(calls: Iterable[tuple[list[v.Value], dict[str, v.Value]]]) -> Iterable[v.Value]:
    """Yield everything that some calls hand over."""
    for args, keywords in calls:
        yield from args
        yield from keywords.values()


def foreign(value: v.Value, where: str) -> v.Value:  # noqa: PLR0911
    """Return a value as another file sees it: no trees, only what it is and where it comes from."""
    if isinstance(value, v.Obj):
        origins = frozenset(_foreign_origin(one) for one in value.origins)
        chain = tuple(
            one if ".py" in one.text else Step(one.line, f"{one.text} in {where}")
            for one in value.chain
        )
        reads = frozenset(one for one in value.reads if isinstance(one, v.Parameter))
        return v.Obj(value.kind, value.carrier, origins, chain, reads)
    if isinstance(value, v.Alt):
        out: v.Value = v.BOTTOM
        for one in value.values:
            out = v.join(out, foreign(one, where))
        return out
    if isinstance(value, v.Wrap):
        return v.Wrap(value.how, foreign(value.value, where), value.name)
    if isinstance(value, v.Seq):
        items = None if value.items is None else tuple(foreign(one, where) for one in value.items)
        rest = value.rest
        if isinstance(rest, v.Mapping):  # the keywords of partial()
            return v.Seq(items, _known_items(rest, where))
        rest = foreign(rest, where)
        return v.Seq(items, rest)
    if isinstance(value, v.Mapping):
        known = _known_items(value, where)
        return known if known.items else v.UNKNOWN
    if isinstance(value, v.Ref) or value is v.BOTTOM:
        return value
    return v.UNKNOWN


def _known_items(value: v.Mapping, where: str) -> v.Mapping:
    """Return a dict with those of its items of which anything is known elsewhere."""
    every = ((key, foreign(one, where)) for key, one in value.items)
    known = tuple((key, one) for key, one in every if one is not v.UNKNOWN)
    return v.Mapping(known, None, value.partial or len(known) < len(value.items))


_PLACE = ast.Pass()


def _foreign_origin(origin: v.Origin) -> v.Origin:
    if origin.foreign is None:
        origin.foreign = v.Origin(_PLACE, origin.what, origin.carrier, origin.image)
        origin.foreign.foreign = origin.foreign
    origin.foreign.image = origin.image
    origin.foreign.doubt = origin.doubt
    origin.foreign.labels = origin.labels
    return origin.foreign


def shape(value: v.Value) -> object:  # noqa: PLR0911
    """Return what a value is, comparable between two runs over the same files."""
    if isinstance(value, v.Obj):
        return (
            value.kind,
            value.carrier,
            sorted(str((one.what, one.image)) for one in value.origins),
            sorted(str(one) for one in value.reads if isinstance(one, v.Parameter)),
        )
    if isinstance(value, v.Alt):
        return sorted(str(shape(one)) for one in value.values)
    if isinstance(value, v.Wrap):
        return value.how, shape(value.value)
    if isinstance(value, v.Seq):
        return [shape(one) for one in value.items or ()], shape(value.rest)
    if isinstance(value, v.Mapping):
        return [(key, shape(one)) for key, one in value.items], value.partial
    if isinstance(value, v.Ref):
        return value.name
    return "?" if value is v.UNKNOWN else ""
