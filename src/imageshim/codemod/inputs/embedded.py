"""Python code inside of other files: as a source of its own, and the way back.

A piece is made of segments, each a run of bytes that stands in the file as it stands in the piece.
Between them the piece may have lines that stand for something else (a magic of a notebook): those
cannot be edited.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from imageshim.codemod.findings import Edit
from imageshim.codemod.text.edits import EditError
from imageshim.codemod.text.source import Source

__all__ = ["Located", "Piece", "Segment"]


class Segment(NamedTuple):
    """A run of a piece: bytes ``start`` to ``end`` of it stand in the file at ``origin``."""

    start: int
    end: int
    origin: int
    """In bytes of the file; in a notebook the number of a string of its JSON."""
    line: int
    """The file's line, from 1."""
    column: int
    """The column of the piece's first byte in its line of the file, in bytes."""


class Located(NamedTuple):
    """A place of a piece, for people."""

    line: int
    """In the file, from 1."""
    column: int
    """From 0, in bytes of UTF-8."""
    where: str
    """``"cell 3, line 2"``; empty where the line says all."""


class Piece:
    """Python code inside of a file; a line of a piece lies in one segment at most.

    Args:
        path: the file.
        data: the code, in UTF-8.
        segments: what of it stands in the file, in order.
        prefix: what stands in front of each line of the code in the file (an indentation).

    """

    def __init__(
        self, path: str, data: bytes, segments: Sequence[Segment], prefix: bytes = b""
    ) -> None:
        self.source = Source(path, data)
        self.segments = segments
        self.prefix = prefix
        self._starts = [segment.start for segment in segments]

    def at(self, place: int) -> Segment | None:
        """Return the segment that a byte of the piece, or the end of a segment, lies in."""
        number = bisect_right(self._starts, place) - 1
        if number < 0 or self.segments[number].end < place:
            return None
        return self.segments[number]

    def locate(self, line: int, column: int) -> Located:
        """Return where a place of the piece is in the file."""
        start = self.source.place(line, 0)
        segment = self.at(start + column) or self.at(start)
        if segment is None:
            return Located(self.segments[0].line if self.segments else 1, 0, "")
        return Located(segment.line, segment.column + start + column - segment.start, "")

    def write(self, data: bytes, planned: Iterable[Edit]) -> bytes:
        """Return the file's bytes with edits of the piece made in them.

        Raises:
            EditError: an edit touches what does not stand in the file.

        """
        newline = self.source.newline.encode()
        out: list[bytes] = []
        done = 0
        for edit in sorted(planned):
            start, end = self._origin(edit.start), self._origin_of_end(edit)
            text = edit.text.encode().replace(b"\n", newline + self.prefix)
            if self.prefix and edit.start == edit.end == len(self.source.data):
                # After the last line the file has no prefix yet, and needs none afterwards.
                text = self.prefix + text.removesuffix(self.prefix)
            out += (data[done:start], text)
            done = end
        return b"".join((*out, data[done:]))

    def _origin(self, place: int) -> int:
        segment = self.at(place)
        if segment is None:
            line = self.source.utf8.count(b"\n", 0, place) + 1
            raise EditError(f"{self.source.path}: line {line} of the code is not in the file")
        return segment.origin + place - segment.start

    def _origin_of_end(self, edit: Edit) -> int:
        # The end of a range belongs to the bytes before it.
        return self._origin(edit.end - 1) + 1 if edit.end > edit.start else self._origin(edit.start)
