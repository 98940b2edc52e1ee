"""Messages that have a field more, or another, as views: classes that are made once for a class.

A message object becomes one of a subclass of its class: reading other fields costs nothing more,
and the message is no look-alike. It dumps as it did, compares as it did, and a copy or a pickle of
it is of the plain class. A message that is a dict becomes a dict of a subclass.
"""

from __future__ import annotations

import copy
from abc import ABCMeta
from collections.abc import Callable
from typing import Any, TypeVar

from imageshim.messages import carriers

__all__ = [
    "DELTA",
    "MESSAGE",
    "ViewDict",
    "carrier_of",
    "is_viewed",
    "plain_copy",
    "view_class",
    "viewed",
    "with_views",
]

R = TypeVar("R")

MESSAGE, DELTA = "message", "delta"


class ViewDict(dict[str, Any]):
    """A message that is a dict; a copy of it is a plain one."""

    carrier = MESSAGE

    def __copy__(self) -> dict[str, Any]:
        return dict(self)

    def copy(self) -> dict[str, Any]:
        """Return a plain dict."""
        return dict(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        return copy.deepcopy(dict(self), memo)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return dict, (dict(self),)


def _rebuilt(cls: Any, state: Any) -> Any:
    """Make a plain message of a pickled one."""
    made = cls.__new__(cls)
    made.__setstate__(state)
    return made


def plain_copy(message: Any) -> Any:
    """Copy a message one level deep, as one of the plain class."""
    plain = type(message)._imageshim_plain  # noqa: SLF001
    copied = plain.__copy__(message)
    object.__setattr__(copied, "__class__", plain)
    return copied


def _members(plain: Any, carrier: str, field: str) -> dict[str, Any]:
    # A field that somebody sets is theirs: from then on it is one of a plain message. Not by the
    # property: pydantic (from 2.10 on) notes at the class how a name is set, when it has been.
    def set_field(self: Any, name: str, value: Any) -> None:
        if name == field:
            object.__setattr__(self, "__class__", plain)
        plain.__setattr__(self, name, value)

    def equals(self: Any, other: object) -> Any:
        if not isinstance(other, plain):
            return NotImplemented
        mine, theirs = (plain_copy(one) if is_viewed(one) else one for one in (self, other))
        return mine == theirs

    def deep_copy(self: Any, memo: dict[int, Any] | None = None) -> Any:
        return plain_copy(self).__deepcopy__(memo)

    def reduced(self: Any, _protocol: Any) -> tuple[Any, ...]:
        return _rebuilt, (plain, self.__getstate__())

    return {
        "__slots__": (),
        "__module__": plain.__module__,
        "__qualname__": plain.__qualname__,
        "__doc__": plain.__doc__,
        "__setattr__": set_field,
        "__eq__": equals,
        "__hash__": plain.__hash__,
        "__copy__": plain_copy,
        "__deepcopy__": deep_copy,
        "__reduce_ex__": reduced,
        "_imageshim_plain": plain,
        "_imageshim_carrier": carrier,
    }


def view_class(plain: type, carrier: str, field: str, fields: dict[str, Any]) -> type | None:
    """Make the class; None where the message is of a class that cannot be swapped.

    Args:
        plain: the class of the messages.
        carrier: ``message`` or ``delta``.
        field: the name that the view has, or reads, in its own way.
        fields: what the class has besides.

    """
    if not hasattr(plain, "__pydantic_serializer__"):
        return None
    # Past pydantic's metaclass: it would build another validator, and object to a property that
    # has the name of a field. Everything that it makes is inherited.
    return ABCMeta.__new__(
        type(plain), plain.__name__, (plain,), {**_members(plain, carrier, field), **fields}
    )


def carrier_of(message: Any) -> str:
    """Return ``message`` or ``delta``, of a message that is viewed."""
    if isinstance(message, ViewDict):
        return message.carrier
    return type(message)._imageshim_carrier  # type: ignore[no-any-return]  # noqa: SLF001


def is_viewed(message: object) -> bool:
    """Tell whether a message is a view already."""
    return isinstance(message, ViewDict) or hasattr(type(message), "_imageshim_plain")


def viewed(
    message: Any, carrier: str, classes: Callable[[type, str], type | None], *, own: bool
) -> Any:
    """Return a message as one of its view class, copied one level deep; itself if it cannot be.

    ``own``: it is nobody else's, and need not be copied.
    """
    cls = classes(type(message), carrier)
    if cls is None:
        return message
    target = message if own else copy.copy(message)
    object.__setattr__(target, "__class__", cls)
    return target


View = Callable[..., Any]
"""Takes a message, ``message`` or ``delta``, and ``own``; returns the message as it is to be."""


def with_views(reply: R, original: Any, view: View) -> R:
    """Return a reply, or a chunk, with views of its messages.

    What it is made of is shared with ``reply``, which does not change: caches and loggers may have
    it too. ``reply`` itself comes back where nothing is to be viewed. ``original`` is what
    ``reply`` was converted from: what is not a part of that is ours, and changes in place.
    """
    choices = carriers.items_of(carriers.get(reply, "choices"))
    if choices is None:
        return reply
    before = carriers.items_of(carriers.get(original, "choices")) or ()
    new: list[Any] | None = None
    for place, choice in enumerate(choices):
        own = len(before) == len(choices) and choice is not before[place]
        for name in (MESSAGE, DELTA):
            message = carriers.get(choice, name)
            seen = None if message is None else view(message, name, own=own)
            if seen is not message:
                new = list(choices) if new is None else new
                new[place] = carriers.replaced(choice, name, seen, in_place=own)
    if new is None:
        return reply
    own = reply is not original and original is not None
    return carriers.replaced(reply, "choices", type(choices)(new), in_place=own)
