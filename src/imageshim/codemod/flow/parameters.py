"""Texts that are handed to functions of other files: which parameters take them for images.

A file that reads a text and hands it on does not see what is done with it, and the file that
decodes it does not see who read it. What it is handed carries the parameter, so that what is found
out there can be told at the call.
"""

from __future__ import annotations

from collections.abc import Iterator

from . import values as v
from .hooks import Given
from .values import BOTTOM, Obj, Parameter, Place, Value, Wrap, flat, texts

__all__ = ["argument_of", "handed_as", "returned"]


def handed_as(value: v.Value, places: frozenset[v.Place]) -> v.Value:
    """Return a value whose texts were taken at other places: by a parameter, or at a call."""
    if isinstance(value, v.Obj) and value.kind in v.TEXTS:
        return v.Obj(value.kind, value.carrier, value.origins, value.chain, places)
    if isinstance(value, v.Alt):
        return v.join_all(handed_as(one, places) for one in value.values)
    if isinstance(value, v.Seq):
        items = value.items and tuple(handed_as(one, places) for one in value.items)
        rest = value.rest if isinstance(value.rest, v.Mapping) else handed_as(value.rest, places)
        return v.Seq(items, rest)
    if isinstance(value, v.Wrap):
        return v.Wrap(value.how, handed_as(value.value, places), value.name)
    return value


def argument_of(parameter: Parameter, given: Given) -> Value | None:
    """Return what a call hands to a parameter."""
    place = parameter.place
    if place is not None and place < len(given.args):
        return given.args[place]
    return given.keywords.get(parameter.name)


def returned(value: Value, name: str, given: Given) -> Value:
    """Return what a function of another file gives, its texts taken where the call's are."""
    places: set[Place] = set()
    for parameter in _parameters(value):
        handed = argument_of(parameter, given) if parameter.function == name else None
        places.update(*(text.reads for text in texts(handed or BOTTOM)))
    return handed_as(value, frozenset(places))


def _parameters(value: Value) -> Iterator[Parameter]:
    """Yield the parameters that the texts in a value were handed in by."""
    for one in flat(value):
        if isinstance(one, Wrap):
            yield from _parameters(one.value)
        elif isinstance(one, Obj):
            yield from (place for place in one.reads if isinstance(place, Parameter))
