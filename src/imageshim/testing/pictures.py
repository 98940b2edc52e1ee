"""Small real pictures of several types, made without an imaging library."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import NamedTuple

__all__ = ["KINDS", "Picture", "chunk", "gif", "jpeg", "png", "svg", "webp"]


class Picture(NamedTuple):
    """A picture as a model sends it: a media type and bytes."""

    media_type: str
    data: bytes

    @property
    def url(self) -> str:
        """The data URI that LiteLLM makes of it."""
        return f"data:{self.media_type};base64,{base64.b64encode(self.data).decode('ascii')}"


def chunk(kind: bytes, data: bytes) -> bytes:
    """Write a PNG chunk: length, kind, data, checksum."""
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def png(width: int = 2, height: int = 2, *, filling: int = 0, grey: int = 128) -> Picture:
    """Make a grey PNG; ``filling`` bytes of comment vary the base64 padding."""
    rows = b"".join(b"\0" + bytes([grey % 256]) * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    comment = chunk(b"tEXt", b"Comment\0" + b"x" * filling) if filling else b""
    data = b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            comment,
            chunk(b"IDAT", zlib.compress(rows)),
            chunk(b"IEND", b""),
        )
    )
    return Picture("image/png", data)


# One grey pixel block, 1 x 1: the tables are the standard ones of the JPEG specification, cut to
# the single codes that the picture needs.
_JPEG_TABLES = (
    b"\xff\xdb\x00\x43\x00" + b"\x01" * 64,
    b"\xff\xc0\x00\x0b\x08{height}{width}\x01\x01\x11\x00",
    b"\xff\xc4\x00\x14\x00\x01" + b"\x00" * 15 + b"\x00",
    b"\xff\xc4\x00\x14\x10\x01" + b"\x00" * 15 + b"\x00",
    b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00",
)


def jpeg(*, filling: int = 0) -> Picture:
    """Make a grey JPEG of 8 x 8; ``filling`` bytes of comment vary the base64 padding."""
    size = struct.pack(">H", 8)
    comment = b"\xff\xfe" + struct.pack(">H", filling + 2) + b"x" * filling if filling else b""
    tables = b"".join(_JPEG_TABLES).replace(b"{height}", size).replace(b"{width}", size)
    return Picture("image/jpeg", b"\xff\xd8" + comment + tables + b"\x3f\xff\xd9")


def gif(*, filling: int = 0) -> Picture:
    """Make a GIF of one pixel; ``filling`` bytes (255 at most) of comment vary the padding."""
    comment = b"!\xfe" + bytes([filling]) + b"x" * filling + b"\0" if filling else b""
    header = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff"
    return Picture("image/gif", header + comment + b",\0\0\0\0\1\0\1\0\0\x02\x02D\x01\0;")


_VP8L = "2f03c0000007508f7a14b9ff8188e87f00"
"""The smallest stream that a lossless encoder makes of one colour."""


def webp(*, filling: int = 0) -> Picture:
    """Make a lossless WebP of 4 x 4; ``filling`` bytes of an unknown chunk vary the padding."""
    pixels = b"VP8L" + struct.pack("<I", 17) + bytes.fromhex(_VP8L) + b"\0"
    extra = b"XTRA" + struct.pack("<I", filling) + b"x" * filling + b"\0" * (filling % 2)
    body = b"WEBP" + pixels + (extra if filling else b"")
    return Picture("image/webp", b"RIFF" + struct.pack("<I", len(body)) + body)


def svg(*, filling: int = 0) -> Picture:
    """Make an SVG of one pixel; ``filling`` bytes of comment vary the padding."""
    comment = b"<!--" + b"x" * filling + b"-->" if filling else b""
    start = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1">'
    return Picture("image/svg+xml", start + comment + b"</svg>")


KINDS = {"png": png, "jpeg": jpeg, "gif": gif, "webp": webp, "svg": svg}
"""The makers by name; each takes ``filling``."""
