"""Signed images in ``thinking_blocks``: where LiteLLM 1.76.2 to 1.80.0 leaves a second copy.

Those versions dump a part that has a ``thoughtSignature`` as JSON into
``thinking_blocks[].thinking``; in 1.76.2 and 1.76.3 it can be the only copy of an image. Sent back
as history, 1.76.1 to 1.80.0 make a part of it again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from . import carriers
from .lifting import REASONING
from .parts import ImagePart, Part

__all__ = ["BLOCKS", "blocks_without_images", "with_signed"]

BLOCKS = "thinking_blocks"
_HEAD = 128
"""How many characters of a block tell whether it is one of these."""


def _signed_image(block: Any) -> str | None:
    """Read the image of one thinking block, as a data URI; None where it is a thought."""
    text = carriers.get(block, "thinking")
    if not isinstance(text, str) or '"inlineData"' not in text[:_HEAD]:
        return None
    try:
        inline = json.loads(text)["inlineData"]
        media_type, data = inline["mimeType"], inline["data"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    is_image = isinstance(data, str) and isinstance(media_type, str) and media_type[:6] == "image/"
    return f"data:{media_type};base64,{data}" if is_image else None


def with_signed(parts: list[Part], message: Any) -> list[Part]:
    """Add the signed images that the message lost, and mark the drafts beside them.

    Only a final image is signed, so where one is, an unsigned image of a reply that has reasoning
    is a thought.
    """
    blocks = carriers.items_of(carriers.get(message, BLOCKS)) or ()
    signed = [url for url in map(_signed_image, blocks) if url is not None]
    if not signed:
        return parts
    held = [part for part in parts if isinstance(part, ImagePart)]
    if carriers.get(message, REASONING):
        for image in held:
            image.draft = image.draft or image.url not in signed
    urls = {image.url for image in held}
    return [*parts, *_added(url for url in dict.fromkeys(signed) if url not in urls)]


def _added(urls: Iterable[str]) -> list[ImagePart]:
    return [ImagePart(url, place="thinking_blocks") for url in urls]


def blocks_without_images(blocks: list[Any] | tuple[Any, ...]) -> list[Any]:
    """Return the blocks that hold thoughts; the list itself where all do."""
    kept = [block for block in blocks if _signed_image(block) is None]
    return blocks if len(kept) == len(blocks) and isinstance(blocks, list) else kept
