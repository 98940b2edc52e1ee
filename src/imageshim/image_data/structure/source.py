"""The base64 characters of one payload, read at any byte offset.

A walk is a generator. It yields how many characters of the payload it needs, and goes on when
they are there or no more will come; then it reads. Text that is all there never makes it wait
(`TextSource`); a stream resumes it piece by piece (`StreamSource`). Before it waits, a walk says
through ``floor`` which characters it will never ask for again, so that a stream can forget them:
megabytes of pixels pass by and are only counted.
"""

from __future__ import annotations

import functools
import sys
from abc import ABC, abstractmethod
from binascii import a2b_base64
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = [
    "UNBOUNDED",
    "Source",
    "StreamSource",
    "TextSource",
    "Walk",
    "chars_for",
    "decode_exact",
    "decode_run",
    "first_foreign",
    "outcome",
    "search",
    "take",
]

if TYPE_CHECKING:
    # Yields the number of characters it waits for; returns the image's size in bytes, None if
    # the image is malformed or incomplete, UNBOUNDED if it lasts as long as its container.
    Walk = Generator[int, None, "int | None"]

T = TypeVar("T")

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
BOTH_ALPHABETS = ALPHABET + b"-_"

UNBOUNDED = -1
"""The size of an image that lasts as long as what it is in."""

# What ends a payload and is cheap to look for: str.find runs at memory speed, a search for
# "anything but base64" does not. All other foreign characters are met where a walk reads.
_STOPS = (":", "=", " ", "\n")
# A block that one search has brought into the processor's cache is there for the others.
_BLOCK = 1 << 18

# Reads above this size are worth the import of a faster decoder.
_LARGE = 4096
_LARGEST_READ = 49152
# 'data' of "data:" can sit at the end of a payload; a stream never forgets that many characters.
_KEPT_TAIL = 4


@functools.cache
def _large_decoder() -> Callable[[str], bytes]:
    try:
        import pybase64  # noqa: PLC0415  # an extra, and only of use for large payloads
    except ImportError:
        return a2b_base64
    return functools.partial(pybase64.b64decode, validate=True)


def chars_for(size: int) -> int:
    """How many base64 characters ``size`` bytes take, padding aside."""
    return (size * 4 + 2) // 3


def first_foreign(chars: str, allowed: bytes = BOTH_ALPHABETS) -> int:
    """Index of the first character that is not ``allowed``; the length if all are."""
    raw = chars.encode("ascii", "replace")
    rest = raw.translate(None, allowed)
    return raw.index(rest[:1]) if rest else len(raw)


def _first_stop(text: str, start: int) -> int:
    """Index of the first stop in ``text``, from ``start`` on; the length if there is none."""
    end = len(text)
    for block in range(start, end, _BLOCK):
        limit = nearest = min(block + _BLOCK, end)
        for stop in _STOPS:
            found = text.find(stop, block, nearest)
            if found >= 0:
                nearest = found
        if nearest < limit:
            return nearest
    return end


def decode_exact(chars: str) -> bytes | None:
    """Decode base64 that has nothing but its standard alphabet, and padding where it is due."""
    try:
        data = _large_decoder()(chars) if len(chars) >= _LARGE else a2b_base64(chars)
    except ValueError:
        return None
    length = len(chars) - len(chars[-2:]) + len(chars[-2:].rstrip("="))
    # The lenient decoder skips foreign characters: then bytes are missing.
    return data if len(chars) % 4 == 0 and len(data) == length * 3 // 4 else None


def decode_run(chars: str) -> bytes:
    """Decode base64 of either alphabet, up to its first foreign character; padding not needed."""
    data = decode_exact(chars)
    if data is not None:
        return data
    run = chars[: first_foreign(chars)].replace("-", "+").replace("_", "/")
    if len(run) % 4 == 1:  # six bits are no byte
        run = run[:-1]
    return a2b_base64(run + "=" * (-len(run) % 4))


