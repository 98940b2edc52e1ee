"""Server-sent events: bytes to frames, at whatever byte they are cut, and frames to lines.

A frame is one event: its lines, up to and including the blank one that ends it. Lines end in LF,
CRLF or CR, in any mixture, and a byte-order mark may open the stream (HTML Living Standard,
9.2.5 and 9.2.6). Nothing is decoded: no byte of a UTF-8 sequence can end a line.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["BOM", "Framer", "Line", "lines_of"]

BOM = b"\xef\xbb\xbf"
_LF = 10


class Framer:
    """Cuts bytes into frames; what comes is looked at once, and joined once."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []  # of the frame that is not whole yet
        self._blank = True  # the line that is being read has no bytes so far
        self._cr = False  # it ended in a CR, to which an LF may still belong

    @property
    def clean(self) -> bool:
        """What comes next begins a frame."""
        return not self._pieces and not self._cr

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes; returns the frames that are whole now."""
        frames: list[bytes] = []
        begin = at = 0
        has_cr = b"\r" in data
        while at < len(data):
            if self._cr:
                at += data[at] == _LF
                self._cr = False
                stop_blank = self._blank
            else:
                end = data.find(b"\n", at)
                cr = data.find(b"\r", at, end if end >= 0 else len(data)) if has_cr else -1
                stop = end if cr < 0 else cr
                if stop < 0:
                    self._blank = False
                    break
                stop_blank = self._blank and stop == at
                at = stop + 1
                if cr >= 0:
                    self._blank, self._cr = stop_blank, True
                    continue
            if stop_blank:
                frames.append(self._take(data[begin:at]))
                begin = at
            self._blank = True
        if begin < len(data):
            self._pieces.append(data[begin:])
        return frames

    def finish(self) -> bytes:
        """Return what is left: a frame that nothing has ended, or nothing."""
        return self._take(b"")

    def _take(self, last: bytes) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join([*pieces, last]) if pieces else last


class Line(NamedTuple):
    """One line of a frame, by its places in it: a frame can have tens of megabytes."""

    name: bytes
    """The name of its field; empty for a comment and for the blank line at the end."""
    start: int
    value: int
    """Where the field's value begins."""
    stop: int
    """Where the line ends, its LF, CRLF or CR excluded."""
    end: int
    """Where the next one begins."""

    @property
    def is_blank(self) -> bool:
        """Whether it is the line that ends the frame."""
        return self.start == self.stop


_LONGEST_NAME = 16


def lines_of(frame: bytes) -> Iterator[Line]:
    """Cut a frame into its lines."""
    start = 0
    while start < len(frame):
        stop = frame.find(b"\n", start)
        end = stop + 1 or len(frame)
        stop = end if stop < 0 else stop
        cr = frame.find(b"\r", start, stop)
        if cr >= 0:
            end = end if cr == stop - 1 else cr + 1
            stop = cr
        begin = start + (len(BOM) if frame.startswith(BOM, start) else 0)
        colon = frame.find(b":", begin, min(begin + _LONGEST_NAME, stop))
        name = frame[begin : min(begin + _LONGEST_NAME, stop) if colon < 0 else colon]
        value = stop if colon < 0 else colon + 1
        value += frame.startswith(b" ", value) and value < stop
        yield Line(name, start, value, stop, end)
        start = end
