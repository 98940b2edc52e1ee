"""PNG and APNG: a signature, then chunks of (length, type, data, CRC) up to IEND.

Source: W3C "Portable Network Graphics (PNG) Specification (Third Edition)", 5.2 and 5.3.
"""

from __future__ import annotations

from binascii import b2a_base64
from typing import TYPE_CHECKING

from .source import take

if TYPE_CHECKING:
    from .source import Source, Walk

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def walk(source: Source) -> Walk:
    """Go from chunk to chunk; a length of any size leads forward."""
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
            offset = _past_alike(source, offset, step, head)


def _past_alike(source: Source, offset: int, step: int, head: bytes) -> int:
    """Go from ``offset`` in steps, past all chunks of the same length and type.

    Nothing is decoded: the header is looked for as it is spelt in base64, in whole characters.
    The two bits at most that this leaves out at either end make no difference: they are of a
    length beyond any image, or of the last letter of a type that is stepped over all the same.
    """
    spelt: dict[int, str] = {}
    while True:
        phase = offset % 3
        if phase not in spelt:
            chars = b2a_base64(bytes(phase) + head, newline=False).decode("ascii")
            spelt[phase] = chars[phase + (phase > 0) : (phase * 8 + 64) // 6]
        if not source.starts(spelt[phase], offset // 3 * 4 + phase + (phase > 0)):
            return offset
        offset += step


def dimensions(source: Source) -> tuple[int, int] | None:
    """Read IHDR."""
    head = source.read(12, 12)
    if len(head) < 12 or head[:4] != b"IHDR":
        return None
    return int.from_bytes(head[4:8], "big"), int.from_bytes(head[8:], "big")
