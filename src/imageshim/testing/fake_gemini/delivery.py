"""What goes over the socket, and in how many pieces: plain data, no sockets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from . import chat_completions, gemini
from .faults import HalfJSON, HTTPFault
from .request import Request
from .routes import Route
from .script import Reply

__all__ = ["Delivery", "deliver", "error", "plain"]

_JSON = "application/json; charset=UTF-8"
_SSE = "text/event-stream"


@dataclass
class Delivery:
    """An answer, ready to be written."""

    status: int
    content_type: str
    pieces: list[bytes]
    """The body of a whole reply, or the chunks of a stream."""
    tail: bytes = b""
    """What a stream ends with, which is no chunk."""
    streamed: bool = False
    headers: dict[str, str] = field(default_factory=dict)


def plain(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Delivery:
    """Deliver JSON in one piece."""
    return Delivery(status, _JSON, [_written(body)], headers=headers or {})


def error(
    protocol: str, status: int, message: str, headers: dict[str, str] | None = None
) -> Delivery:
    """Deliver an error in the JSON of the protocol that was asked."""
    write = chat_completions.error if protocol == "openai" else gemini.error
    return plain(write(status, message), status, headers)


def _written(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def deliver(reply: Reply, asked: Request, where: Route, number: int, image_format: str) -> Delivery:
    """Write a reply in the protocol and the way that was asked; ``number`` counts replies."""
    if isinstance(reply.fault, HTTPFault):
        fault = reply.fault
        return error(where.protocol, fault.status, fault.message, dict(fault.headers))
    if where.protocol == "openai":
        delivery = _chat(reply, asked, number, reply.format or image_format)
    else:
        delivery = _gemini(reply, asked, where, number)
    if isinstance(reply.fault, HalfJSON):
        last = delivery.pieces[-1]
        end = b"\n\n" if delivery.content_type == _SSE else b""
        delivery.pieces[-1] = last[: len(last) // 2] + end
        delivery.tail = b""
    return delivery


def _events(chunks: list[dict[str, Any]]) -> list[bytes]:
    return [b"data: " + _written(chunk) + b"\n\n" for chunk in chunks]


def _chat(reply: Reply, asked: Request, number: int, image_format: str) -> Delivery:
    if not asked.stream:
        return plain(chat_completions.whole(reply, asked.model, number, image_format))
    options = asked.body.get("stream_options") or {}
    usage = bool(options.get("include_usage"))
    chunks = chat_completions.chunks(reply, asked.model, number, image_format, include_usage=usage)
    return Delivery(200, _SSE, _events(chunks), b"data: [DONE]\n\n", streamed=True)


def _gemini(reply: Reply, asked: Request, where: Route, number: int) -> Delivery:
    if not asked.stream:
        return plain(gemini.whole(reply, asked.model, number))
    chunks = gemini.chunks(reply, asked.model, number)
    if where.sse:
        return Delivery(200, _SSE, _events(chunks), streamed=True)
    # Without alt=sse the API sends one JSON array, an element a piece.
    pieces = [
        (b"," if place else b"[") + _written(chunk) + b"\r\n" for place, chunk in enumerate(chunks)
    ]
    return Delivery(200, _JSON, pieces, b"]\n", streamed=True)
