"""The records of a file: of JSON Lines one a line, else the whole file (JSON, an event stream).

What kind of file it is, its first two lines with something in them tell. A line is in memory at a
time; one that is too long for that is handed on in pieces.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from enum import Enum
from itertools import chain
from typing import Any, NamedTuple, Protocol

from imageshim.errors import MalformedReplyError
from imageshim.long_json.reading import parse, parse_lazily
from imageshim.streaming import collect
from imageshim.streaming.sse import BOM, Framer, lines_of

from .sources import BUFFER, SourceError

__all__ = [
    "LONGEST",
    "Kind",
    "Line",
    "Lines",
    "cut_off",
    "lines_in",
    "look",
    "reply_of_events",
    "too_long",
    "whole",
]

LONGEST = 1 << 26
"""Bytes of the longest record that is read: what a worker needs is a few times as many."""

_EVENT_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")


class Kind(Enum):
    """How the records of a file are told apart."""

    DOCUMENT = "one JSON value"
    LINES = "JSON Lines"
    EVENTS = "an event stream"


class Line(NamedTuple):
    """A line, its end included; or a piece of one."""

    number: int
    """Counted from 1."""
    raw: bytes
    piece: bool = False
    """Whether the line is too long to be read as one, and this is a piece of it."""
    last: bool = True
    """Whether nothing of the line follows."""


Lines = Iterator[Line]


class Readable(Protocol):
    """What lines are read from."""

    def readinto1(self, buffer: memoryview, /) -> int:
        """Read what there is, as far as it fits; 0 at the end."""
        ...


def lines_in(stream: Readable, longest: int = LONGEST, first: int = 1) -> Lines:
    """Read lines; too long ones come in pieces.

    Raises:
        SourceError: the file cannot be read any further.

    """
    number, within = first, False
    for raw in _cut(stream, longest):
        ended = raw.endswith(b"\n")
        if ended and not within:
            yield Line(number, raw)
            number += 1
            continue
        is_open = not ended and len(raw) >= longest
        piece, within = within or is_open, is_open
        yield Line(number, raw, piece, not within)
        number += not within
    if within:
        yield Line(number, b"", piece=True)


def _cut(stream: Readable, longest: int) -> Iterator[bytes]:
    """Read as ``readline(longest)`` does, which copies a long line three times."""
    window = bytearray(min(BUFFER, longest))
    view = memoryview(window)
    start = seen = end = 0
    while True:
        stop = window.rfind(b"\n", seen, end) + 1
        if stop or end - start == longest:
            stop = stop or end
            body = bytes(view[start:stop])
            is_one = window.find(b"\n", seen, stop - 1) < 0
            yield from (body,) if is_one else io.BytesIO(body)
            start = seen = stop
            continue
        if end == len(window):
            left = end - start
            if start:
                view[:left] = view[start:end]
            else:
                window = window + bytes(min(3 * left, longest - left))
                view = memoryview(window)
            start, end = 0, left
        seen = end
        end += _read(stream, view[end : end + BUFFER])
        if seen == end:
            break
    if end > start:
        yield bytes(view[start:end])


def _read(stream: Readable, into: memoryview) -> int:
    try:
        return stream.readinto1(into)
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror or error}") from None


def too_long(longest: int = LONGEST) -> str:
    """Say why a record is not read."""
    return f"longer than the {longest >> 20} MB up to which a record is read"


def look(lines: Lines, *, named_lines: bool = False) -> tuple[Kind, list[Line]]:
    """Tell the kind of a file by its first lines; returns what it read to know.

    ``named_lines``: its name says that it is JSON Lines, which counts where nothing else does.

    Where the first line with something in it is a whole JSON value and there are others, each of
    them is a record. Else the file is one JSON value; and if it is not, and has a line at its
    beginning that is, then again each line is a record.
    """
    head: list[Line] = []
    full: list[Line] = []
    for line in lines:
        head.append(line)
        if line.last and (line.piece or not line.raw.isspace()):
            full.append(line)
        if full and not full[0].piece and _begins_events(full[0].raw):
            return Kind.EVENTS, head
        if len(full) == 2 or (line.piece and not line.last):
            break
    if any(line.piece for line in head):
        return Kind.LINES, head
    if len(full) < 2:
        return Kind.DOCUMENT, head
    if _is_json(full[0].raw):
        return Kind.LINES, head
    is_indented = full[0].raw.removeprefix(BOM).strip() in {b"{", b"["}
    in_lines = not is_indented and (
        named_lines or _looks_whole(full[0].raw) or _is_json(full[1].raw)
    )
    size = sum(len(line.raw) for line in head)
    for line in lines:
        head.append(line)
        size += len(line.raw)
        if size > LONGEST:
            return (Kind.LINES if in_lines else Kind.DOCUMENT), head
    return (Kind.LINES if in_lines and not _is_json(whole(head)) else Kind.DOCUMENT), head


def whole(lines: Iterable[Line]) -> bytes:
    """Join lines again."""
    return b"".join(line.raw for line in lines)


def _begins_events(line: bytes) -> bool:
    return line.removeprefix(BOM).startswith(_EVENT_FIELDS)


def _looks_whole(line: bytes) -> bool:
    line = line.strip()
    return line[:1] == b"{" and line[-1:] == b"}"


def _is_json(body: bytes) -> bool:
    """Tell whether bytes are a JSON object or list."""
    try:
        return isinstance(parse_lazily(body), (dict, list))
    except MalformedReplyError:
        return False


def cut_off(body: bytes) -> str | None:
    """Say where an event stream breaks off inside an event; None where its last one is whole."""
    framer = Framer()
    framer.feed(body)
    left = framer.finish()
    lines = [line for line in lines_of(left) if left[line.start : line.stop].strip()]
    data = b"\n".join(left[line.value : line.stop] for line in lines if line.name == b"data")
    try:
        whole_event = data.strip() == b"[DONE]" or (bool(data) and parse(data) is not None)
    except MalformedReplyError:
        whole_event = False
    begun = any(b"data".startswith(line.name) and line.name for line in lines)
    if whole_event or not begun:
        return None
    at = len(body) - len(left)
    return f"the stream breaks off inside an event, which begins at byte {at}"


def reply_of_events(body: bytes) -> Any:
    """Return the whole reply of an event stream, as a dict.

    Raises:
        MalformedReplyError: it holds no chunk of a chat completion; an error that it holds is in
            the message.

    """
    framer = Framer()
    chunks: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    problem = "no chunk of a chat completion in this event stream"
    for frame in chain(framer.feed(body), [framer.finish()]):
        data = [frame[line.value : line.stop] for line in lines_of(frame) if line.name == b"data"]
        try:
            value = parse(b"\n".join(data)) if data else None
        except MalformedReplyError:
            continue
        if isinstance(value, dict) and isinstance(value.get("choices"), list):
            chunks.append(value)
        elif isinstance(value, dict) and "error" in value:
            errors.append(value)
            problem = f"an error in place of a reply: {value['error']!r:.500}"
    if not chunks:
        raise MalformedReplyError(problem)
    return collect([*chunks, *errors])
