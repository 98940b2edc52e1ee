"""What each format writes, and what it holds of the parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from imageshim.messages.parts import Part
from imageshim.timeline import Format

from . import content, image, images
from . import parts as parts_format

__all__ = ["TARGETS", "Target"]


class Target(NamedTuple):
    """What a format writes, and what it holds of the parts."""

    write: Callable[[list[Part], Any], dict[str, Any]]
    field: str | None
    """The field that it has beside ``content``."""
    holds_order: bool
    holds_of_item: tuple[str, ...] | None
    """The path to what it holds of an item; None where it holds the whole item."""
    holds_other: str | None
    """The kind of other entries that it holds."""
    only_first: bool = False


TARGETS = {
    Format.CONTENT: Target(
        lambda parts, _layout: content.lower(parts), None, True, ("image_url", "url"), None
    ),
    Format.IMAGE: Target(image.lower, image.FIELD, False, ("image_url",), None, only_first=True),
    Format.IMAGES: Target(
        lambda parts, _layout: images.lower(parts),
        images.FIELD,
        False,
        None,
        images.HELD,
    ),
    Format.PARTS: Target(parts_format.lower, None, True, ("image_url",), parts_format.HELD),
}
