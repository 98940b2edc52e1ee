"""Read and write JSON bytes, their long strings left where they are where that can be."""

from __future__ import annotations

import json
from typing import Any

from imageshim.errors import MalformedReplyError

from . import numbers, payloads
from .rope import BUFFER

__all__ = ["parse", "parse_lazily", "write", "write_pieces"]


def parse(body: bytes) -> Any:
    """Parse JSON bytes.

    pydantic-core reads megabytes of base64 ten times as fast as the standard library; what it
    refuses (a lone surrogate, a byte-order mark, deep nesting, a number of thousands of digits)
    the standard library decides.

    Raises:
        MalformedReplyError: the bytes are no JSON; ``offset`` says where.

    """
    from pydantic_core import from_json  # noqa: PLC0415  # imported when first needed

    try:
        return from_json(body, cache_strings="keys", allow_inf_nan=False)
    except ValueError:
        pass
    try:
        return numbers.parse(body)
    except json.JSONDecodeError as error:
        offset = len(error.doc[: error.pos].encode("utf-8", "surrogatepass"))
        message = f"not JSON at byte {offset}: {error.msg}"
    except UnicodeDecodeError as error:
        offset = error.start
        message = f"not JSON at byte {offset}: {error.reason}"
    except RecursionError:
        raise MalformedReplyError("JSON nested too deeply to be read") from None
    raise MalformedReplyError(message, offset=offset) from None


def parse_lazily(body: bytes) -> Any:
    """Parse JSON bytes; long strings stay in them, as ropes, until written.

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
        return b"".join(payloads.dump_pieces(payloads.plain(value), _usual))


def _usual(value: Any) -> bytes:
    text = json.dumps(value, separators=(",", ":"))
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
