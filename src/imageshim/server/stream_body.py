"""The body of a stream of server-sent events on its way: unpacked, converted, packed again."""

from __future__ import annotations

import warnings
import zlib

from imageshim.errors import ImageShimError, UnreadableImageWarning
from imageshim.streaming import SSEConverter
from imageshim.streaming.sse import Framer

from . import codings

__all__ = ["StreamBody"]


class StreamBody:
    """One stream; at most ``max_held`` bytes of it are held back at a time.

    It converts event by event, so that what cannot be converted is known to the byte, and passes
    as it came, with all that comes after it.
    """

    def __init__(
        self, converter: SSEConverter, coding: codings.Coding | None, max_held: int
    ) -> None:
        self._converter: SSEConverter | None = converter
        self._framer = Framer()
        self._decoder = coding.decoder() if coding else None
        self._encoder = coding.encoder(None) if coding else None
        self._max_held = max_held
        self._held = 0
        self._sums = [0, 0]
        self.begun = False
        """Whether anything could be unpacked so far."""
        self.fault: Exception | None = None
        """Why the stream is converted no more."""

    @property
    def changed(self) -> bool:
        """Whether anything came out as it did not go in."""
        return self._sums[0] != self._sums[1]

    def feed(self, piece: bytes, *, last: bool) -> bytes:
        """Take a piece as it came, and give what goes out for it.

        Raises:
            CodingError: it cannot be unpacked; nothing more can be given.

        """
        plain = self._decoder.decode(piece, self._max_held) if self._decoder else piece
        self.begun = self.begun or bool(plain)
        if last and self._decoder and not self._decoder.finished and not self.begun:
            raise codings.CodingError("the stream is cut off")
        if self._converter is None:
            out = plain
        else:
            out = self._converted(plain, last=last)
            self._held += len(plain) - len(out)
            if self._held > self._max_held and self._converter is not None:
                out += self._give_up(ImageShimError(f"{self._held} bytes would be held back"))
                out += self._framer.finish()
        self._sums = [zlib.crc32(plain, self._sums[0]), zlib.crc32(out, self._sums[1])]
        return self._packed(out, last=last)

    def cut_off(self) -> bytes:
        """Give what was held back, where no more will come."""
        return self._packed(self._left(), last=False)

    def _converted(self, plain: bytes, *, last: bool) -> bytes:
        out: list[bytes] = []
        for frame in self._framer.feed(plain):
            if self._converter is None:
                out.append(frame)
                continue
            try:
                out.append(self._converter.feed(frame))
            except Exception as fault:  # noqa: BLE001  # the client gets the event as it came
                out += [self._give_up(fault), frame]
        if last or self._converter is None:
            out.append(self._left())
        return b"".join(out)

    def _give_up(self, fault: Exception) -> bytes:
        """Convert no more; gives what was held back."""
        self.fault = fault
        converter, self._converter = self._converter, None
        try:
            return _finished(converter) if converter else b""
        except Exception:  # noqa: BLE001  # it is broken already
            return b""

    def _left(self) -> bytes:
        """Give all that is not out yet; the last event may have no end."""
        frame = self._framer.finish()
        if self._converter is None:
            return frame
        try:
            return self._converter.feed(frame) + _finished(self._converter)
        except Exception as fault:  # noqa: BLE001  # as above
            return self._give_up(fault) + frame

    def _packed(self, out: bytes, *, last: bool) -> bytes:
        if self._encoder is None:
            return out
        packed = self._encoder.encode(out) if out else b""
        # A stream that ends before its packing does stays one that has no end.
        whole = last and (self._decoder is None or self._decoder.finished)
        return packed + self._encoder.finish() if whole else packed


def _finished(converter: SSEConverter) -> bytes:
    """Give what a converter holds, without its warning: as an error that would take its place."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnreadableImageWarning)
        return converter.finish()
