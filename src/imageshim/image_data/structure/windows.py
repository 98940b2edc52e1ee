"""BMP and ICO, the formats of Windows.

Source: Microsoft, "Bitmap storage" (BITMAPFILEHEADER, BITMAPINFOHEADER) and "The format of icon
resources" (ICONDIR, ICONDIRENTRY); a PNG inside an icon since Windows Vista.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import png
from .source import take

if TYPE_CHECKING:
    from .source import Source, Walk

_CORE_HEADER = 12
_BITMAP_HEADERS = frozenset({_CORE_HEADER, 16, 40, 52, 56, 64, 108, 124})
_ICONS = 1
_CURSORS = 2


def is_bmp(head: bytes) -> bool:
    """Whether a bitmap header of a known size follows ``BM``."""
    return head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BITMAP_HEADERS


def walk_bmp(source: Source) -> Walk:
    """Believe the size that the file header states."""
    yield from ()
    head = source.read(0, 18)
    size = int.from_bytes(head[2:6], "little")
    pixels = int.from_bytes(head[10:14], "little")
    header = int.from_bytes(head[14:18], "little")
    return size if size >= pixels >= 14 + header else None


def bmp_dimensions(source: Source) -> tuple[int, int] | None:
    """Read the bitmap header."""
    head = source.read(14, 12)
    if len(head) < 12:
        return None
    if int.from_bytes(head[:4], "little") == _CORE_HEADER:
        return int.from_bytes(head[4:6], "little"), int.from_bytes(head[6:8], "little")
    width = int.from_bytes(head[4:8], "little", signed=True)
    height = int.from_bytes(head[8:12], "little", signed=True)  # negative: rows from the top
    return abs(width), abs(height)


def _is_directory(head: bytes, kind: int) -> bool:
    # Every entry has a reserved zero and lies behind the directory.
    return (
        head[:4] == bytes((0, 0, kind, 0))
        and len(head) >= 22
        and head[9] == 0
        and int.from_bytes(head[18:22], "little") >= 6 + 16 * int.from_bytes(head[4:6], "little")
        and head[4:6] != b"\0\0"
    )


def is_ico(head: bytes) -> bool:
    """Whether a directory of icons begins here."""
    return _is_directory(head, _ICONS)


def is_cur(head: bytes) -> bool:
    """Whether a directory of cursors begins here."""
    return _is_directory(head, _CURSORS)


def walk_ico(source: Source) -> Walk:
    """Go to where the last of the icons ends."""
    count = int.from_bytes(source.read(4, 2), "little")
    end = directory = 6 + 16 * count
    entries = yield from take(source, 6, 16 * count)
    if len(entries) < 16 * count:
        return None
    extents = sorted(
        (int.from_bytes(entries[at + 12 : at + 16], "little"), entries[at + 8 : at + 12])
        for at in range(0, len(entries), 16)
    )
    for offset, size in extents:
        if offset < directory:
            return None
        source.floor = offset // 3 * 4
        head = yield from take(source, offset, 8)
        if head != png.SIGNATURE and int.from_bytes(head[:4], "little") not in _BITMAP_HEADERS:
            return None
        end = max(end, offset + int.from_bytes(size, "little"))
    return end


def ico_dimensions(source: Source) -> tuple[int, int] | None:
    """Take the largest of the icons."""
    count = int.from_bytes(source.read(4, 2), "little")
    entries = source.read(6, 16 * count)
    sizes = [(entries[at] or 256, entries[at + 1] or 256) for at in range(0, len(entries) - 15, 16)]
    return max(sizes, key=lambda size: size[0] * size[1], default=None)
