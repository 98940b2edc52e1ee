"""The old name ``image`` on a message in the canonical format, with a warning.

The view of a message (:mod:`.views`) has ``image`` as a property. Where its class has ``[]`` and
``get``, they know the old name.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeVar

from imageshim.messages import carriers

from .call_site import reading_place
from .call_sites import saw_read
from .views import DELTA, ViewDict, carrier_of, is_viewed, view_class, viewed, with_views

__all__ = ["with_old_name"]

R = TypeVar("R")

OLD, NEW = "image", "images"


def _first(images: Any) -> dict[str, Any] | None:
    """Return what the old field held: ``{"url", "detail"}`` of the first image."""
    items = carriers.items_of(images)
    inner = carriers.get(items[0], "image_url") if items else None
    return inner if isinstance(inner, dict) else None


_ABSENT = object()
"""Stands for no value, where None is one."""


class OldDict(ViewDict):
    """A message that is a dict."""

    def _old(self, how: str) -> Any:
        place = reading_place()
        if place is None or dict.__contains__(self, OLD):
            return dict.get(self, OLD, _ABSENT)
        first = _first(dict.get(self, NEW))
        if first is None:
            return _ABSENT
        saw_read(place, how, self.carrier)
        return first

    def __missing__(self, key: str) -> Any:
        old = self._old("item") if key == OLD else _ABSENT
        if old is _ABSENT:
            raise KeyError(key)
        return old

    def get(self, key: str, default: Any = None) -> Any:
        """Return a field, the old name's too."""
        old = self._old("get") if key == OLD else _ABSENT
        return dict.get(self, key, default) if old is _ABSENT else old

    def __contains__(self, key: object) -> bool:
        # Old code guards its read so; what it does next is what is warned about.
        if dict.__contains__(self, key):
            return True
        return (
            key == OLD and reading_place() is not None and _first(dict.get(self, NEW)) is not None
        )


class OldDelta(OldDict):
    """A delta that is a dict."""

    carrier = DELTA


def _old(message: Any, how: str) -> Any:
    """Read the old name: a field of that name first, then the first of the images."""
    for held in (message.__dict__, message.__pydantic_extra__ or {}):
        if OLD in held:
            return held[OLD]
    first = _first(carriers.get(message, NEW))
    if first is None:
        return _ABSENT
    saw_read(reading_place(), how, carrier_of(message))
    return first


def _property(plain: type) -> property:
    """Make the old name of messages of a class."""

    def read(self: Any) -> Any:
        old = _old(self, "attribute")
        if old is _ABSENT:
            message = f"{plain.__name__!r} object has no attribute {OLD!r}"
            raise AttributeError(message, name=OLD, obj=self)
        return old

    def delete(self: Any) -> None:
        object.__setattr__(self, "__class__", plain)
        delattr(self, OLD)

    return property(read, None, delete)


def _readers(plain: Any) -> dict[str, Any]:
    """Make ``[]`` and ``get`` that know the old name, where the class has them at all."""

    def item(self: Any, key: str) -> Any:
        old = _old(self, "item") if key == OLD else _ABSENT
        return plain.__getitem__(self, key) if old is _ABSENT else old

    def get(self: Any, key: str, default: Any = None) -> Any:
        old = _old(self, "get") if key == OLD else _ABSENT
        return plain.get(self, key, default) if old is _ABSENT else old

    readers: dict[str, Any] = {"__getitem__": item, "get": get}
    return {name: reader for name, reader in readers.items() if hasattr(plain, name)}


def _fields(plain: type) -> dict[str, Any]:
    return {OLD: _property(plain), **_readers(plain)}


@lru_cache(maxsize=256)
def _classes(plain: type, carrier: str) -> type | None:
    return view_class(plain, carrier, OLD, _fields(plain))


def _viewed(message: Any, carrier: str, *, own: bool) -> Any:
    if is_viewed(message) or _first(carriers.get(message, NEW)) is None:
        return message
    if type(message) is dict:
        return (OldDelta if carrier == DELTA else OldDict)(message)
    return viewed(message, carrier, _classes, own=own)


def with_old_name(reply: R, original: Any = None) -> R:
    """Return a reply, or a chunk, whose messages in the canonical format know the old name.

    ``original`` is what ``reply`` was converted from, see :func:`.views.with_views`.
    """
    return with_views(reply, original, _viewed)
