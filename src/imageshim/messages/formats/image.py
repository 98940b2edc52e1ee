"""``image``: one ``message.image``, ``{"url", "detail"}``.

LiteLLM 1.76.1 to 1.76.3 (BerriAI/litellm PR #13983). It holds one image: of several, those
versions give the first and lose the others; imageshim keeps the others in the stash.
"""

from __future__ import annotations

from typing import Any

from imageshim.messages import carriers
from imageshim.messages.parts import DEFAULT_DETAIL, ImagePart, Part, text_of

from .dialects import is_flat, read_default, read_item

__all__ = ["FIELD", "holds", "layout_of", "lift", "lower"]

FIELD = "image"


def lift(value: Any) -> list[ImagePart]:
    """Read the field, and the list that one-hub puts there."""
    found = [_read(item) for item in (carriers.items_of(value) or [value])]
    return [image for image in found if image is not None]


def _read(value: Any) -> ImagePart | None:
    """Read one image; what stands beside its URL is told of the image, not of an item around it."""
    usual = read_default(value)
    if usual is not None:
        return usual
    image = read_item(value)
    if image is not None and is_flat(value):
        inner = {**value, "url": image.url}
        if inner.get("detail") is None:
            inner["detail"] = DEFAULT_DETAIL
        is_default = list(inner.items()) == list(_usual(image).items())
        image.item = None if is_default else {"image_url": inner, "index": 0, "type": "image_url"}
    return image


def _usual(image: ImagePart) -> dict[str, Any]:
    return {"url": image.url, "detail": DEFAULT_DETAIL}


def lower(parts: list[Part], layout: Any) -> dict[str, Any]:
    """Write ``content`` and ``image``: the first of the images."""
    first = next(part for part in parts if isinstance(part, ImagePart))
    if first.item is None:
        written = _usual(first)
    else:
        inner = first.item["image_url"]
        written = dict(inner) if holds(inner) else {"url": first.url, "detail": inner["detail"]}
    if isinstance(layout, dict) and "detail" not in layout:
        del written["detail"]
    return {"content": text_of(parts), FIELD: written}


def holds(inner: dict[str, Any]) -> bool:
    """Tell whether the field reads back as all of an item's ``image_url``.

    A key there may say what it never said in an item, such as a ``type``.
    """
    again = _read(inner)
    if again is None:
        return False
    held = _usual(again) if again.item is None else again.item["image_url"]
    return list(held.items()) == list(inner.items())


def layout_of(value: Any) -> dict[str, None] | None:
    """Describe a field that is not spelled as :func:`lower` would spell it, for the stash."""
    return {"url": None} if isinstance(value, dict) and "detail" not in value else None
