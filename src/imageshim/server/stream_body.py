"""The body of a stream of server-sent events on its way: unpacked, converted, packed again."""

from __future__ import annotations

import zlib

from imageshim.streaming import SSEConverter

from . import codings

__all__ = ["StreamBody"]


class StreamBody:
    """One stream; ``max_piece`` is how much one piece may unpack to, in bytes."""

    """The bytes of a stream, unpacked, converted and packed again."""

    def __init__(
        self, converter: SSEConverter, coding: codings.Coding | None, max_piece: int
    ) -> None:
        self._converter: SSEConverter | None = converter
        self._decoder = coding.decoder() if coding else None
        self._encoder = coding.encoder(None) if coding else None
        self._max_piece = max_piece
        self._plain = b""
        self._sums = [0, 0]

    @property
    def changed(self) -> bool:
        """Whether anything came out as it did not go in."""
        return self._sums[0] != self._sums[1]

    def feed(self, piece: bytes, *, last: bool) -> bytes:
        """Take a piece as it came, and give what goes out for it.

        Raises:
            CodingError: it cannot be unpacked; nothing more can be given.

        """
        plain = self._decoder.decode(piece, self._max_piece) if self._decoder else piece
        if last and self._decoder and not self._decoder.finished:
            raise codings.CodingError("the stream is cut off")
        self._plain = plain
        out = plain
        if self._converter is not None:
            out = self._converter.feed(plain)
            if last:
                out += self._converter.finish()
        return self._packed(out, last=last)

    def give_up(self, *, last: bool) -> bytes:
        """Pass what was fed last, and everything from now on."""
        self._converter = None
        return self._packed(self._plain, last=last)

    def cut_off(self) -> bytes:
        """Give what was held back, where no more will come."""
        return self._packed(self._converter.finish() if self._converter else b"", last=False)

    def _packed(self, out: bytes, *, last: bool) -> bytes:
        self._sums = [zlib.crc32(self._plain, self._sums[0]), zlib.crc32(out, self._sums[1])]
        self._plain = b""
        if self._encoder is None:
            return out
        packed = self._encoder.encode(out) if out else b""
        return packed + self._encoder.finish() if last else packed
