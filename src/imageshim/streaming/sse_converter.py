"""Event streams of bytes in, event streams of bytes out."""

from __future__ import annotations

import sys
from typing import Any

from imageshim.errors import (
    MalformedImageError,
    MalformedReplyError,
    UnreadableImageWarning,
    warn_caller,
)
from imageshim.long_json.reading import parse_lazily, write, write_pieces
from imageshim.messages.options import FormatLike, OnLoss, Pick
from imageshim.timeline import Format

from .converter import ChunkMachine
from .short_lines import in_short_lines
from .sse import BOM, Framer, Line, lines_of
from .sse_look import Look

__all__ = ["SSEConverter"]

_DONE = b"[DONE]"
Piece = bytes | memoryview


class SSEConverter:
    """Converts an event stream of chat-completion chunks, as OpenAI's API sends them.

    The options are those of :class:`StreamConverter`. Bytes can be cut anywhere. What needs no
    change goes through byte for byte: comments (``: ping``), ``[DONE]``, error frames, frames that
    are no chunks or no JSON. In a frame that changes, ``event:`` and ``retry:`` fields and comments
    are kept; where it becomes several, each has its ``event:``, and the last its ``id:``.

    ``max_line``: cut text into deltas so that no line has more bytes, for clients that refuse
    longer ones. Only the format ``content`` has its images in text.

    Raises:
        UnknownFormatError: ``to`` or ``source`` is unknown.

    """

    def __init__(  # noqa: PLR0913  # each option is a word of its own
        self,
        to: FormatLike,
        *,
        source: str | Format | None = None,
        on_loss: OnLoss = "stash",
        markdown: bool = False,
        pick: Pick = "first",
        max_line: int | None = None,
    ) -> None:
        self._converter = ChunkMachine(
            to, source=source, on_loss=on_loss, markdown=markdown, pick=pick
        )
        self._look = Look(self._converter)
        self._framer = Framer()
        self._longest = sys.maxsize if max_line is None else max_line

    @property
    def holds(self) -> bool:
        """Whether an event without an end is held, or text that may become an image."""
        return self._converter.holds or not self._framer.clean

    def feed(self, data: bytes) -> bytes:
        """Take bytes; returns the frames that they complete, converted.

        Raises:
            LossyConversionError: something would be lost, and ``on_loss`` is ``"raise"``.

        """
        if len(data) <= self._longest and self._framer.clean and self._look.is_alike(data):
            return data  # one frame, as the one before
        out: list[Piece] = []
        for frame in self._framer.feed(data):
            if len(frame) <= self._longest and self._look.passes(frame):
                out.append(frame)
            else:
                out += self._convert(frame)
        only = out[0] if len(out) == 1 else None
        return only if isinstance(only, bytes) else b"".join(out)

    def finish(self) -> bytes:
        """Take no more; returns what was left.

        Warns:
            UnreadableImageWarning: the stream ended inside a data URI.

        """
        left = self._framer.finish()
        converted = self._convert(left) if left else []
        held = self._finish(b"\n")
        if not held or converted == [left]:
            return b"".join([*held, *converted])
        # A frame that nothing has ended, but that could be read: it ends before the next.
        last = b"".join(converted)
        open_lines = 2 - len(last) + len(last.rstrip(b"\r\n")) if last else 0
        return b"".join([last, b"\n" * open_lines, *held])

    def _finish(self, end: bytes) -> list[bytes]:
        """Write the chunks with the text that is held."""
        return [
            piece
            for chunk in self._in_short_lines(self._converter.finish())
            for piece in (b"data: ", write(chunk), end, end)
        ]

    def _in_short_lines(self, chunks: list[Any]) -> list[Any]:
        if self._longest == sys.maxsize:
            return chunks
        return [short for chunk in chunks for short in in_short_lines(chunk, self._longest)]

    def _convert(self, frame: bytes) -> list[Piece]:
        """Return the pieces of what a frame becomes."""
        self._look.hand_over()
        lines = list(lines_of(frame))
        data = [frame[line.value : line.stop] for line in lines if line.name == b"data"]
        if data == [_DONE]:
            return [*self._finish(_end_of(frame, lines[-1])), frame]
        made = self._convert_data(b"\n".join(data)) if data else None
        return [frame] if made is None else _write(frame, lines, made)

    def _convert_data(self, data: bytes) -> list[Any] | None:
        """Return the chunks that the data of a frame become; None where they stay as they are."""
        try:
            chunk = parse_lazily(data)
            if isinstance(chunk, dict):
                made = self._in_short_lines(self._converter.feed(chunk))
                return None if len(made) == 1 and made[0] is chunk else made
        except MalformedReplyError:
            pass
        except MalformedImageError as error:
            warn_caller(f"a frame goes through as it is: {error}", UnreadableImageWarning)
        return None


# Which frames have a field of the one frame that they were: an id says that all is there up to it.
_EVERYWHERE, _FIRST, _LAST = range(3)
_PLACES = {b"event": _EVERYWHERE, b"id": _LAST}


def _write(frame: bytes, lines: list[Line], chunks: list[Any]) -> list[Piece]:
    """Write chunks as the frames that take the place of one, in pieces."""
    if not chunks:
        others = [line for line in lines if line.name != b"data"]
        if all(line.is_blank or line.name == b"event" for line in others):
            return []
        return [frame[line.start : line.end] for line in others]
    out: list[Piece] = []
    for place, chunk in enumerate(chunks):
        is_first, is_last = place == 0, place == len(chunks) - 1
        text: list[Piece] | None = write_pieces(chunk)
        for line in lines:
            if line.name == b"data":
                if text is not None:
                    label = frame[line.start : line.value]
                    label = label if is_first else label.removeprefix(BOM)
                    out += [label, *text, frame[line.stop : line.end]]
                    text = None
                continue
            where = _EVERYWHERE if line.is_blank else _PLACES.get(line.name, _FIRST)
            if where == _EVERYWHERE or (is_first if where == _FIRST else is_last):
                out.append(frame[line.start : line.end])
        last = lines[-1]
        if not is_last and not last.is_blank:  # the stream was cut off here
            end = _end_of(frame, lines[0])
            out.append(end if last.end > last.stop else end + end)
    return out


def _end_of(frame: bytes, line: Line) -> bytes:
    return frame[line.stop : line.end] or b"\n"
