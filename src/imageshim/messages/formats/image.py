"""``image``: one ``message.image``, ``{"url", "detail"}``.

LiteLLM 1.76.1 to 1.76.3 (BerriAI/litellm PR #13983). It holds one image: of several, those
versions give the first and lose the others; imageshim keeps the others in the stash.
"""

from __future__ import annotations

from typing import Any

from imageshim.messages import carriers
from imageshim.messages.parts import DEFAULT_DETAIL, ImagePart, Part, text_of

from .dialects import read_item

__all__ = ["FIELD", "layout_of", "lift", "lower"]

FIELD = "image"


def lift(value: Any) -> list[ImagePart]:
    """Read the field, and the list that one-hub puts there."""
    found = [read_item(item) for item in (carriers.items_of(value) or [value])]
    return [image for image in found if image is not None]


def lower(parts: list[Part], layout: Any) -> dict[str, Any]:
    """Write ``content`` and ``image``: the first of the images."""
    first = next(part for part in parts if isinstance(part, ImagePart))
    if first.item is None:
        written = {"url": first.url, "detail": DEFAULT_DETAIL}
    else:
        written = dict(first.item["image_url"])
    if isinstance(layout, dict) and "detail" not in layout:
        del written["detail"]
    return {"content": text_of(parts), FIELD: written}


def layout_of(value: Any) -> dict[str, None] | None:
    """Describe a field that is not spelled as :func:`lower` would spell it, for the stash."""
    return {"url": None} if isinstance(value, dict) and "detail" not in value else None
