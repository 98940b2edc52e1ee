"""Event streams as input: what a server sends for ``"stream": true``."""

from __future__ import annotations

from typing import Any

from imageshim.errors import MalformedReplyError
from imageshim.long_json.reading import parse
from imageshim.streaming import collect
from imageshim.streaming.sse import BOM, Framer, lines_of

__all__ = ["begins_event_stream", "reply_of"]

_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")


def begins_event_stream(line: bytes) -> bool:
    """Tell whether a file whose first full line is this one is an event stream."""
    return line.removeprefix(BOM).startswith(_FIELDS)


def reply_of(body: bytes) -> Any:
    """Return the whole reply of an event stream, as a dict.

    Raises:
        MalformedReplyError: it holds no chunk of a chat completion; an error that it holds is in
            the message.

    """
    framer = Framer()
    chunks: list[dict[str, Any]] = []
    problem = "no chunk of a chat completion in this event stream"
    for frame in [*framer.feed(body), framer.finish()]:
        data = [frame[line.value : line.stop] for line in lines_of(frame) if line.name == b"data"]
        try:
            value = parse(b"\n".join(data)) if data else None
        except MalformedReplyError:
            continue
        if isinstance(value, dict) and isinstance(value.get("choices"), list):
            chunks.append(value)
        elif isinstance(value, dict) and "error" in value:
            problem = f"an error in place of a reply: {value['error']!r:.500}"
    if not chunks:
        raise MalformedReplyError(problem)
    return collect(chunks)
