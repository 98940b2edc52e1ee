"""PNG and APNG: a signature, then chunks of (length, type, data, CRC) up to IEND.

Source: W3C "Portable Network Graphics (PNG) Specification (Third Edition)", 5.2 and 5.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .source import take

if TYPE_CHECKING:
    from .source import Source, Walk

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def walk(source: Source) -> Walk:
    offset = len(SIGNATURE)
    expected = b"IHDR"
    while True:
        source.floor = offset // 3 * 4
        head = yield from take(source, offset, 8)
        kind = head[4:]
        if len(kind) < 4 or not kind.startswith(expected) or not kind.isalpha():
            return None
        expected = b""
        step = 12 + int.from_bytes(head[:4], "big")
        offset += step
        if kind == b"IEND":
            return offset
        if kind == b"IDAT":  # encoders cut the pixels into chunks of one size
            offset = source.past_equal(offset, step, head)


def dimensions(source: Source) -> tuple[int, int] | None:
    head = source.read(12, 12)
    if len(head) < 12 or head[:4] != b"IHDR":
        return None
    return int.from_bytes(head[4:8], "big"), int.from_bytes(head[8:], "big")
