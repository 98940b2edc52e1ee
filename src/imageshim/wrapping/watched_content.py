"""The ``content`` of messages that hold an image in it, watched while a report is written.

The view of a message (:mod:`.views`) has ``content`` as a property that gives a
:class:`~.watched_text.WatchedText`, to whoever reads it in the user's code; libraries and onlookers
get the text itself. Nothing of this exists where no report is asked for.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeVar

from imageshim.messages import carriers

from .call_site import reading_place
from .content_sites import saw_content
from .known_images import remember_images
from .views import DELTA, ViewDict, is_viewed, view_class, viewed, with_views
from .watched_text import WatchedText

__all__ = ["with_watched_content"]

R = TypeVar("R")

CONTENT = "content"
_SIGN = "data:"


def _watched(text: Any, how: str, carrier: str) -> Any:
    """Return what a reader gets of a text."""
    place = reading_place() if isinstance(text, str) else None
    if place is None:
        return text
    note = saw_content(place, how, carrier)
    remember_images(text, note)
    return WatchedText(text, note)


class WatchedDict(ViewDict):
    """A message that is a dict."""

    def __getitem__(self, key: str) -> Any:
        value = dict.__getitem__(self, key)
        return _watched(value, "item", self.carrier) if key == CONTENT else value

    def get(self, key: str, default: Any = None) -> Any:
        """Return a field; a text that somebody reads as one that is watched."""
        value = dict.get(self, key, default)
        return _watched(value, "get", self.carrier) if key == CONTENT else value

    def pop(self, key: str, *default: Any) -> Any:
        """Take a field out, watched as :meth:`get` is."""
        value = dict.pop(self, key, *default)
        return _watched(value, "get", self.carrier) if key == CONTENT else value


class WatchedDelta(WatchedDict):
    """A delta that is a dict."""

    carrier = DELTA


def _text_of(message: Any) -> Any:
    """Return the text itself: a delta of LiteLLM's has it as an extra."""
    held = message.__dict__
    extra = getattr(message, "__pydantic_extra__", None) or {}
    return held[CONTENT] if CONTENT in held else extra.get(CONTENT)


def _fields(plain: Any, carrier: str) -> dict[str, Any]:
    def read(self: Any) -> Any:
        return _watched(_text_of(self), "attribute", carrier)

    def item(self: Any, key: str) -> Any:
        if key == CONTENT:
            return _watched(_text_of(self), "item", carrier)
        return plain.__getitem__(self, key)

    def get(self: Any, key: str, default: Any = None) -> Any:
        if key == CONTENT:
            return _watched(_text_of(self), "get", carrier)
        return plain.get(self, key, default)

    readers = {"__getitem__": item, "get": get}
    known = {name: reader for name, reader in readers.items() if hasattr(plain, name)}
    return {CONTENT: property(read), **known}


@lru_cache(maxsize=256)
def _classes(plain: type, carrier: str) -> type | None:
    return view_class(plain, carrier, CONTENT, _fields(plain, carrier))


def _viewed(message: Any, carrier: str, *, own: bool) -> Any:
    text = None if is_viewed(message) else carriers.get(message, CONTENT)
    if not isinstance(text, str) or _SIGN not in text:
        return message
    if type(message) is dict:
        return (WatchedDelta if carrier == DELTA else WatchedDict)(message)
    return viewed(message, carrier, _classes, own=own)


def with_watched_content(reply: R, original: Any = None) -> R:
    """Return a reply, or a chunk, whose messages are watched where their text holds an image.

    ``original`` is what ``reply`` was converted from, see :func:`.views.with_views`.
    """
    return with_views(reply, original, _viewed)
