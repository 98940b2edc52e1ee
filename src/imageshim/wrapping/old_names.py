"""The old name ``image`` on a message in the canonical format, with a warning.

A message object becomes one of a subclass that is made once for its class and has ``image`` as a
property: reading other fields costs nothing more, and the message is no look-alike. It dumps as it
did, compares as it did, and a copy or a pickle of it is of the plain class. A message that is a
dict becomes a dict of a subclass. Where the class has ``[]`` and ``get``, they know the old name.
"""

from __future__ import annotations

import copy
from abc import ABCMeta
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from imageshim.messages import carriers

from .call_site import reading_place
from .call_sites import saw_read

__all__ = ["with_old_name"]

R = TypeVar("R")

OLD, NEW = "image", "images"
_MESSAGE, _DELTA = "message", "delta"


def _first(images: Any) -> dict[str, Any] | None:
    """Return what the old field held: ``{"url", "detail"}`` of the first image."""
    items = carriers.items_of(images)
    inner = carriers.get(items[0], "image_url") if items else None
    return inner if isinstance(inner, dict) else None


_ABSENT = object()
"""Stands for no value, where None is one."""


class OldDict(dict[str, Any]):
    """A message that is a dict."""

    carrier = _MESSAGE

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

    def __copy__(self) -> dict[str, Any]:
        return dict(self)

    def copy(self) -> dict[str, Any]:
        """Return a plain dict."""
        return dict(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        return copy.deepcopy(dict(self), memo)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return dict, (dict(self),)


class OldDelta(OldDict):
    """A delta that is a dict."""

    carrier = _DELTA


def _rebuilt(cls: Any, state: Any) -> Any:
    """Make a plain message of a pickled one."""
    made = cls.__new__(cls)
    made.__setstate__(state)
    return made


def _plain(message: Any) -> Any:
    """Copy a message one level deep, as one of the plain class."""
    plain = type(message)._imageshim_plain  # noqa: SLF001
    copied = plain.__copy__(message)
    object.__setattr__(copied, "__class__", plain)
    return copied


def _old(message: Any, how: str) -> Any:
    """Read the old name: a field of that name first, then the first of the images."""
    for held in (message.__dict__, message.__pydantic_extra__ or {}):
        if OLD in held:
            return held[OLD]
    first = _first(carriers.get(message, NEW))
    if first is None:
        return _ABSENT
    saw_read(reading_place(), how, type(message)._imageshim_carrier)  # noqa: SLF001
    return first


def _property(plain: type) -> property:
    """Make the old name of messages of a class."""

    def read(self: Any) -> Any:
        old = _old(self, "attribute")
        if old is _ABSENT:
            message = f"{plain.__name__!r} object has no attribute {OLD!r}"
            raise AttributeError(message, name=OLD, obj=self)
        return old

    # Somebody sets the field: from then on it is a field of a plain message.
    def write(self: Any, value: Any) -> None:
        object.__setattr__(self, "__class__", plain)
        setattr(self, OLD, value)

    def delete(self: Any) -> None:
        object.__setattr__(self, "__class__", plain)
        delattr(self, OLD)

    return property(read, write, delete)


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


def _members(plain: Any, carrier: str) -> dict[str, Any]:
    def equals(self: Any, other: object) -> Any:
        if not isinstance(other, plain):
            return NotImplemented
        mine, theirs = (_plain(one) if is_viewed(one) else one for one in (self, other))
        return mine == theirs

    def deep_copy(self: Any, memo: dict[int, Any] | None = None) -> Any:
        return _plain(self).__deepcopy__(memo)

    def reduced(self: Any, _protocol: Any) -> tuple[Any, ...]:
        return _rebuilt, (plain, self.__getstate__())

    return {
        "__slots__": (),
        "__module__": plain.__module__,
        "__qualname__": plain.__qualname__,
        "__doc__": plain.__doc__,
        "__eq__": equals,
        "__hash__": plain.__hash__,
        "__copy__": _plain,
        "__deepcopy__": deep_copy,
        "__reduce_ex__": reduced,
        "_imageshim_plain": plain,
        "_imageshim_carrier": carrier,
        OLD: _property(plain),
        **_readers(plain),
    }


def _subclass(plain: type, carrier: str) -> type | None:
    """Make the class; None where the message is of a class that cannot be swapped."""
    if not hasattr(plain, "__pydantic_serializer__"):
        return None
    members = _members(plain, carrier)
    # Past pydantic's metaclass: it would build another validator, and object to a property that
    # has the name of a field. Everything that it makes is inherited.
    return ABCMeta.__new__(type(plain), plain.__name__, (plain,), members)


_viewed_class: Callable[[type, str], type | None] = lru_cache(maxsize=256)(_subclass)


def is_viewed(message: object) -> bool:
    """Tell whether a message knows the old name already."""
    return isinstance(message, OldDict) or hasattr(type(message), "_imageshim_plain")


def _viewed(message: Any, carrier: str, *, own: bool) -> Any:
    """Return a message that knows the old name, copied one level deep; itself if it cannot.

    ``own``: it is nobody else's, and need not be copied.
    """
    if is_viewed(message) or _first(carriers.get(message, NEW)) is None:
        return message
    if type(message) is dict:
        return (OldDelta if carrier == _DELTA else OldDict)(message)
    cls = _viewed_class(type(message), carrier)
    if cls is None:
        return message
    target = message if own else copy.copy(message)
    object.__setattr__(target, "__class__", cls)
    return target


def with_old_name(reply: R, original: Any = None) -> R:
    """Return a reply, or a chunk, whose messages in the canonical format know the old name.

    What it is made of is shared with ``reply``, which does not change: caches and loggers may have
    it too. ``reply`` itself comes back where it has no images. ``original`` is what ``reply`` was
    converted from: what is not a part of that is ours, and changes in place.
    """
    choices = carriers.items_of(carriers.get(reply, "choices"))
    if choices is None:
        return reply
    before = carriers.items_of(carriers.get(original, "choices")) or ()
    new: list[Any] | None = None
    for place, choice in enumerate(choices):
        own = len(before) == len(choices) and choice is not before[place]
        for name in (_MESSAGE, _DELTA):
            message = carriers.get(choice, name)
            viewed = None if message is None else _viewed(message, name, own=own)
            if viewed is not message:
                new = list(choices) if new is None else new
                new[place] = carriers.replaced(choice, name, viewed, in_place=own)
    if new is None:
        return reply
    own = reply is not original and original is not None
    return carriers.replaced(reply, "choices", type(choices)(new), in_place=own)
