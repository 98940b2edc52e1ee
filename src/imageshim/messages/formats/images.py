"""``images``: a list, ``[{"image_url": {"url", "detail"}, "index", "type": "image_url"}]``.

LiteLLM from 1.77.0 on (BerriAI/litellm PR #14160), OpenRouter and gateways like it. The text is in
``message.content``; the order of text and images is lost. LiteLLM gives 0 to every ``index``
(measured up to 1.109.1), which makes clients that merge by index join two images into one.
"""

from __future__ import annotations

from typing import Any

from imageshim.messages.parts import ITEM, ImagePart, OtherPart, Part, text_of

from .dialects import canonical_item, read_item

__all__ = ["FIELD", "HELD", "lift", "lower"]

FIELD = "images"
HELD = ITEM
"""The kind of :class:`~imageshim.messages.parts.OtherPart` that this list holds."""


def lift(value: list[Any] | tuple[Any, ...]) -> list[Part]:
    """Read the list; an item that is no readable image is kept as it is."""
    return [read_item(item) or OtherPart(item, HELD) for item in value]


def lower(parts: list[Part]) -> dict[str, Any]:
    """Write ``content`` and ``images``; ``index`` is the place in the list."""
    items: list[Any] = []
    for part in parts:
        if isinstance(part, ImagePart):
            items.append(canonical_item(part, len(items)))
        elif isinstance(part, OtherPart) and part.kind == HELD:
            items.append(part.value)
    return {"content": text_of(parts), FIELD: items}
