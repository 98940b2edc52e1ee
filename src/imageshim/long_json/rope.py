"""Long text that stays in the bytes that it came in.

To copy the base64 of an image costs more than to convert its reply: what is slow is not the copying
but the fresh memory. So a long string of a JSON body becomes a `Rope`: a `str` that knows in which
bytes its characters are. It has the length of the text, finds, compares and slices as the text
does, and a long slice or a concatenation (`join`) is a rope again, that copies nothing.

What Python calls a method of is answered from those bytes; every method that is not written out
here joins the text first. Code in C that looks into a string itself (``"".join``, regular
expressions, ``base64``) sees `BUFFER` instead, which cannot be written as UTF-8: such a slip is an
error and never a wrong reply. Give such code slices, or ``str(rope)``.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple, SupportsIndex

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["BUFFER", "LONG", "Rope", "Stretch", "join"]

LONG = 1 << 17
"""Text of as many characters is a rope; shorter slices of one are usual strings."""
BUFFER = "\udcffa rope must be joined before its characters are looked at\udcff"
"""What code in C sees of every rope."""


_LOOK = 2048
"""To look into a rope costs about as much more than into text as to copy so many characters."""


class Stretch(NamedTuple):
    """The ASCII characters ``data[start:stop]``; JSON writes them as they are: none is control."""

    data: bytes
    start: int
    stop: int

    def text(self, start: int, stop: int, step: int) -> str:
        """Decode a slice, as it is counted from the stretch's start."""
        return self.data[self.start + start : self.start + stop : step].decode("ascii")

    def find(self, sub: str, start: int, stop: int) -> int:
        """Find text as `str.find` does."""
        if "" < sub < " ":  # it begins with a control character
            return -1
        encoded = sub.encode("utf-8", "surrogatepass")
        found = self.data.find(encoded, self.start + start, self.start + stop)
        return found - self.start if found >= 0 else -1


Piece = str | Stretch


def _length(piece: Piece) -> int:
    return len(piece) if isinstance(piece, str) else piece.stop - piece.start


def _text(piece: Piece, start: int, stop: int, step: int = 1) -> str:
    return piece[start:stop:step] if isinstance(piece, str) else piece.text(start, stop, step)


def join(texts: Sequence[str]) -> str:
    """Concatenate as ``"".join`` does; the result is a rope if one of ``texts`` is."""
    if not any(type(text) is Rope for text in texts):
        return "".join(texts)
    pieces: list[Piece] = []
    for text in texts:
        pieces += text.pieces if isinstance(text, Rope) else [text] if text else []
    return Rope(pieces)


