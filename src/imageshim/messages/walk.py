"""Find the messages of a reply, and rule out those that hold no image."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Any, TypeVar

from imageshim.errors import MalformedReplyError
from imageshim.timeline import Format

from . import carriers
from .formats.own_fields import OWN_FIELDS
from .options import ReadOptions
from .stash import FIELD

__all__ = [
    "has_no_image",
    "may_have_images",
    "message_of",
    "over_messages",
    "plain_text",
    "refuse_scalars",
]

R = TypeVar("R")


def message_of(reply: Any, choice: int = 0) -> Any:
    """Return the message (the ``delta`` in a stream) of a reply or choice; a message is itself.

    None where the reply has no such choice.
    """
    choices = carriers.items_of(carriers.get(reply, "choices"))
    if choices is not None:
        if not 0 <= choice < len(choices):
            return None
        reply = choices[choice]
    for name in ("message", "delta"):
        message = carriers.get(reply, name)
        if message is not None:
            return message
    return None if choices is not None else reply


def may_have_images(message: Any, how: ReadOptions) -> bool:
    """Rule out most messages at the cost of a few look-ups."""
    images = content = None
    looked_in = (message,) if type(message) is dict else carriers.holders(message, _READ)
    for holder in looked_in:
        for name in holder:
            if name in _FIELDS:  # quicker than a set of both for the few fields of a message
                value = holder[name]
                if name == "images":
                    images = value
                if value and not (
                    name == FIELD and type(value) is dict and _SPECIFIC.isdisjoint(value)
                ):
                    return True
        if content is None:
            content = holder.get("content")
    if content:
        if not isinstance(content, str):
            return True
        if images is None and how.source in _AMBIGUOUS and _may_hold_image(content):
            return True
    return how.drafts and any(holder.get(_REASONING) for holder in looked_in)


_ANY_SOURCE = ReadOptions()


def has_no_image(reply: Any) -> bool:
    """Tell that a whole reply surely has no image; False where it is not known, or no reply."""
    choices = carriers.get(reply, "choices")
    if type(choices) is not list:
        return False
    for choice in choices:
        message = carriers.get(choice, "message")
        if message is None or may_have_images(message, _ANY_SOURCE):
            return False
    return True


def _may_hold_image(text: str) -> bool:
    """Rule out a text that has no data URI and is no base64 as a whole."""
    if len(text) < _SHORTEST_IMAGE:
        return False
    if len(text) > _LONG or (":" in text and "data:" in text.lower()):
        return True
    head = text[:_HEAD].strip()
    return " " not in head and head.isascii()


# "data:image/x;base64,AAAA": no text that is shorter can hold an image, with or without a prefix.
_SHORTEST_IMAGE = 21
_LONG = 4096
_HEAD = 32
_AMBIGUOUS = (None, Format.CONTENT)
_FIELDS = frozenset({"image", "images", FIELD}) | OWN_FIELDS
_REASONING = "reasoning_content"
_READ = _FIELDS | {"content", _REASONING}
_SPECIFIC = frozenset({"images", "image", "imageshim"}) | OWN_FIELDS


def _place(choice: int) -> str:
    return f"choices[{choice}].message"


_NAMED = 8
_PLACES = tuple(map(_place, range(_NAMED)))


def over_messages(reply: R, change: Callable[[Any, str], Any], *, in_place: bool) -> R:
    """Apply ``change`` to each message of a reply, a choice or a message."""
    choices = carriers.items_of(carriers.get(reply, "choices"))
    if choices is None:
        message = carriers.get(reply, "message")
        if message is None:
            return change(reply, "message")  # type: ignore[no-any-return]
        changed = change(message, "message")
        if changed is message:
            return reply
        return carriers.replaced(reply, "message", changed, in_place=in_place)
    new = None
    for place, choice in enumerate(choices):
        message = carriers.get(choice, "message")
        if message is None:
            continue
        changed = change(message, _PLACES[place] if place < _NAMED else _place(place))
        if changed is not message:
            new = list(choices) if new is None else new
            new[place] = carriers.replaced(choice, "message", changed, in_place=in_place)
    if new is None:
        return reply
    return carriers.replaced(reply, "choices", type(choices)(new), in_place=in_place)


_HINTS: dict[tuple[type, ...], str] = {
    (str, bytes, bytearray): "; parse it first, or use convert_bytes()",
    (CoroutineType,): "; await it first",
    (GeneratorType, AsyncGeneratorType): "; use convert_stream() for a stream",
}
_NO_REPLIES = (int, float, list, tuple, type(None), *chain.from_iterable(_HINTS))


def refuse_scalars(reply: object, function: str) -> None:
    """Raise for what cannot be a reply: text, numbers, lists, streams.

    Raises:
        MalformedReplyError: ``reply`` is text, a number, a list or None; or it is a stream, or a
            call that nobody has awaited.

    """
    if type(reply) is not dict and isinstance(reply, _NO_REPLIES):
        hint = next((hint for kinds, hint in _HINTS.items() if isinstance(reply, kinds)), "")
        raise MalformedReplyError(
            f"{function}() takes a reply, a choice or a message, not {type(reply).__name__}{hint}"
        )


def plain_text(content: Any) -> str | None:
    """Return the text of a ``content`` that holds no image; None where there is none."""
    if isinstance(content, str):
        return content
    texts = [carriers.get(entry, "text") for entry in carriers.items_of(content) or ()]
    found = [text for text in texts if isinstance(text, str)]
    return "".join(found) if found else None
