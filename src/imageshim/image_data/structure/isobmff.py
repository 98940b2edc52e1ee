"""AVIF and HEIC: boxes of (size, type, data), in ISO base media files.

No box says that it is the last, so the image ends where no known box follows.
Source: ISO/IEC 14496-12, 4.2 (boxes), 8.11 (meta); ISO/IEC 23008-12, 6.5.3 (ispe).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .source import UNBOUNDED, take

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .source import Source, Walk

_AVIF = frozenset({b"avif", b"avis"})
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"})
_HEIF = frozenset({b"mif1", b"mif2", b"msf1"})
_TOP_LEVEL = frozenset(
    {b"ftyp", b"meta", b"mdat", b"free", b"skip", b"wide", b"moov", b"moof", b"mfra", b"uuid"}
    | {b"pdin", b"styp", b"sidx", b"emsg", b"jumb", b"mpvd", b"sefd"}
)
# A meta box holds the properties of the items, never pixels; this bounds what is decoded.
_LARGEST_META = 1 << 20


def _brands(head: bytes) -> list[bytes]:
    if head[4:8] != b"ftyp":
        return []
    size = int.from_bytes(head[:4], "big")
    brands = [head[8:12]]
    brands += [head[at : at + 4] for at in range(16, min(size, len(head)) - 3, 4)]
    return brands


def is_avif(head: bytes) -> bool:
    """Whether a brand says AV1."""
    return not _AVIF.isdisjoint(_brands(head))


def is_heic(head: bytes) -> bool:
    """Whether a brand says HEVC."""
    return not _HEIC.isdisjoint(_brands(head)) and not is_avif(head)


def is_heif(head: bytes) -> bool:
    """Whether only the structure is said, not the codec."""
    return not _HEIF.isdisjoint(_brands(head)) and not is_heic(head) and not is_avif(head)


def walk(source: Source) -> Walk:
    """Go from box to box while their types are known."""
    offset = 0
    seen = set[bytes]()
    while True:
        source.floor = offset // 3 * 4
        head = yield from take(source, offset, 8)
        kind = head[4:]
        size = int.from_bytes(head[:4], "big")
        if kind not in _TOP_LEVEL:
            return offset if _is_whole(seen) else None
        seen.add(kind)
        if size == 0:
            return UNBOUNDED if _is_whole(seen) else None
        if size == 1:
            size = int.from_bytes((yield from take(source, offset + 8, 8)), "big")
        if size < 8:
            return None
        offset += size


def _is_whole(seen: set[bytes]) -> bool:
    return b"mdat" in seen and not seen.isdisjoint({b"meta", b"moov"})


def dimensions(source: Source) -> tuple[int, int] | None:
    """Take the largest of the images inside: the others are its tiles and thumbnails."""
    offset = 0
    while True:
        head = source.read(offset, 16)
        if len(head) < 16 or head[4:8] not in _TOP_LEVEL:
            return None
        size = int.from_bytes(head[:4], "big")
        if size == 1:
            size = int.from_bytes(head[8:], "big")
        if head[4:8] == b"meta":
            meta = source.read(offset + 12, min(max(size, 12), _LARGEST_META) - 12)
            return max(_extents(meta), key=lambda extent: extent[0] * extent[1], default=None)
        if size < 8:
            return None
        offset += size


def _extents(meta: bytes) -> Iterator[tuple[int, int]]:
    """Give (width, height) of every image that has them among the item properties."""
    for properties in _boxes(meta, b"iprp"):
        for container in _boxes(properties, b"ipco"):
            for ispe in _boxes(container, b"ispe"):
                if len(ispe) >= 12:
                    yield int.from_bytes(ispe[4:8], "big"), int.from_bytes(ispe[8:12], "big")


def _boxes(data: bytes, kind: bytes) -> Iterator[bytes]:
    """Give the contents of the boxes of one type, one after another."""
    at = 0
    while (size := int.from_bytes(data[at : at + 4], "big")) >= 8:
        if data[at + 4 : at + 8] == kind:
            yield data[at + 8 : at + size]
        at += size