class Source(ABC):
    """What is known of a payload: ``length`` characters, up to a stop if one has been met."""

    def __init__(self) -> None:
        self.length = 0
        """Characters known, those of `_STOPS` and all after them excluded."""
        self.stopped = False
        """No more characters will come: a stop was met, or the text is over."""
        self.closed = False
        """The text is over."""
        self.trail = ""
        """The first characters from the stop on, three at most."""
        self.whole = False
        """The payload is here from beginning to end, at no cost."""
        self.floor = 0
        """No character before this one will be asked for again."""
        self._clean = 0
        self._soiled = False

    @abstractmethod
    def chars(self, start: int, stop: int, step: int = 1) -> str:
        """Characters of the payload; those not known are left out."""

    def read(self, offset: int, size: int) -> bytes:
        """``size`` decoded bytes at ``offset``; fewer where the payload ends before."""
        last = (offset + size + 2) // 3 * 4
        data = decode_run(self.chars(offset // 3 * 4, min(last, self.length)))
        skip = offset % 3
        return data[skip : skip + size]

    def run(self, upto: int = sys.maxsize) -> int:
        """Length of the run of base64 characters from the payload's start, ``upto`` at most."""
        upto = min(upto, self.length)
        while self._clean < upto and not self._soiled:
            window = self.chars(self._clean, min(self._clean + max(256, self._clean), upto))
            found = first_foreign(window)
            self._clean += found
            self._soiled = found < len(window)
        return self._clean

    def starts(self, expected: str, start: int) -> bool:
        """Whether the payload goes on with these characters at ``start``."""
        return self.chars(start, start + len(expected)) == expected


class TextSource(Source):
    """A payload that begins at ``text[start]``, with all that follows it.

    Without ``look_for_stops`` it goes on to the end of the text, and making it takes no time.
    With ``goes_on`` more text may follow.
    """

    def __init__(
        self, text: str, start: int, *, look_for_stops: bool = True, goes_on: bool = False
    ) -> None:
        super().__init__()
        end = _first_stop(text, start) if look_for_stops else len(text)
        self._text = text
        self._start = start
        self.length = end - start
        self.closed = not goes_on
        self.stopped = self.whole = self.closed or end < len(text)
        self.trail = text[end : end + 3]

    def chars(self, start: int, stop: int, step: int = 1) -> str:
        """Slice the text."""
        begin = self._start
        return self._text[begin + start : begin + min(stop, self.length) : step]

    def starts(self, expected: str, start: int) -> bool:
        """Compare in place."""
        return self._text.startswith(expected, self._start + start)


class StreamSource(Source):
    """A payload that arrives in pieces, of which it keeps what the walk may still read."""

    def __init__(self) -> None:
        super().__init__()
        self._kept = bytearray()  # cheap to extend at one end and to cut at the other
        self._kept_from = 0

    def feed(self, piece: str) -> None:
        """Add a piece; what comes after the stop is not kept."""
        if self.stopped:
            self.trail = (self.trail + piece[:3])[:3]
            return
        end = _first_stop(piece, 0)
        self._kept += piece[:end].encode("ascii", "replace")
        self.length += end
        if end < len(piece):
            self.stopped = True
            self.trail = piece[end : end + 3]

    def close(self) -> None:
        """Add no more."""
        self.stopped = self.closed = True

    def forget(self) -> None:
        """Drop what lies below the floor, after a look for foreign characters in it."""
        keep_from = min(self.floor, self.length - _KEPT_TAIL)
        if keep_from > self._kept_from:
            self.run(keep_from)
            del self._kept[: keep_from - self._kept_from]
            self._kept_from = keep_from

    def chars(self, start: int, stop: int, step: int = 1) -> str:
        """Slice what is kept."""
        origin = self._kept_from
        return self._kept[start - origin : max(stop - origin, 0) : step].decode("ascii")


def outcome(walk: Generator[int, None, T]) -> T:
    """Run a walk through a payload that is all there, to its result."""
    while True:
        try:
            next(walk)
        except StopIteration as stop:  # noqa: PERF203  # how a generator returns; it comes once
            result: T = stop.value
            return result


def take(source: Source, offset: int, size: int) -> Generator[int, None, bytes]:
    """Wait for ``size`` bytes at ``offset`` and read them; fewer if the payload ends before."""
    needed = chars_for(offset + size)
    while source.length < needed and not source.stopped:
        yield needed
    return source.read(offset, size)


def search(
    source: Source,
    offset: int,
    find: Callable[[bytes], int],
    size: int,
    *,
    keep_from: int | None = None,
) -> Generator[int, None, int]:
    """Offset of the first place from ``offset`` on where ``find`` finds; -1 if there is none.

    ``find`` gets bytes and returns an index or -1; ``size`` is how many bytes it looks at
    together. What lies before the place searched is forgotten, but for what follows ``keep_from``.
    """
    window = 192
    while True:
        source.floor = (offset if keep_from is None else keep_from) // 3 * 4
        needed = chars_for(offset + size)
        while source.length < needed and not source.stopped:
            yield needed
        data = source.read(offset, window)
        found = find(data)
        if found >= 0:
            return offset + found
        if len(data) < size:
            return -1
        offset += len(data) - size + 1
        window = min(window * 2, _LARGEST_READ)
