"""JPEG: marker segments with lengths, then entropy-coded scans, up to EOI.

An EXIF thumbnail is a JPEG with an EOI of its own, inside a segment: segments are skipped by
their lengths. Entropy-coded data has no length and is searched for the next marker.
Source: ITU-T T.81, B.1.1 (markers) and B.2 (syntax).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .source import search, take

if TYPE_CHECKING:
    from collections.abc import Generator

    from .source import Source, Walk

SIGNATURE = b"\xff\xd8\xff"
_APP2 = 0xE2
_MPF = b"MPF\0"
_EOI = 0xD9
_END = b"\xff\xd9"
_SOS = 0xDA
_FILL = 0xFF
_LONGEST_GLUED = 3072
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # DHT, JPG, DAC share the range

# In entropy-coded data FF is followed by a stuffed 00, a restart marker, or more fill.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def _find_marker(data: bytes) -> int:
    found = _MARKER.search(data)
    return found.start() if found else -1


def walk(source: Source) -> Walk:
    """Go from segment to segment, and through the scans, up to EOI."""
    offset = 2
    several = False
    while True:
        source.floor = offset // 3 * 4
        marker = yield from take(source, offset, 2)
        if len(marker) < 2 or marker[0] != 0xFF:
            return None
        code = marker[1]
        if code == _SOS and source.whole and (size := _closing(source)):
            return size
        if code == _EOI:
            offset += 2
            if not several or (yield from take(source, offset, len(SIGNATURE))) != SIGNATURE:
                return offset
            offset += 2
        else:
            # Multi-picture files (Ultra HDR photographs) say so; text that happens to read like the
            # beginning of a JPEG is no second picture.
            if code == _APP2 and (yield from take(source, offset + 4, len(_MPF))) == _MPF:
                several = True
            offset = yield from _past_segment(source, offset, code)
        if offset < 0:
            return None


def _past_segment(source: Source, offset: int, code: int) -> Generator[int, None, int]:
    """Go past a segment, and past the scan after SOS; -1 if it has no sound end."""
    if code == _FILL:
        return offset + 1
    offset += 2
    if code in _STANDALONE:
        return offset
    length = int.from_bytes((yield from take(source, offset, 2)), "big")
    if length < 2:
        return -1
    offset += length
    return (yield from search(source, offset, _find_marker, 2)) if code == _SOS else offset


def _closing(source: Source) -> int | None:
    """Give the size of a JPEG whose base64 stops, or is padded, right after an EOI.

    Asked at the first scan, when the segments before it were found sound, as a stream finds them.
    Spares the decoding of megabytes: base64 ends only where the image does, unless text is glued
    to it, and that does not decode to an EOI at its very end. Should it, then there is another
    EOI shortly before, the image's own.
    """
    if source.length % 4 == 1:
        return None
    size = source.length * 3 // 4
    start = max(size - _LONGEST_GLUED, 0)
    return size if source.read(start, _LONGEST_GLUED).find(_END) == size - start - 2 else None


def dimensions(source: Source) -> tuple[int, int] | None:
    """Go from segment to segment up to the frame header."""
    offset = 2
    while True:
        head = source.read(offset, 9)
        if len(head) < 9 or head[0] != 0xFF:
            return None
        code = head[1]
        if code in _FRAMES:
            return int.from_bytes(head[7:9], "big"), int.from_bytes(head[5:7], "big")
        if code == _FILL:
            offset += 1
        elif code in _STANDALONE:
            offset += 2
        else:
            offset += 2 + max(2, int.from_bytes(head[2:4], "big"))
