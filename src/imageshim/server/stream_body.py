"""The body of a stream of server-sent events on its way: unpacked, converted, packed again."""

from __future__ import annotations

import warnings
import zlib

from imageshim.errors import ImageShimError, UnreadableImageWarning
from imageshim.streaming import SSEConverter
from imageshim.streaming.fail_open import FailOpen
from imageshim.streaming.sse import Framer

from . import codings
from .pieces import MUCH, MUCH_PACKED, MUCH_TO_WEIGH, WINDOW, count_values

__all__ = ["StreamBody"]


class StreamBody:
    """One stream; at most ``max_held`` bytes of it are held back at a time.

    It converts event by event, so that what cannot be converted is known to the byte, and passes
    as it came, with all that comes after it.
    """

    def __init__(
        self, converter: SSEConverter, coding: codings.Coding | None, max_held: int
    ) -> None:
        self._stream = FailOpen(_Events(converter))
        self._framer = Framer()
        self._decoder = coding.decoder() if coding else None
        self._encoder = coding.encoder(None) if coding else None
        self._most = MUCH_PACKED if coding else MUCH
        self._plain = b""
        self._unpacking: codings.Unpacking | None = None
        self._max_held = max_held
        self._held = 0
        self._event = (0, 0)  # the bytes that came of it, and the data URIs in them
        self._sums = [0, 0]
        self.begun = False
        """Whether anything could be unpacked so far."""

    @property
    def held(self) -> int:
        """How many bytes are held back."""
        return max(self._held, 0) if self._stream.converts else 0

    @property
    def fault(self) -> Exception | None:
        """Why the stream is converted no more."""
        return self._stream.fault

    @property
    def changed(self) -> bool:
        """Whether anything came out as it did not go in."""
        return self._sums[0] != self._sums[1]

    def take(self, piece: bytes) -> bool:
        """Take a piece as it came; tells whether others would notice how long it takes to feed.

        Raises:
            CodingError: it cannot be unpacked; nothing more can be given.

        """
        if self._decoder is None:
            self._plain = piece
            return self._weigh(piece)
        self._unpacking = codings.Unpacking(self._decoder.windows(piece), self._max_held)
        return self._unpacking.takes_more_than(WINDOW) or self._weigh(self._unpacked())

    def _unpacked(self) -> bytes:
        if self._unpacking is not None:
            self._plain = self._unpacking.all()
            self._unpacking = None
        return self._plain

    def _weigh(self, plain: bytes) -> bool:
        """Add bytes to their event, once; tells whether it is one that takes long."""
        if not self._stream.converts:
            return False
        size, marks = (0, 0) if self._framer.clean else self._event
        self._event = size, marks = size + len(plain), marks + plain.count(b"data:")
        return size > self._most or marks > MUCH_TO_WEIGH

    def feed(self, *, last: bool) -> bytes:
        """Give what goes out for what was taken.

        Raises:
            CodingError: it cannot be unpacked; nothing more can be given.

        """
        if self._unpacking is not None:
            self._weigh(self._unpacked())
        plain, self._plain = self._plain, b""
        self.begun = self.begun or bool(plain)
        if last and self._decoder and not self._decoder.finished and not self.begun:
            raise codings.CodingError("the stream is cut off")
        if not self._stream.converts:
            out = plain
        else:
            out = self._converted(plain, last=last)
            self._held += len(plain) - len(out)
            if self._framer.clean and not self._stream.holds:
                self._held = 0  # what goes out need not be as long as what came in
            if self._held > self._max_held and self._stream.converts:
                fault = ImageShimError(f"{self._held} bytes would be held back")
                out += b"".join([*self._stream.give_up(fault), self._framer.finish()])
        self._sums = [zlib.crc32(plain, self._sums[0]), zlib.crc32(out, self._sums[1])]
        return self._packed(out, last=last)

    def cut_off(self) -> bytes:
        """Give what was held back, where no more will come."""
        return self._packed(self._left(), last=False)

    def _converted(self, plain: bytes, *, last: bool) -> bytes:
        out = [made for frame in self._framer.feed(plain) for made in self._stream.feed(frame)]
        if last or not self._stream.converts:
            out.append(self._left())
        return b"".join(out)

    def _left(self) -> bytes:
        """Give all that is not out yet; the last event may have no end."""
        frame = self._framer.finish()
        made = self._stream.feed(frame) if frame else []
        return b"".join([*made, *self._stream.finish()])

    def _packed(self, out: bytes, *, last: bool) -> bytes:
        if self._encoder is None:
            return out
        packed = self._encoder.encode(out) if out else b""
        # A stream that ends before its packing does stays one that has no end.
        whole = last and (self._decoder is None or self._decoder.finished)
        return packed + self._encoder.finish() if whole else packed


class _Events:
    """A converter of whole events: the bytes of each are what goes in and out."""

    def __init__(self, converter: SSEConverter) -> None:
        self._converter = converter

    @property
    def holds(self) -> bool:
        return self._converter.holds

    def feed(self, event: bytes) -> list[bytes]:
        count_values(event)  # too many are a fault
        made = self._converter.feed(event)
        return [made] if made else []

    def finish(self) -> list[bytes]:
        """Give what is held, without its warning: as an error that would take its place."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UnreadableImageWarning)
            made = self._converter.finish()
        return [made] if made else []
