"""Convert the JSON bytes of a reply: one parse and one write, and neither where nothing changes.

Megabytes of base64 are neither parsed nor written, but copied once, from body to body: see
`imageshim.payloads`.
"""

from __future__ import annotations

import json
from typing import Any

from . import payloads
from .conversion import Plan, convert_message, over_messages, plan
from .errors import MalformedReplyError
from .rope import BUFFER
from .timeline import Format

__all__ = ["convert_body", "convert_bytes", "parse", "parse_lazily", "write", "write_pieces"]


def parse(body: bytes) -> Any:
    """Parse JSON bytes.

    pydantic-core reads megabytes of base64 ten times as fast as the standard library; what it
    refuses (a lone surrogate, a byte-order mark, deep nesting) the standard library decides.

    Raises:
        MalformedReplyError: the bytes are no JSON; ``offset`` says where.

    """
    from pydantic_core import from_json  # noqa: PLC0415  # imported when first needed

    try:
        return from_json(body, cache_strings="keys")
    except ValueError:
        pass
    try:
        return json.loads(body)
    except json.JSONDecodeError as error:
        offset = len(error.doc[: error.pos].encode("utf-8", "surrogatepass"))
        message = f"no JSON at byte {offset}: {error.msg}"
    except UnicodeDecodeError as error:
        offset = error.start
        message = f"no JSON at byte {offset}: {error.reason}"
    except RecursionError:
        raise MalformedReplyError("JSON nested too deeply to be read") from None
    raise MalformedReplyError(message, offset=offset) from None


def parse_lazily(body: bytes) -> Any:
    """Parse JSON bytes; long strings stay in them (:class:`imageshim.rope.Rope`) until written.

    Raises:
        MalformedReplyError: the bytes are no JSON; ``offset`` says where.

    """
    try:
        return payloads.load(body)
    except ValueError:
        return parse(body)


def write(value: Any) -> bytes:
    """Write JSON bytes, compact, as LiteLLM's proxy does. Ropes are written as their text."""
    try:
        return payloads.dump(value)
    except ValueError:
        # Lone surrogates and deep nesting; the escapes are those that came in.
        text = json.dumps(payloads.plain(value), separators=(",", ":"))
    if _BUFFER in text:
        raise RuntimeError("imageshim looked into a rope without joining it: please report this")
    return text.encode("ascii")


_BUFFER = json.dumps(BUFFER)[1:-1]


def write_pieces(value: Any) -> list[bytes | memoryview]:
    """Write JSON bytes as :func:`write` does, in pieces to be joined with others."""
    try:
        return payloads.dump_pieces(value)
    except ValueError:
        return [write(value)]


def convert_body(body: bytes, do: Plan) -> bytes:
    """Convert the JSON of a reply as planned; the same bytes object where nothing changes."""
    reply = parse_lazily(body)
    if not isinstance(reply, dict):
        return body
    changed = over_messages(
        reply, lambda message, where: convert_message(message, do, where), in_place=False
    )
    return body if changed is reply else write(changed)


def convert_bytes(  # noqa: PLR0913  # the words of convert()
    body: bytes,
    to: str | Format,
    *,
    source: str | Format | None = None,
    on_loss: str = "stash",
    dialects: str = "litellm",
    drafts: str = "keep",
) -> bytes:
    """Convert the JSON body of a reply; the options are those of :func:`imageshim.convert`.

    Returns:
        UTF-8 JSON, compact; ``body`` itself where it holds no image or is in the format already.
        Beside the two bodies, next to no memory is used.

    Raises:
        MalformedReplyError: ``body`` is no JSON, and ``offset`` is the byte where that shows; or
            it is not bytes.

    """
    if not isinstance(body, (bytes, bytearray)):
        raise MalformedReplyError(
            f"convert_bytes() takes the bytes of a body, not {type(body).__name__}; "
            "use convert() for a reply that is parsed"
        )
    do = plan(to, source=source, on_loss=on_loss, dialects=dialects, drafts=drafts)
    return convert_body(body, do)
