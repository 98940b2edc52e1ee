"""The table of image types: how each is recognised, walked and measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from . import gif, isobmff, jpeg, png, svg, tiff, webp, windows

if TYPE_CHECKING:
    from collections.abc import Callable

    from .source import Source, Walk

__all__ = ["IMAGE_TYPES", "SNIFFED_BYTES", "ImageType", "sniff_bytes"]

SNIFFED_BYTES = 36
"""How many bytes `sniff_bytes` wants to see: 48 characters of base64."""


class ImageType(NamedTuple):
    """One type of image."""

    media_type: str
    extension: str
    matches: Callable[[bytes], bool]
    """Whether these first bytes are of this type."""
    walk: Callable[[Source], Walk]
    """Goes from the image's beginning to its end."""
    dimensions: Callable[[Source], tuple[int, int] | None]
    """Width and height in pixels, of a payload that is all there."""


def _opens_with(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(signatures)


IMAGE_TYPES: dict[str, ImageType] = {
    image_type.media_type: image_type
    for image_type in (
        ImageType("image/png", ".png", _opens_with(png.SIGNATURE), png.walk, png.dimensions),
        ImageType("image/jpeg", ".jpg", _opens_with(jpeg.SIGNATURE), jpeg.walk, jpeg.dimensions),
        ImageType("image/webp", ".webp", webp.matches, webp.walk, webp.dimensions),
        ImageType("image/gif", ".gif", _opens_with(*gif.SIGNATURES), gif.walk, gif.dimensions),
        ImageType("image/avif", ".avif", isobmff.is_avif, isobmff.walk, isobmff.dimensions),
        ImageType("image/heic", ".heic", isobmff.is_heic, isobmff.walk, isobmff.dimensions),
        ImageType("image/heif", ".heif", isobmff.is_heif, isobmff.walk, isobmff.dimensions),
        ImageType("image/bmp", ".bmp", windows.is_bmp, windows.walk_bmp, windows.bmp_dimensions),
        ImageType("image/tiff", ".tif", _opens_with(*tiff.SIGNATURES), tiff.walk, tiff.dimensions),
        ImageType("image/x-icon", ".ico", windows.is_ico, windows.walk_ico, windows.ico_dimensions),
        ImageType(
            "image/x-win-bitmap", ".cur", windows.is_cur, windows.walk_ico, windows.ico_dimensions
        ),
        ImageType("image/svg+xml", ".svg", svg.matches, svg.walk, svg.dimensions),
    )
}


def sniff_bytes(head: bytes) -> ImageType | None:
    """Tell the type of an image by its first bytes, `SNIFFED_BYTES` of them where there are."""
    for image_type in IMAGE_TYPES.values():
        if image_type.matches(head):
            return image_type
    return None
