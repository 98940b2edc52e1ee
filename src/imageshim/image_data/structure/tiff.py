"""TIFF and BigTIFF, of either byte order: directories (IFDs) that point anywhere in the file.

Source: Adobe, "TIFF Revision 6.0", section 2; "The BigTIFF File Format" (libtiff.gitlab.io).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from .source import chars_for, outcome, take

if TYPE_CHECKING:
    from collections.abc import Generator

    from .source import Source, Walk

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_WIDTH, _HEIGHT = 256, 257
_TYPE_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_TYPE_SIZES |= {16: 8, 17: 8, 18: 8}  # of BigTIFF
# Data that is given by two tags, where it begins and how long it is: strips, tiles, JPEG.
_EXTENTS = ((273, 279), (324, 325), (513, 514))
_PIXELS = frozenset(begins for begins, _ in _EXTENTS)
_DIRECTORIES = (330, 34665, 34853, 40965)  # SubIFDs, Exif, GPS, interoperability
_POINTERS = {tag for pair in _EXTENTS for tag in pair} | set(_DIRECTORIES)


class _Layout:
    """Byte order and widths, from the first bytes of the file."""

    def __init__(self, head: bytes) -> None:
        self.order: Literal["little", "big"] = "little" if head[:1] == b"I" else "big"
        big = b"+" in head[2:4]
        self.word = 8 if big else 4  # offsets, and values that are held in the entry
        self.count = 8 if big else 2  # of entries
        self.entry = 20 if big else 12
        self.first_at = 8 if big else 4

    def number(self, data: bytes) -> int:
        return int.from_bytes(data, self.order)


class _Entry:
    """One tag of a directory."""

    def __init__(self, raw: bytes, layout: _Layout) -> None:
        self.tag = layout.number(raw[:2])
        self.width = _TYPE_SIZES.get(layout.number(raw[2:4]), 1)
        self.size = self.width * layout.number(raw[4 : 4 + layout.word])
        self.field = raw[4 + layout.word :]
        self.offset = None if self.size <= layout.word else layout.number(self.field)

    def numbers(self, data: bytes, layout: _Layout) -> list[int]:
        width = self.width
        return [layout.number(data[at : at + width]) for at in range(0, len(data), width)]


class _Directory:
    """One directory, as far as it is read."""

    def __init__(self, entries: list[_Entry], following: int, end: int) -> None:
        self.entries = entries
        self.following = following
        self.end = end
        """The furthest byte that the directory has or points at."""
        self.reach = end
        """The furthest byte that has been read for it."""
        self.spent = 0
        """How many bytes have been read for it."""
        self.has_pixels = any(entry.tag in _PIXELS for entry in entries)
        self.more: list[int] = []
        """Where the directories are that it points at."""


def _directory(source: Source, layout: _Layout, at: int) -> Generator[int, None, _Directory | None]:
    count = layout.number((yield from take(source, at, layout.count)))
    start, size = at + layout.count, count * layout.entry
    body = yield from take(source, start, size + layout.word)
    if count == 0 or len(body) < size + layout.word:
        return None
    entries = [_Entry(body[n : n + layout.entry], layout) for n in range(0, size, layout.entry)]
    found = _Directory(entries, layout.number(body[size:]), start + size + layout.word)
    found.spent = found.end - at
    return found


def _follow(source: Source, layout: _Layout, directory: _Directory) -> Generator[int, None, bool]:
    """Read what the directory points with, and note how far it points; False if it is missing."""
    pointers: dict[int, list[int]] = {}
    for entry in directory.entries:
        data = entry.field[: entry.size]
        if entry.offset is not None:
            end = entry.offset + entry.size
            directory.end = max(directory.end, end)
            if entry.tag in _POINTERS:
                data = yield from take(source, entry.offset, entry.size)
                if len(data) < entry.size:
                    return False
                directory.spent += entry.size
                directory.reach = max(directory.reach, end)
        if entry.tag in _POINTERS:
            pointers[entry.tag] = entry.numbers(data, layout)
    for begins, sizes in _EXTENTS:
        for begin, size in zip(pointers.get(begins, ()), pointers.get(sizes, ()), strict=False):
            directory.end = max(directory.end, begin + size)
    directory.more = [at for tag in _DIRECTORIES for at in pointers.get(tag, ())]
    directory.more.append(directory.following)
    return True


def walk(source: Source) -> Walk:
    """Go from directory to directory, and to the furthest byte that any of them points at."""
    layout = _Layout(source.read(0, 16))
    pending = [layout.number(source.read(layout.first_at, layout.word))]
    seen = {0}
    # Directories and their values do not overlap: in a sound file there is never more to read
    # than up to the furthest byte read so far. In a file made to be read for ever there is.
    end = reach = spent = 0
    has_pixels = False
    while pending:
        at = pending.pop()
        if at in seen:
            continue
        seen.add(at)
        directory = yield from _directory(source, layout, at)
        if directory is None or not (yield from _follow(source, layout, directory)):
            return None
        end = max(end, directory.end)
        reach = max(reach, directory.reach)
        spent += directory.spent
        if spent > reach:
            return None
        pending += directory.more
        has_pixels = has_pixels or directory.has_pixels
    return end + (yield from _filling(source, end)) if has_pixels else None


def _filling(source: Source, end: int) -> Generator[int, None, int]:
    """Count the zeros that fill up the file: values lie at even offsets, Pillow's pages at 16s."""
    for alignment in (16, 2):
        zeros = bytes(-end % alignment)
        if (yield from take(source, end, len(zeros))) == zeros:
            # Four bits of a B are zeros too, but a B that ends the image would be none of its own.
            letters = source.chars(chars_for(end), chars_for(end + len(zeros)))
            if not letters.strip("A"):
                return len(zeros)
    return 0


def dimensions(source: Source) -> tuple[int, int] | None:
    """Read the first directory."""
    layout = _Layout(source.read(0, 16))
    first = layout.number(source.read(layout.first_at, layout.word))
    directory = outcome(_directory(source, layout, first))
    if directory is None:
        return None
    sides = {
        entry.tag: layout.number(entry.field[: entry.width])
        for entry in directory.entries
        if entry.tag in (_WIDTH, _HEIGHT)
    }
    return (sides[_WIDTH], sides[_HEIGHT]) if len(sides) == 2 else None