class Rope(str):
    """Text in pieces: short strings, and stretches of bytes."""

    __slots__ = ("_ends", "_looks", "_whole", "pieces")

    pieces: tuple[Piece, ...]
    _ends: list[int]
    _looks: int
    _whole: str | None

    def __new__(cls, pieces: Sequence[Piece]) -> Rope:  # noqa: PYI034  # no class is made of it
        """Make a rope of pieces, none of them empty."""
        self = super().__new__(cls, BUFFER)
        self.pieces = tuple(pieces)
        self._ends = list(accumulate(map(_length, pieces)))
        self._looks = 0
        self._whole = None
        return self

    def __len__(self) -> int:
        return self._ends[-1]

    def _cut(self, start: int, stop: int) -> Iterator[tuple[Piece, int, int]]:
        """Give the pieces between two places, with the part of each that lies between them."""
        place = bisect_right(self._ends, start)
        end = self._ends[place - 1] if place else 0
        while end < stop:
            begin, end = end, self._ends[place]
            yield self.pieces[place], max(start - begin, 0), min(stop, end) - begin
            place += 1

    def _slice(self, start: int, stop: int) -> str:
        if self._is_joined():
            return str(self)[start:stop]
        return "".join([_text(*part) for part in self._cut(start, stop)])

    def _is_joined(self) -> bool:
        """Tell whether the text is joined already, or looked into so often that it pays."""
        self._looks += 1
        return self._whole is not None or self._looks * _LOOK > self._ends[-1]

    def __getitem__(self, key: SupportsIndex | slice[Any, Any, Any]) -> str:
        if not isinstance(key, slice):
            place = range(len(self))[key]
            return self._slice(place, place + 1)
        start, stop, step = key.indices(len(self))
        if step != 1:
            return self._strided(key)
        if stop - start < LONG:
            return self._slice(start, stop)
        if stop - start == len(self):
            return self
        return Rope([
            Stretch(piece.data, piece.start + begin, piece.start + end)
            if isinstance(piece, Stretch)
            else piece[begin:end]
            for piece, begin, end in self._cut(start, stop)
        ])  # fmt: skip

    def _strided(self, key: slice[Any, Any, Any]) -> str:
        start, stop, step = key.indices(len(self))
        if step < 0:
            return str(self)[key]
        texts: list[str] = []
        passed = 0
        for piece, begin, end in self._cut(start, stop):
            texts.append(_text(piece, begin + -passed % step, end, step))
            passed += end - begin
        return "".join(texts)

    def find(
        self, sub: str, start: SupportsIndex | None = None, stop: SupportsIndex | None = None, /
    ) -> int:
        """Find text as `str.find` does, piece by piece."""
        sub = _joined(sub)
        if not sub or self._is_joined():
            return str(self).find(sub, start, stop)
        first, last, _ = slice(start, stop).indices(len(self))
        overlap = len(sub) - 1
        at = first
        for piece, begin, end in self._cut(first, last):
            found = piece.find(sub, begin, end)
            if found >= 0:
                return at + found - begin
            at += end - begin
            if overlap:  # it may lie across the seam
                left = max(at - overlap, first)
                found = self._slice(left, min(at + overlap, last)).find(sub)
                if found >= 0:
                    return left + found
        return -1

    def __contains__(self, sub: str, /) -> bool:  # type: ignore[override]
        return self.find(sub) >= 0

    def startswith(
        self,
        prefix: str | tuple[str, ...],
        start: SupportsIndex | None = None,
        stop: SupportsIndex | None = None,
        /,
    ) -> bool:
        """Compare the beginning as `str.startswith` does."""
        if isinstance(prefix, tuple):
            return any(self.startswith(one, start, stop) for one in prefix)
        prefix = _joined(prefix)
        if not prefix:
            return str(self).startswith(prefix, start, stop)
        first, last, _ = slice(start, stop).indices(len(self))
        return self._slice(first, min(first + len(prefix), last)) == prefix

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, str) or len(self) != len(other):
            return False
        if isinstance(other, Rope) and self.pieces == other.pieces:
            return True
        step = max(LONG - 1, 1)
        steps = range(0, len(self), step)
        return all(self[at : at + step] == other[at : at + step] for at in steps)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(str(self))

    def __add__(self, other: object, /) -> str:
        return join([self, other]) if isinstance(other, str) else NotImplemented

    def __radd__(self, other: object, /) -> str:
        return join([other, self]) if isinstance(other, str) else NotImplemented

    def __str__(self) -> str:
        """Join the text, once."""
        if self._whole is None:
            self._whole = "".join([_text(*part) for part in self._cut(0, len(self))])
        return self._whole

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)


def _joined(argument: Any) -> Any:
    return str(argument) if type(argument) is Rope else argument


def _after_joining(name: str) -> Any:
    method = getattr(str, name)

    def call(self: Rope, *args: Any, **kwargs: Any) -> Any:
        return method(str(self), *map(_joined, args), **kwargs)

    call.__name__ = name
    return call


for _name in dir(str):
    # What a class has as a class stays; all else of str is about the characters.
    if _name not in Rope.__dict__ and _name not in object.__dict__:
        setattr(Rope, _name, _after_joining(_name))
for _name in ("__lt__", "__le__", "__gt__", "__ge__", "__repr__", "__format__"):
    setattr(Rope, _name, _after_joining(_name))
