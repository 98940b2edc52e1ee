"""Pictures worth looking at, for people who see what comes out; made without an imaging library."""

from __future__ import annotations

import colorsys
import math
import random
import struct
import zlib
from collections.abc import Callable

from .pictures import Picture, chunk

__all__ = ["painting"]


def painting(width: int = 320, height: int = 200, *, seed: int = 0) -> Picture:
    """Paint a landscape, for people who look at what comes out; each seed gives another one.

    ``width`` and ``height`` are in pixels. The same arguments give the same bytes.
    """
    draw = random.Random(seed)  # noqa: S311  # no secret
    hue = draw.random()
    sky, glow = _colour(hue, 0.35, 0.55), _colour(hue + 0.12, 0.3, 1.0)
    sun = draw.uniform(0.2, 0.8) * width, draw.uniform(0.15, 0.4) * height, height * 0.09
    ridges = [
        (_colour(hue + 0.45, 0.2 + 0.14 * depth, 0.72 - 0.17 * depth), _ridge(draw, depth, height))
        for depth in range(4)
    ]
    columns = [[(colour, line(x)) for colour, line in ridges] for x in range(width)]
    rows = bytearray()
    for y in range(height):
        rows.append(0)  # no filter
        air = bytes(int(a + (b - a) * y / height) for a, b in zip(sky, glow, strict=True))
        for x in range(width):
            ground = [colour for colour, top in columns[x] if y >= top]
            if ground:
                rows += ground[-1]
            elif (x - sun[0]) ** 2 + (y - sun[1]) ** 2 < sun[2] ** 2:
                rows += b"\xff\xf3\xd0"
            else:
                rows += air
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(rows), 9)) + chunk(b"IEND", b"")
    )  # fmt: skip
    return Picture("image/png", data)


def _colour(hue: float, saturation: float, value: float) -> bytes:
    return bytes(int(255 * part) for part in colorsys.hsv_to_rgb(hue % 1, saturation, value))


def _ridge(draw: random.Random, depth: int, height: int) -> Callable[[int], float]:
    """Return the upper edge of a range of hills, by column."""
    base = height * (0.45 + 0.13 * depth)
    waves = [
        (height * 0.09 / number, draw.uniform(0.008, 0.016) * number, draw.uniform(0, 6))
        for number in (1, 2, 5)
    ]
    return lambda x: base + sum(size * math.sin(x * pace + at) for size, pace, at in waves)
