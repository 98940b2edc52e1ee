"""Convert the JSON bytes of a reply: one parse and one write, and neither where nothing changes."""

from __future__ import annotations

import json
from typing import Any

from .conversion import Plan, convert_message, over_messages, plan
from .errors import MalformedReplyError
from .timeline import Format

__all__ = ["convert_body", "convert_bytes", "parse", "write"]


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


def write(value: Any) -> bytes:
    """Write JSON bytes, compact, as LiteLLM's proxy does."""
    from pydantic_core import PydanticSerializationError, to_json  # noqa: PLC0415  # as in parse

    try:
        return to_json(value, inf_nan_mode="constants")
    except (PydanticSerializationError, ValueError):
        # Lone surrogates and deep nesting; the escapes are those that came in.
        return json.dumps(value, separators=(",", ":")).encode("ascii")


def convert_body(body: bytes, do: Plan) -> bytes:
    """Convert the JSON of a reply as planned; the same bytes object where nothing changes."""
    reply = parse(body)
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
        UTF-8 JSON; ``body`` itself where it holds no image or is in the format already.

    Raises:
        MalformedReplyError: ``body`` is no JSON; ``offset`` is the byte where that shows.

    """
    do = plan(to, source=source, on_loss=on_loss, dialects=dialects, drafts=drafts)
    return convert_body(body, do)
