"""A gateway's own field over the deltas of one choice: what has been read of it comes only once.

Some gateways say the field again with each delta or with the last, and some put the same images
into ``images`` or into a second such field later. A whole reply, where a list that is said again
does not grow and ``images`` outranks the field, has each of these once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from imageshim.messages import carriers
from imageshim.messages.formats import own_fields
from imageshim.messages.parts import ImagePart
from imageshim.messages.stash import FIELD

from .deltas import Read
from .merging import plain

__all__ = ["OwnField"]

_Place = tuple[str | None, str]
"""Where a field stands, in the message itself or in its provider's fields, and its name."""


class OwnField:
    """What the own fields of a choice have said so far."""

    def __init__(self) -> None:
        self._said: dict[_Place, list[Any]] = {}
        self._urls: dict[str, _Place] = {}

    def is_news(self, view: Mapping[str, Any]) -> bool:
        """Take a delta; tell whether the own field that is read of it says something new."""
        if own_fields.OWN_FIELDS.isdisjoint(view) and not view.get(FIELD):
            return False
        holders = [(name, holder) for name in (None, FIELD) if (holder := _holder(view, name))]
        grown = {
            (outer, name)
            for outer, holder in holders
            for name in own_fields.OWN_FIELDS
            if self._grows((outer, name), own_fields.entries(name, carriers.get(holder, name)))
        }
        return bool(grown) and _place_of(view) in grown

    def _grows(self, place: _Place, entries: Sequence[Any]) -> bool:
        said = self._said.setdefault(place, [])
        entries = plain(entries)
        if not entries or said == entries:
            return False
        said += entries
        return True

    def unread(self, read: Read) -> Read:
        """Leave out the images that came from another field already."""
        if not (self._urls or read.is_own):
            return read
        place = _place_of(read.own) if read.is_own else None
        parts = [
            part
            for part in read.parts
            if not isinstance(part, ImagePart) or self._urls.get(part.url, place) == place
        ]
        if place is not None:
            urls = [part.url for part in parts if isinstance(part, ImagePart)]
            self._urls.update(dict.fromkeys(urls, place))
        return read if len(parts) == len(read.parts) else read._replace(parts=parts)


def _holder(view: Mapping[str, Any], outer: str | None) -> Any:
    return view if outer is None else view.get(outer)


def _place_of(view: Mapping[str, Any]) -> _Place | None:
    """Tell which own field of a delta is read: the first that has an image."""
    for outer in (None, FIELD):
        own = own_fields.lift(_holder(view, outer))
        if own is not None:
            return outer, own[0]
    return None
