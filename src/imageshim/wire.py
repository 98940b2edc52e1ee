"""Convert the JSON bytes of a reply: one parse and one write, and neither where nothing changes.

Megabytes of base64 are neither parsed nor written, but copied once, from body to body: see
`imageshim.long_json.payloads`.
"""

from __future__ import annotations

from .conversion import convert_message
from .errors import MalformedReplyError
from .long_json.reading import parse_lazily, write
from .messages.options import Drafts, FormatLike, OnLoss, Pick, Plan, plan
from .messages.walk import over_messages
from .timeline import Format

__all__ = ["convert_body", "convert_bytes"]


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
    to: FormatLike,
    *,
    source: str | Format | None = None,
    on_loss: OnLoss = "stash",
    markdown: bool = False,
    drafts: Drafts = "keep",
    pick: Pick = "first",
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
    do = plan(to, source=source, on_loss=on_loss, markdown=markdown, drafts=drafts, pick=pick)
    return convert_body(body, do)
