"""GIF: a header, then blocks whose data comes in sub-blocks of at most 255 bytes.

Five megabytes have twenty thousand sub-blocks, nearly all of the same size. So a run of equal
sizes is counted at the speed of a slice: a size byte that repeats every v + 1 bytes repeats, in
base64, every 4 (v + 1) characters in each of three phases.
Source: CompuServe, "Graphics Interchange Format, Version 89a".
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from .source import ALPHABET, first_foreign, take

if TYPE_CHECKING:
    from collections.abc import Generator

    from .source import Source, Walk

SIGNATURES = (b"GIF87a", b"GIF89a")
_EXTENSION = 0x21
_IMAGE = 0x2C
_TRAILER = 0x3B
# Below this size, looking at every sub-block costs less than setting up a strided slice.
_WORTH_STRIDING = 64
# Sub-blocks that are looked at together, in each phase: they fit into the processor's cache.
_WIDEST = 1024
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def walk(source: Source) -> Walk:
    """Go through the blocks up to the trailer."""
    screen = source.read(0, 13)
    if len(screen) < 13:
        return None
    offset = 13 + _color_table(screen[10])
    while True:
        source.floor = offset // 3 * 4
        block = yield from take(source, offset, 1)
        kind = block[0] if block else None
        if kind == _TRAILER:
            return offset + 1
        if kind == _EXTENSION:
            offset += 2
        elif kind == _IMAGE:
            descriptor = yield from take(source, offset, 10)
            if len(descriptor) < 10:
                return None
            offset += 11 + _color_table(descriptor[9])
        else:
            return None
        end = yield from _past_sub_blocks(source, offset)
        if end is None:
            return None
        offset = end


def dimensions(source: Source) -> tuple[int, int] | None:
    """Give those of the logical screen, on which all frames are drawn."""
    screen = source.read(6, 4)
    if len(screen) < 4:
        return None
    return int.from_bytes(screen[:2], "little"), int.from_bytes(screen[2:], "little")


def _color_table(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _past_sub_blocks(source: Source, offset: int) -> Generator[int, None, int | None]:
    while True:
        source.floor = offset // 3 * 4
        yield from take(source, offset, 1)
        data = source.read(offset, 256)
        if not data:
            return None
        at = 0
        while at < len(data):
            size = data[at]
            if size == 0:
                return offset + at + 1
            repeats = _repeats(source, offset + at, size) if size >= _WORTH_STRIDING else 1
            at += repeats * (size + 1)
        offset += at


def _repeats(source: Source, offset: int, size: int) -> int:
    """How many sub-blocks of ``size`` follow each other from ``offset`` on; 1 at least."""
    total, window = 0, 8
    stride = 4 * (size + 1)
    while True:
        counts = []
        for phase in range(3):
            at = offset + (total + phase) * (size + 1)
            first = at * 4 // 3
            last = first + stride * window
            left, right = _characters(at % 3, size)
            count = min(
                first_foreign(source.chars(first, last, stride), left),
                first_foreign(source.chars(first + 1, last + 1, stride), right),
            )
            counts.append(3 * count + phase)
        got = min(counts)
        total += got
        if got < 3 * window:
            return max(total, 1)
        window = min(window * 4, _WIDEST)


@functools.lru_cache(maxsize=64)
def _characters(phase: int, value: int) -> tuple[bytes, bytes]:
    """Give the base64 characters that can carry the byte ``value``: its first, its second."""
    # Bits of the byte in its first and in its second character, by its place among three bytes.
    left_bits, right_bits = ((6, 2), (4, 4), (2, 6))[phase]
    left, right = value >> 8 - left_bits, value & (1 << right_bits) - 1
    return (
        _spelt(v for v in range(64) if v & (1 << left_bits) - 1 == left),
        _spelt(v for v in range(64) if v >> 6 - right_bits == right),
    )


def _spelt(values: Generator[int, None, None]) -> bytes:
    chars = bytes(ALPHABET[value] for value in values)
    return chars + chars.translate(_URL_SAFE)
