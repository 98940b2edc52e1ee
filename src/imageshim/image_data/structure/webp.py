"""WebP: a RIFF container that says its size.

Source: RFC 9649, 2.4 (container), 2.5 to 2.7 (VP8, VP8L, VP8X), 3.4 (VP8L header); RFC 6386, 9.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .source import take

if TYPE_CHECKING:
    from .source import Source, Walk

_CHUNKS = (b"VP8 ", b"VP8L", b"VP8X")


def matches(head: bytes) -> bool:
    """Whether the RIFF container holds WebP."""
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def walk(source: Source) -> Walk:
    """Believe the size that the container states."""
    head = source.read(0, 16)
    if head[12:] not in _CHUNKS:
        return None
    size = 8 + int.from_bytes(head[4:8], "little")
    if size % 2:  # a chunk of odd size is followed by a zero, which some writers leave out
        source.floor = size // 3 * 4
        size += (yield from take(source, size, 1)) == b"\0"
    return size


def dimensions(source: Source) -> tuple[int, int] | None:
    """Read the first chunk: the canvas (VP8X) or the only picture."""
    head = source.read(12, 18)
    if len(head) < 18:
        return None
    kind = head[:4]
    if kind == b"VP8X":
        return (
            1 + int.from_bytes(head[12:15], "little"),
            1 + int.from_bytes(head[15:18], "little"),
        )
    if kind == b"VP8L" and head[8] == 0x2F:
        bits = int.from_bytes(head[9:13], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and head[11:14] == b"\x9d\x01\x2a":
        return (
            int.from_bytes(head[14:16], "little") & 0x3FFF,
            int.from_bytes(head[16:18], "little") & 0x3FFF,
        )
    return None
