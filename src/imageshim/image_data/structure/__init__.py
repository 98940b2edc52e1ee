"""The structure of images inside base64: which type, where the image ends, how large it is.

Nothing here decodes a whole image. A walk goes through an image by its own lengths (PNG chunks,
RIFF and ISO-BMFF sizes, GIF blocks, JPEG segments) and decodes the few characters that it looks
at. One walk serves text that is all there and payloads that arrive piece by piece.
"""

from __future__ import annotations

from .catalogue import IMAGE_TYPES, ImageType, sniff_bytes
from .payload_end import End, PayloadScanner, payload_end, payload_end_in_sight
from .source import Source, StreamSource, TextSource, decode_exact, decode_run, first_foreign
from .svg import text_dimensions

__all__ = [
    "IMAGE_TYPES",
    "End",
    "ImageType",
    "PayloadScanner",
    "Source",
    "StreamSource",
    "TextSource",
    "decode_exact",
    "decode_run",
    "first_foreign",
    "payload_end",
    "payload_end_in_sight",
    "sniff_bytes",
    "text_dimensions",
]
