"""Bodies in pieces, and JSON in pieces: many small ones weigh more than they seem."""

from __future__ import annotations

from collections.abc import Iterator

from imageshim.errors import ImageShimError

__all__ = [
    "MUCH",
    "MUCH_PACKED",
    "MUCH_TO_WEIGH",
    "WINDOW",
    "Body",
    "count",
    "count_values",
    "in_pieces",
    "is_much",
]

WINDOW = 1 << 16
"""Bytes that one step looks at: below a millisecond, for which every other thread waits."""

MUCH = 2 << 20
"""Bytes that take 10 ms to join and convert."""
MUCH_PACKED = 1 << 18
"""Bytes that take a millisecond or more to unpack or to pack."""
MUCH_TO_WEIGH = 300
"""Data URIs in text of which it takes 20 ms to tell what they are."""

_PIECE = 1 << 18  # bytes that a server is given at once
_AT_ONCE = 256
_WHOLE = 1 << 14  # bytes of a piece that is not joined with others before all are
_FEW = 1 << 20  # bytes that hold no more values than can be converted at once
_MOST_VALUES = 1 << 19


class Body:
    """A body that comes in pieces, at the cost of its bytes: a peer may send one byte a piece."""

    def __init__(self) -> None:
        self.size = 0
        self._joined: list[bytes] = []
        self._last: list[bytes] = []

    def add(self, piece: bytes) -> None:
        """Add a piece."""
        self.size += len(piece)
        is_large = len(piece) >= _WHOLE
        if self._last and (is_large or len(self._last) == _AT_ONCE):
            self._joined.append(b"".join(self._last))
            self._last.clear()
        if piece:
            (self._joined if is_large else self._last).append(piece)

    def take(self) -> bytes:
        """Give all that came, and forget it."""
        return b"".join(self.pieces())

    def joined(self) -> bytes:
        """Give all that came, and keep it in one piece."""
        body = self.take()
        self._joined.append(body)
        return body

    def pieces(self) -> list[bytes]:
        """Give all that came, in large pieces as they came, and forget it."""
        pieces = [*self._joined, b"".join(self._last)] if self._last else [*self._joined]
        self._joined.clear()
        self._last.clear()
        return pieces


def in_pieces(body: bytes) -> Iterator[bytes]:
    """Cut what is large, so that its receiver is waited for in between."""
    for at in range(0, max(len(body), 1), _PIECE):
        yield body[at : at + _PIECE]


def is_much(body: bytes) -> bool:
    """Tell whether to convert a body takes so long that others would notice."""
    return len(body) > MUCH or count(body, (b"data:",), MUCH_TO_WEIGH) > MUCH_TO_WEIGH


def count(body: bytes, marks: tuple[bytes, ...], most: int) -> int:
    """Count marks, up to where there are more than ``most``; other threads run in between."""
    found = 0
    for at in range(0, len(body), WINDOW):
        for mark in marks:
            # One byte is looked for ten times as fast as marks are counted, and base64 has none.
            first = body.find(mark[-1:], at, at + WINDOW)
            if first >= 0:
                found += body.count(mark, max(at, first + 1 - len(mark)), at + WINDOW)
        if found > most:
            break
    return found


def count_values(body: bytes) -> int:
    """Give about how many values are in a JSON text; 0 where they are few for sure.

    Raises:
        ImageShimError: they would take too much memory and time, up to 30 times their bytes.

    """
    if len(body) <= _FEW:
        return 0
    values = count(body, (b",", b"[", b"{"), _MOST_VALUES)
    if values > _MOST_VALUES:
        raise ImageShimError(f"it has more than {_MOST_VALUES} values")
    return values
