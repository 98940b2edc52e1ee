"""Real pictures of every type, and what Pillow says of them."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any, NamedTuple

from PIL import Image

WIDTH, HEIGHT = 97, 61


class Sample(NamedTuple):
    data: bytes
    media_type: str
    size: tuple[int, int] | None


def saved(picture: Image.Image, name: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, name, **options)
    return buffer.getvalue()


def noise(width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    return Image.effect_noise((width, height), 80).convert("RGB")


def of_pages(name: str, **options: Any) -> bytes:
    """Four pages or frames; Pillow notes options on each, so that none is used twice."""
    return saved(noise(), name, save_all=True, append_images=[noise() for _ in range(3)], **options)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    crc = zlib.crc32(kind + data).to_bytes(4, "big")
    return len(data).to_bytes(4, "big") + kind + data + crc


def png_with(png: bytes, kind: bytes, data: bytes) -> bytes:
    """The PNG with one chunk more, before IEND."""
    return png[:-12] + png_chunk(kind, data) + png[-12:]


def jpeg_with_comment(jpeg: bytes, comment: bytes) -> bytes:
    return jpeg[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + jpeg[2:]


def box(kind: bytes, *contents: bytes) -> bytes:
    content = b"".join(contents)
    return struct.pack(">I", 8 + len(content)) + kind + content


def heif(brand: bytes, *, compatible: bytes = b"mif1", pixels: bytes = b"pixels") -> bytes:
    """A container without a codec: a thumbnail's size, then the picture's."""
    sizes = [box(b"ispe", struct.pack(">III", 0, *size)) for size in ((8, 5), (WIDTH, HEIGHT))]
    meta = box(b"meta", bytes(4), box(b"hdlr", bytes(20)), box(b"iprp", box(b"ipco", *sizes)))
    return box(b"ftyp", brand, bytes(4), compatible) + meta + box(b"mdat", pixels)


def gif_with_comment(gif: bytes, comment: bytes) -> bytes:
    return gif[:-1] + b"\x21\xfe" + bytes([len(comment)]) + comment + b"\0;"


def dib_icon() -> bytes:
    return saved(noise(64, 64), "ICO", sizes=[(16, 16), (32, 32)], bitmap_format="bmp")


def cursor() -> bytes:
    icon = bytearray(dib_icon())
    icon[2] = 2
    return bytes(icon)


def bmp_of_os2() -> bytes:
    pixels = bytes(12)  # two rows of one pixel each, and the padding to four bytes... twice
    header = struct.pack("<IHHHH", 12, 1, 3, 1, 24)
    return b"BM" + struct.pack("<IHHI", 26 + len(pixels), 0, 0, 26) + header + pixels


def _samples() -> dict[str, Sample]:
    picture = noise()
    size = picture.size
    samples: dict[str, Sample] = {}

    def add(name: str, kind: str, data: bytes, expected: tuple[int, int] | None = size) -> None:
        samples[name] = Sample(data, f"image/{kind}", expected)

    png = saved(picture, "PNG")
    thumbnail = saved(noise(16, 16), "JPEG")
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0" + thumbnail
    jpegs = {
        "baseline": saved(picture, "JPEG"),
        "progressive with a thumbnail": saved(picture, "JPEG", progressive=True, exif=exif),
        "with restart markers": saved(picture, "JPEG", restart_marker_blocks=2),
    }
    gif = saved(picture, "GIF")
    for more in range(3):
        add(f"PNG {more}", "png", png_with(png, b"tEXt", b"a" * more))
        for name, jpeg in jpegs.items():
            add(f"JPEG {name} {more}", "jpeg", jpeg_with_comment(jpeg, b"a" * more))
        add(f"GIF {more}", "gif", gif_with_comment(gif, b"comments"[: 3 + more]))
        svg = f'<svg width="{WIDTH}" height="{HEIGHT}">{"a" * more}</svg>'
        add(f"SVG {more}", "svg+xml", svg.encode())
        add(f"HEIC {more}", "heic", heif(b"heic", pixels=b"a" * more))
    add("animated PNG", "png", of_pages("PNG"))
    add(
        "several pictures in a JPEG",
        "jpeg",
        of_pages("MPO"),
    )
    add("lossy WebP", "webp", saved(picture, "WEBP"))
    add("lossless WebP", "webp", saved(picture, "WEBP", lossless=True))
    add("transparent WebP", "webp", saved(picture.convert("RGBA"), "WEBP"))
    add("animated WebP", "webp", of_pages("WEBP"))
    add("animated GIF", "gif", of_pages("GIF"))
    large = noise(500, 400)
    add("large GIF", "gif", saved(large, "GIF"), large.size)
    add("large interlaced PNG", "png", saved(large, "PNG", compress_level=0), large.size)
    add("AVIF", "avif", saved(picture, "AVIF"))
    add("animated AVIF", "avif", of_pages("AVIF"))
    add("HEIF", "heif", heif(b"mif1", compatible=b"miaf"))
    add("HEIC by a compatible brand", "heic", heif(b"mif1", compatible=b"heic"))
    add("HEIC by its third compatible brand", "heic", heif(b"mif1", compatible=b"miafMiHBheic"))
    add("BMP", "bmp", saved(picture, "BMP"))
    add("BMP of OS/2", "bmp", bmp_of_os2(), (1, 3))
    for compression in (None, "tiff_lzw", "jpeg"):
        add(f"TIFF {compression}", "tiff", saved(picture, "TIFF", compression=compression))
        pages = of_pages("TIFF", compression=compression)
        add(f"TIFF of pages {compression}", "tiff", pages)
    add("BigTIFF", "tiff", saved(picture, "TIFF", big_tiff=True))
    add("big-endian TIFF", "tiff", saved(Image.new("I;16B", (33, 21)), "TIFF"), (33, 21))
    icon = noise(64, 64)
    add("ICO", "x-icon", saved(icon, "ICO", sizes=[(16, 16), (32, 32), (64, 64)]), (64, 64))
    add("ICO of bitmaps", "x-icon", dib_icon(), (32, 32))
    add("CUR", "x-win-bitmap", cursor(), (32, 32))
    prologue = b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- <svg width="1"> </svg> -->\n'
    doctype = b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x" [<!ENTITY a "</svg>">]>'
    inner = b"<svg/><text title='</svg>'>x</text><![CDATA[</svg>]]><svg><g></g></svg>"
    root = b'<svg:svg xmlns:svg="x" viewBox="0 0 97 61">' + inner + b"</svg:svg>\n"
    add("SVG with all that hides its end", "svg+xml", prologue + doctype + root)
    add("smallest SVG", "svg+xml", b"<svg/>", None)
    return samples


SAMPLES = _samples()
