"""Text of a chunk over as many chunks as keep the lines of an event stream short.

A data URI of an image makes one line of megabytes where it comes in one delta, and some clients
refuse such lines: aiohttp before 3.14 those above 128 KiB ("Chunk too big"). Text can be cut
anywhere, since clients join it; nothing else of a chunk can.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from imageshim.long_json.reading import write_pieces
from imageshim.messages import carriers
from imageshim.messages.stash import FIELD, KEY

__all__ = ["in_short_lines"]

_LEAST = 256
"""Where less than this many bytes are left for text, the rest of a chunk is too long to be cut."""
_LABEL = 16
"""Bytes for the name of the field before the JSON, and the end of the line."""


def _size(value: Any) -> int:
    return sum(map(len, write_pieces(value)))


def in_short_lines(chunk: dict[str, Any], longest: int) -> list[dict[str, Any]]:
    """Cut the text of a chunk, so that no line is longer than ``longest`` bytes.

    Where the chunk is short enough, or it is not its text that is long, it comes back as it is.
    All that is not text is in the first of them, but for what ends a choice or the stream. A stash
    is left out: what an image was before its format became ``content`` is known of whole deltas.
    """
    if _size(chunk) + _LABEL <= longest:
        return [chunk]
    choices = carriers.items_of(chunk.get("choices")) or ()
    head, *more = _written(chunk, choices, 0)
    room = longest - _LABEL - max(map(_size, (head, *more)))
    return [chunk] if room < _LEAST else _written(chunk, choices, room)


def _written(chunk: dict[str, Any], choices: Any, room: int) -> list[dict[str, Any]]:
    """Write the chunks; with no ``room`` for text, those around it."""
    texts = {place: text for place, choice in enumerate(choices) if (text := _text(choice))}
    ends = [choice for choice in choices if carriers.get(choice, "finish_reason") is not None]
    head = {**chunk, "choices": [_opened(choice) for choice in choices]}
    usage = head.pop("usage") if head.get("usage") is not None else None
    envelope = {name: value for name, value in head.items() if isinstance(value, _SMALL)}
    written = [head]
    for place, text in texts.items():
        for piece in _pieces(text, room) if room else ("",):
            delta = {"content": piece}
            choice = {**_index(choices[place]), "delta": delta, "finish_reason": None}
            written.append({**envelope, "choices": [choice]})
    if ends or usage is not None:
        last = [{**_index(end), "delta": {}, "finish_reason": end["finish_reason"]} for end in ends]
        told = {} if usage is None else {"usage": usage}
        written.append({**envelope, "choices": last, **told})
    return written


_SMALL = (str, int, float, type(None))


def _text(choice: Any) -> str | None:
    content = carriers.get(carriers.get(choice, "delta"), "content")
    return content if isinstance(content, str) else None


def _index(choice: Mapping[str, Any]) -> dict[str, Any]:
    return {"index": choice["index"]} if "index" in choice else {}


def _opened(choice: Any) -> Any:
    """Write a choice without its text and its end."""
    if not isinstance(choice, Mapping):
        return choice
    opened = {**choice, "finish_reason": None} if "finish_reason" in choice else {**choice}
    if _text(choice):
        delta = {**choice["delta"], "content": ""}
        specific = delta.get(FIELD)
        if isinstance(specific, Mapping) and KEY in specific:
            # It tells of an image that is one delta.
            delta[FIELD] = {name: value for name, value in specific.items() if name != KEY}
            if not delta[FIELD]:
                del delta[FIELD]
        opened["delta"] = delta
    return opened


def _pieces(text: str, room: int) -> Iterator[str]:
    """Cut a text into pieces whose JSON has at most ``room`` bytes."""
    at = 0
    while at < len(text):
        length = room
        while _size(text[at : at + length]) > room and length > 1:
            length //= 2  # some characters take several bytes
        yield text[at : at + length]
        at += length
