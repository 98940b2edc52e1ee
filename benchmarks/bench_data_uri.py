"""Images out of text: `find_images` and one slice, against one slice of the same text."""

from __future__ import annotations

import base64
import binascii
import os
import re
import struct
import zlib
from typing import TYPE_CHECKING

from imageshim.image_data.data_uri import dimensions, find_images

from .rows import Row, ratio

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = 3_750_000  # bytes: five million characters of base64
SLICES = 5  # find_images and the slice, in slices
DECODES = 1.3  # for an unpadded JPEG with text glued to it, in binascii.a2b_base64
LINEAR = 1.5  # time per MB at 50 MB, by that at 1 MB


def _chunk(kind: bytes, data: bytes) -> bytes:
    crc = zlib.crc32(kind + data).to_bytes(4, "big")
    return len(data).to_bytes(4, "big") + kind + data + crc


def png(size: int, chunk: int, residue: int) -> bytes:
    """Noise as pixels: structure is all that counts. ``residue`` is the file's size modulo 3."""
    noise = os.urandom(size)
    parts = [b"\x89PNG\r\n\x1a\n", _chunk(b"IHDR", struct.pack(">IIBBBBB", 9, 9, 8, 2, 0, 0, 0))]
    parts += [_chunk(b"IDAT", noise[at : at + chunk]) for at in range(0, size, chunk)]
    length = sum(map(len, parts)) + 24
    parts += [_chunk(b"tEXt", b"\0" * ((residue - length) % 3)), _chunk(b"IEND", b"")]
    return b"".join(parts)


def webp(size: int, residue: int) -> bytes:
    body = b"WEBPVP8L" + struct.pack("<I", size) + b"\x2f\0\0\0\0" + os.urandom(size - 5)
    body += bytes((residue - 8 - len(body)) % 3 * 4)  # 4 bytes more are one more, modulo 3
    return b"RIFF" + struct.pack("<I", len(body)) + body


def gif(size: int, residue: int) -> bytes:
    noise = os.urandom(size)
    blocks = b"".join(b"\xff" + noise[at : at + 255] for at in range(0, size - 255, 255))
    image = b"GIF89a" + struct.pack("<HHBBB", 9, 9, 0, 0, 0)
    image += b"\x2c" + struct.pack("<HHHHB", 0, 0, 9, 9, 0) + b"\x08" + blocks
    extra = (0, 4, 2)[(residue - len(image) - 2) % 3]  # one more sub-block
    if extra:
        image += bytes([extra - 1]) + bytes(extra - 1)
    return image + b"\0;"


def jpeg(size: int, residue: int) -> bytes:
    scan = os.urandom(size).replace(b"\xff", b"\xff\0")
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 17, 8, 9, 9, 3) + bytes(9)
    start = b"\xff\xda\0\x0c\x03" + bytes(9)
    image = b"\xff\xd8" + frame + start + scan
    return image + b"\0" * ((residue - len(image) - 2) % 3) + b"\xff\xd9"


def text_with(image: bytes, after: str = " Done.") -> str:
    return f"Here: data:image/png;base64,{base64.b64encode(image).decode()}{after}"


def taker(text: str) -> Callable[[], str]:
    def take() -> str:
        ((begin, end),) = find_images(text, trusted=True)
        return text[begin:end]

    return take


def _as_done_today(text: str) -> str:
    found = re.search(r"data:image/[a-z+]+;base64,[A-Za-z0-9+/=]+", text)
    return found[0] if found else ""


def run() -> list[Row]:
    rows = []
    cases = {
        "PNG, one IDAT": png(SIZE, SIZE, 0),
        "PNG, padded": png(SIZE, SIZE, 1),
        "PNG, IDAT of 8 KiB": png(SIZE, 8192, 0),
        "WebP": webp(SIZE, 0),
        "WebP, padded": webp(SIZE, 2),
        "GIF": gif(SIZE, 0),
        "GIF, padded": gif(SIZE, 1),
        "JPEG, padded": jpeg(SIZE, 1),
        "JPEG, unpadded, at the text's end": jpeg(SIZE, 0),
    }
    for name, image in cases.items():
        text = text_with(image, "" if name.endswith("end") else "Here you go.")
        take = taker(text)
        measured = ratio(take, lambda text=text: text[6:-12])
        rows.append(Row(f"find and take 5 MB of {name}, in slices", measured, SLICES))
    glued = text_with(jpeg(SIZE, 0), "Here you go.")
    payload = glued[28:-12]
    measured = ratio(taker(glued), lambda: binascii.a2b_base64(payload))
    rows.append(Row("find and take 5 MB of unpadded JPEG, in a2b_base64", measured, DECODES))
    for name, make in {
        "PNG, IDAT of 8 KiB": lambda n: png(n, 8192, 0),
        "GIF": lambda n: gif(n, 0),
    }.items():
        small, large = text_with(make(1_000_000)), text_with(make(50_000_000))
        measured = ratio(
            lambda text=large: find_images(text, trusted=True),
            lambda text=small: find_images(text, trusted=True),
        ) * (len(small) / len(large))
        rows.append(Row(f"find a 50 MB {name}, per MB, by a 1 MB one", measured, LINEAR))
    uris = [text_with(png(n, 8192, 0), "")[6:] for n in (1_000, 10_000_000)]
    measured = ratio(
        *([lambda u=uri: [dimensions(u) for _ in range(100)] for uri in reversed(uris)])
    )
    rows.append(Row("dimensions of a 10 MB PNG, by a 1 KB one", measured, 2))
    text = text_with(cases["PNG, one IDAT"], "Here you go.")
    measured = ratio(lambda: _as_done_today(text), lambda: text[6:-12])
    name = "as done today, a regular expression (takes 'Here' into the image)"
    rows.append(Row(f"{name}, in slices", measured, float("inf")))
    return rows
