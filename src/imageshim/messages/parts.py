"""The neutral form: the text and the images of one message, in the order the model gave them.

Every format is a pair of functions between a message's fields and a list of parts. What a format
cannot hold of the parts is the complement (see ``stash``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from imageshim.long_json.rope import join

__all__ = [
    "DEFAULT_DETAIL",
    "ITEM",
    "ImagePart",
    "OtherPart",
    "Part",
    "Place",
    "TextPart",
    "default_order",
    "text_of",
]

DEFAULT_DETAIL = "auto"
ITEM = "item"
"""The kind of an :class:`OtherPart` that stood among images."""
Place = Literal["message", "markdown", "reasoning", "thinking_blocks"]
"""Where an image stands: among the message's own, in Markdown in its text, or outside of both."""


@dataclass(slots=True)
class TextPart:
    """A run of text."""

    text: str


@dataclass(slots=True)
class ImagePart:
    """A generated image.

    ``item`` is its canonical item, ``{"image_url": {"url", "detail"}, "index", "type"}``, where
    that holds more than the defaults do (a detail, keys that we do not know, another order of
    keys); None otherwise. The ``index`` in it is not kept up to date: the place in the list is.
    """

    url: str
    item: dict[str, Any] | None = None
    draft: bool = False
    """Known to be an interim "thought" of the model."""
    offset: int = 0
    """For a draft that stood in the reasoning text: how many characters came before it."""
    place: Place = "message"
    raw: bool = False
    """In ``content`` this was base64 with no ``data:…,`` before it."""


@dataclass(slots=True)
class OtherPart:
    """What is neither text nor a readable image: ``kind`` tells from which list it came."""

    value: Any
    kind: str
    """``part`` (of a content list) or ``item`` (of an images list)."""


Part = TextPart | ImagePart | OtherPart

_RANK = {TextPart: 0, ImagePart: 1, OtherPart: 2}


def default_order(parts: list[Part]) -> bool:
    """Tell whether ``parts`` are as they are read from a format that keeps no order.

    That is: at most one run of text, before all images and the other items of their list.
    """
    ranks = [
        1 if isinstance(part, OtherPart) and part.kind == ITEM else _RANK[type(part)]
        for part in parts
    ]
    return ranks == sorted(ranks) and ranks.count(0) <= 1


def text_of(parts: list[Part]) -> str | None:
    """Join the text; None where there is no run of text, not even an empty one."""
    texts = [part.text for part in parts if isinstance(part, TextPart)]
    return join(texts) if texts else None
