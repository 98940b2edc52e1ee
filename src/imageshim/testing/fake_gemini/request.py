"""What clients asked: the requests that the server keeps, without their secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .routes import Protocol

__all__ = ["Request", "without_secrets"]


@dataclass
class Request:
    """One request, as it came."""

    method: str
    path: str
    """Path and query, the value of ``key=`` replaced."""
    headers: Mapping[str, str]
    """Names in lower case; the values of credentials are replaced."""
    body: Any
    """The parsed JSON; None where there is none."""
    protocol: Protocol
    model: str | None
    stream: bool
    chunks_sent: int = 0
    """How many chunks of a stream were written so far."""
    completed: bool = False
    """Whether the whole answer was written."""
    images: list[tuple[str, str]] = field(init=False)
    """The pictures that the model was sent: (media type, base64) of each ``inlineData``; of an
    OpenAI request its ``image_url`` parts: (media type, base64) of a data URI, ("", the URL) else.
    """
    texts: list[str] = field(init=False)
    """The texts that the model was sent, in order, whosever turn."""

    def __post_init__(self) -> None:
        self.images = [_picture(found) for found in _found(self.body, _PICTURE_KEYS)]
        self.texts = [text for text in _found(self.body, ("text",)) if isinstance(text, str)]
        messages = self.body.get("messages") if isinstance(self.body, dict) else None
        if self.protocol == "openai" and isinstance(messages, list):
            self.texts = [text for message in messages for text in _texts(message)]


_PICTURE_KEYS = ("inlineData", "inline_data", "image_url")


def _found(value: Any, keys: tuple[str, ...]) -> Iterator[Any]:
    """Find what stands under some keys, in order; without a stack that nesting could exhaust."""
    todo = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, _Hit):
            yield one.value
        elif isinstance(one, list):
            todo += reversed(one)
        elif isinstance(one, dict):
            todo += [_Hit(item) if key in keys else item for key, item in reversed(one.items())]


class _Hit(NamedTuple):
    value: Any


def _picture(found: Any) -> tuple[str, str]:
    if isinstance(found, dict) and "data" in found:
        return found.get("mimeType") or found.get("mime_type") or "", found["data"]
    url = found.get("url") if isinstance(found, dict) else found
    text = url if isinstance(url, str) else json.dumps(found)
    header, mark, payload = text.partition(";base64,")
    is_data = mark and header.startswith("data:")
    return (header.removeprefix("data:"), payload) if is_data else ("", text)


def _texts(message: Any) -> Iterator[str]:
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, str):
        yield content
    else:
        yield from (text for text in _found(content, ("text",)) if isinstance(text, str))


_SECRET_HEADERS = frozenset(
    {"authorization", "x-goog-api-key", "api-key", "x-api-key", "cookie", "proxy-authorization"}
)
_REPLACED = "***"
_KEY = re.compile(r"(?<=[?&]key=)[^&]*")


def without_secrets(target: str, headers: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return the target and the headers of a request as they are kept.

    ``Authorization`` keeps its scheme, so that a test can tell ``Bearer`` from nothing.
    """
    kept = {}
    for name, value in headers.items():
        lower = name.lower()
        if lower in _SECRET_HEADERS:
            scheme, blank, _ = value.partition(" ")
            kept[lower] = f"{scheme} {_REPLACED}" if blank else _REPLACED
        else:
            kept[lower] = value
    return _KEY.sub(_REPLACED, target), kept
