"""Event streams of bytes in, event streams of bytes out."""

from __future__ import annotations

from typing import Any

from imageshim.errors import (
    MalformedImageError,
    MalformedReplyError,
    UnreadableImageWarning,
    warn_caller,
)
from imageshim.timeline import Format
from imageshim.wire import parse, write

from .converter import StreamConverter
from .sse import BOM, Framer, Line, lines_of

__all__ = ["SSEConverter"]

_DONE = b"[DONE]"


class SSEConverter:
    """Converts an event stream of chat-completion chunks, as OpenAI's API sends them.

    The options are those of :class:`StreamConverter`. Bytes can be cut anywhere. What needs no
    change goes through byte for byte: comments (``: ping``), ``[DONE]``, error frames, frames that
    are no chunks or no JSON. In a frame that changes, ``event:`` and ``retry:`` fields and comments
    are kept; where it becomes several, each has its ``event:``, and the last its ``id:``.

    Raises:
        UnknownFormatError: ``to`` or ``source`` is unknown.

    """

    def __init__(
        self,
        to: str | Format,
        *,
        source: str | Format | None = None,
        on_loss: str = "stash",
        dialects: str = "litellm",
    ) -> None:
        self._converter = StreamConverter(to, source=source, on_loss=on_loss, dialects=dialects)
        self._framer = Framer()

    def feed(self, data: bytes) -> bytes:
        """Take bytes; returns the frames that they complete, converted.

        Raises:
            LossyConversionError: something would be lost, and ``on_loss`` is ``"raise"``.

        """
        return b"".join([self._convert(frame) for frame in self._framer.feed(data)])

    def finish(self) -> bytes:
        """Take no more; returns what was left.

        Warns:
            UnreadableImageWarning: the stream ended inside a data URI.

        """
        left = self._framer.finish()
        converted = self._convert(left)
        held = self._finish(b"\n")
        if held and converted is not left and converted:
            end = converted[len(converted.rstrip(b"\r\n")) :]
            return converted + b"\n" * (2 - end.count(b"\n")) + held
        return held + converted if converted is left else converted + held

    def _finish(self, end: bytes) -> bytes:
        """Write the chunks with the text that is held."""
        return b"".join(b"data: " + write(chunk) + end + end for chunk in self._converter.finish())

    def _convert(self, frame: bytes) -> bytes:
        lines = lines_of(frame)
        data = b"\n".join(line.value for line in lines if line.name == b"data")
        if not data:
            return frame
        if data.strip() == _DONE:
            return self._finish(lines[0].end or b"\n") + frame
        try:
            chunk = parse(data)
        except MalformedReplyError:
            return frame
        if not isinstance(chunk, dict):
            return frame
        try:
            made = self._converter.feed(chunk)
        except MalformedImageError as error:
            warn_caller(f"a frame goes through as it is: {error}", UnreadableImageWarning)
            return frame
        if len(made) == 1 and made[0] is chunk:
            return frame
        return _write(lines, made)


# Which frames have a field of the one frame that they were: an id says that all is there up to it.
_EVERYWHERE, _FIRST, _LAST = range(3)
_PLACES = {b"event": _EVERYWHERE, b"id": _LAST}


def _write(lines: list[Line], chunks: list[Any]) -> bytes:
    """Write chunks as the frames that take the place of one frame."""
    if not chunks:
        kept = [line.raw for line in lines if line.name != b"data" and line.raw != line.end]
        return b"".join([*kept, lines[-1].raw]) if kept else b""
    out: list[bytes] = []
    for place, chunk in enumerate(chunks):
        is_first, is_last = place == 0, place == len(chunks) - 1
        text: bytes | None = write(chunk)
        for line in lines:
            if line.name == b"data":
                if text is not None:
                    label = line.raw[: len(line.raw) - len(line.value) - len(line.end)]
                    out += [label if is_first else label.removeprefix(BOM), text, line.end]
                    text = None
                continue
            where = _EVERYWHERE if line.raw == line.end else _PLACES.get(line.name, _FIRST)
            if where == _EVERYWHERE or (is_first if where == _FIRST else is_last):
                out.append(line.raw)
        if not is_last and lines[-1].raw != lines[-1].end:  # the stream was cut off here
            end = lines[0].end or b"\n"
            out.append(end if lines[-1].end else end + end)
    return b"".join(out)
