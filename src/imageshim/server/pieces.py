"""Bodies in pieces, and JSON in pieces: many small ones weigh more than they seem."""

from __future__ import annotations

from collections.abc import Iterator

from imageshim.errors import ImageShimError

__all__ = ["WINDOW", "Body", "count", "count_values", "in_pieces"]

WINDOW = 1 << 16
"""Bytes that one step looks at: below a millisecond, for which every other thread waits."""

_PIECE = 1 << 18  # bytes that a server is given at once
_AT_ONCE = 256
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
        self._last.append(piece)
        if len(self._last) == _AT_ONCE:
            self._joined.append(b"".join(self._last))
            self._last.clear()

    def take(self) -> bytes:
        """Give all that came, and forget it."""
        whole = b"".join([*self._joined, *self._last])
        self._joined.clear()
        self._last.clear()
        return whole


def in_pieces(body: bytes) -> Iterator[bytes]:
    """Cut what is large, so that its receiver is waited for in between."""
    for at in range(0, max(len(body), 1), _PIECE):
        yield body[at : at + _PIECE]


def count(body: bytes, marks: tuple[bytes, ...], most: int) -> int:
    """Count marks, up to where there are more than ``most``; other threads run in between."""
    found = 0
    for at in range(0, len(body), WINDOW):
        found += sum(body.count(mark, at, at + WINDOW) for mark in marks)
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
