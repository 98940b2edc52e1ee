"""Where the base64 of an image ends, in text that can go on in the same letters.

In this order:

1. The image's own structure, when it leads to a clean end: n bytes are ceil(8n / 6) characters,
   and as much ``=`` as n calls for belongs to them when it is there. Only when there is none and
   the unused bits of the last character are set, more bytes follow, and the base64 goes on.
2. Else the run of base64 characters: up to ``=`` where padding can be (it belongs to the image),
   up to the first other character, and never into the ``data:`` of the next URI.

Text that is all there and text that comes in pieces go through the same generator, so they
cannot disagree about the image; a piece more or less of what follows can only tell earlier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, overload

from .catalogue import SNIFFED_BYTES, sniff_bytes
from .source import ALPHABET, UNBOUNDED, StreamSource, TextSource, chars_for, outcome, take

if TYPE_CHECKING:
    from collections.abc import Generator

    from .source import Source

__all__ = ["End", "PayloadScanner", "payload_end", "payload_end_in_sight"]

_SEXTETS = {chr(char): value for value, char in enumerate(ALPHABET)} | {"-": 62, "_": 63}
# Bits of the last character that carry nothing, by the number of padding characters.
_UNUSED_BITS = {1: 0b11, 2: 0b1111}


class End(NamedTuple):
    """The end of one payload."""

    length: int
    """How many characters belong to the image, padding included."""
    complete: bool
    """Whether the image's structure is there from beginning to end."""
    media_type: str | None
    """What the first bytes say; None if they are of no known image type."""


@overload
def payload_end(text: str, start: int, *, complete_only: Literal[False] = False) -> End: ...


@overload
def payload_end(text: str, start: int, *, complete_only: bool) -> End | None: ...


def payload_end(text: str, start: int, *, complete_only: bool = False) -> End | None:
    """Find the end of the payload that begins at ``text[start]``.

    ``complete_only``: None unless the payload is a complete image of a known type.
    """
    source = TextSource(text, start)
    return outcome(_ending(source, complete_only=complete_only))


def payload_end_in_sight(text: str, start: int, *, complete_only: bool = False) -> End | None:
    """Find the end of the payload that begins at ``text[start]``, whatever follows the text.

    None where what follows could move it; `PayloadScanner` tells it then.
    """
    walk = _ending(TextSource(text, start, goes_on=True), complete_only=complete_only)
    try:
        next(walk)
    except StopIteration as stop:
        end: End | None = stop.value
        return end
    return None


def _ending(source: Source, *, complete_only: bool = False) -> Generator[int, None, End | None]:
    image_type = sniff_bytes((yield from take(source, 0, SNIFFED_BYTES)))
    media_type = image_type.media_type if image_type else None
    size = (yield from image_type.walk(source)) if image_type else None
    if size is not None and size != UNBOUNDED:
        length = yield from _structural_length(source, size)
        if length is not None:
            return End(length, True, media_type)
        if source.length < chars_for(size):
            size = None
    if size is None and complete_only:
        return None
    length = yield from _run_length(source)
    return End(length, size is not None, media_type)


def _structural_length(source: Source, size: int) -> Generator[int, None, int | None]:
    """Count the characters of ``size`` bytes and their padding; None if they are not the whole."""
    length = chars_for(size)
    padding = -size % 3
    source.floor = length - 1
    needed = length + (1 if padding else 0)
    while source.length < needed and not source.stopped:
        yield needed
    if source.length < length:
        return None
    if source.length == length:
        return length + (yield from _padding(source, padding))
    if padding:
        unused = _UNUSED_BITS[padding]
        # A character of no alphabet has no bits, but then the image is not complete either.
        if _SEXTETS.get(source.chars(length - 1, length), unused) & unused:
            return None
    return length


def _run_length(source: Source) -> Generator[int, None, int]:
    while (run := source.run()) == source.length and not source.stopped:
        source.floor = run
        yield run + 1
    if run < source.length:
        return run
    if source.trail[:1] == ":" and run >= 4 and source.chars(run - 4, run).lower() == "data":
        return run - 4
    return run + (yield from _padding(source, -run % 4 if run % 4 > 1 else 0))


def _padding(source: Source, most: int) -> Generator[int, None, int]:
    """Count the ``=`` that stand at the stop, ``most`` at most."""
    while len(source.trail) < most and not source.trail.strip("=") and not source.closed:
        yield source.length + 1
    expected = source.trail[:most]
    return len(expected) - len(expected.lstrip("="))


class PayloadScanner:
    """Finds the end of a payload that arrives in pieces.

    Feed it what follows the comma of a data URI. It ends where `payload_end` would end in the
    pieces joined (with the same ``complete_only``). Its time is linear, and it keeps what the
    walk may still read: next to nothing, but for TIFF, whose directories may point back to
    anywhere.
    """

    end: End | None
    """Where the image ends, counted from its first piece; None while that is not known."""
    over: bool
    """Nothing more is to be known: ``end`` is known, or (``complete_only``) there is no image."""

    def __init__(self, *, complete_only: bool = False) -> None:
        self.end = None
        self.over = False
        self._source = StreamSource()
        self._walk = _ending(self._source, complete_only=complete_only)
        self._needed = 0
        self._fed = 0

    def feed(self, piece: str) -> int | None:
        """How many characters of this piece belong to the image, once its end is known.

        None while it is not. Negative if the image ended in an earlier piece, which the first
        characters of this one showed: ``-4`` says that the last four characters before this
        piece are none of the image's. After the end, 0: nothing belongs to the image any more.
        """
        if self.over:
            return 0
        before = self._fed
        self._fed += len(piece)
        self._source.feed(piece)
        end = self._resume()
        self._source.forget()
        return end.length - before if end else None

    @property
    def patience(self) -> int:
        """How many more characters tell nothing, unless one of them is no base64."""
        return 0 if self.over else max(self._needed - self._source.length - 1, 0)

    def finish(self) -> bool:
        """Close the stream: whether the image is complete. ``end`` says where it ended."""
        if not self.over:
            self._source.close()
            self._resume()
        return bool(self.end and self.end.complete)

    def _resume(self) -> End | None:
        source = self._source
        if source.length >= self._needed or source.stopped:
            try:
                self._needed = next(self._walk)
            except StopIteration as stop:
                self.end, self.over = stop.value, True
        return self.end
