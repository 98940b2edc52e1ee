"""What old code read of a message, from a message in any format: for code that is being migrated.

The functions take a message, a choice or a whole reply (its first choice), on any carrier, and
never raise on one without images.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .messages import carriers
from .messages.formats import content as content_format
from .messages.lifting import Lifted, lift
from .messages.options import ReadOptions
from .messages.parts import DEFAULT_DETAIL, ImagePart, Part, TextPart
from .messages.thinking_blocks import with_signed
from .messages.walk import message_of, plain_text
from .timeline import Format

__all__ = [
    "final_image",
    "final_image_url",
    "first_image",
    "first_image_url",
    "legacy_content",
]

_HOW = ReadOptions(markdown=True)


def _lifted(reply: Any) -> tuple[Any, Lifted | None]:
    message = message_of(reply)
    view = carriers.fields(message)
    return message, None if view is None else lift(view, _HOW)


def legacy_content(message: Any) -> str | None:
    """Return what ``message.content`` was in LiteLLM up to 1.76.0.

    Text and data URIs, joined in order with nothing between (text first where the order is not
    known); None where there is neither.
    """
    found, lifted = _lifted(message)
    if lifted is None or lifted.format is Format.CONTENT:
        content = carriers.get(found, "content")
        return plain_text(_mocked(found) if content is None else content)
    parts: list[Part] = [
        part
        for part in lifted.parts
        if isinstance(part, TextPart) or (isinstance(part, ImagePart) and not part.draft)
    ]
    written = content_format.lower(parts)["content"]
    return written if isinstance(written, str) else None


def _mocked(message: Any) -> Any:
    """Read the ``content`` of a mock, which is not a carrier of images but may well have text."""
    try:
        return getattr(message, "content", None)
    except Exception:  # noqa: BLE001  # a property of somebody's class may raise anything
        return None


def first_image(message: Any) -> dict[str, Any] | None:
    """Return what ``message.image`` was in LiteLLM 1.76.1 to 1.76.3: ``{"url", "detail"}``.

    The first of the images; None where there is none.
    """
    _, lifted = _lifted(message)
    return _inner(part for part in (lifted.parts if lifted else ()) if isinstance(part, ImagePart))


def _inner(images: Iterable[ImagePart]) -> dict[str, Any] | None:
    image = next(iter(images), None)
    if image is None:
        return None
    if image.item is None:
        return {"url": image.url, "detail": DEFAULT_DETAIL}
    return dict(image.item["image_url"])


def first_image_url(message: Any) -> str | None:
    """Return the URL of the first image, a data URI as a rule; None where there is none."""
    image = first_image(message)
    return None if image is None else image["url"]


def final_image(message: Any) -> dict[str, Any] | None:
    """Return ``{"url", "detail"}`` of the last image that is not known to be a draft.

    Models that think aloud send drafts first, so this is the one to show where there is room for
    one. None where there is no image.
    """
    found, lifted = _lifted(message)
    parts = with_signed(lifted.parts if lifted else [], found)
    images = [part for part in parts if isinstance(part, ImagePart)]
    return _inner(image for image in reversed(images) if not image.draft)


def final_image_url(message: Any) -> str | None:
    """Return the URL of :func:`final_image`, a data URI as a rule; None where there is none."""
    image = final_image(message)
    return None if image is None else image["url"]
