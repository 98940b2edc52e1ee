"""One reply on its way to the client, in the format that was decided on.

A reply that is JSON is held until it is whole, and converted; a stream of server-sent events is
converted event by event. Everything else (errors, partial content, other types, codings that
cannot be unpacked) passes byte for byte, with its headers; and so does what turns out to be no
reply, or larger than allowed.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio.to_thread

from imageshim.messages.options import OnLoss, Pick, Plan, cached_plan
from imageshim.messages.origin import VERSION_HEADER, format_of_version
from imageshim.printing.escapes import shown
from imageshim.streaming import SSEConverter
from imageshim.timeline import Format
from imageshim.wire import convert_body

from . import codings, headers
from .asked import Asked
from .error_responses import refuse
from .negotiation import Decision, Negotiation
from .pieces import MUCH, MUCH_PACKED, WINDOW, Body, count_values, in_pieces, is_much
from .room import Share, one_at_a_time
from .stream_body import StreamBody

if TYPE_CHECKING:
    from starlette.types import Message, Send

    from .metrics import Metrics

__all__ = ["Options", "Reply"]

_log = logging.getLogger(__name__)

# 204, 205 and 304 have no body, 206 has a piece of one.
_CONVERTED_STATUS = frozenset(range(200, 300)) - {204, 205, 206}
_DIGESTS = frozenset({b"content-md5", b"digest", b"content-digest", b"repr-digest"})

# Values of JSON, which a thread does convert beside others. Fewer gain nothing from a thread of
# their own: what converts JSON keeps others waiting, but what unpacks and packs does not.
_MANY = 20_000


@dataclass(frozen=True)
class Options:
    """What is the same for all replies of one middleware."""

    negotiation: Negotiation
    metrics: Metrics
    on_loss: OnLoss
    markdown: bool
    pick: Pick
    strict: bool
    max_reply: int
    max_line: int | None


class Reply:
    """Takes the application's messages in place of ``send``, and sends what the client gets."""

    def __init__(  # noqa: PLR0913  # all that is known when a reply begins
        self,
        send: Send,
        options: Options,
        asked: Asked,
        decision: Decision,
        share: Share,
        *,
        wanted: Format,
        wants_images: bool,
    ) -> None:
        self._send = send
        self._options = options
        self._asked = asked
        self._decision = decision
        self._share = share
        self._wanted = wanted
        self._wants_images = wants_images
        self._start: Message | None = None  # held until it is known what becomes of the body
        self._body = Body()
        self._sizes = [0, 0]
        self._seconds = 0.0
        self._coding: codings.Coding | None = None
        self._stream: StreamBody | None = None
        self._lost = False

    async def send(self, message: Message) -> None:
        """Take the next message of the application."""
        kind = message["type"]
        if kind == "http.response.start":
            await self._begin(message)
        elif kind == "http.response.body" and self._stream is not None:
            await self._convert_piece(message)
        elif kind == "http.response.body" and self._start is not None:
            await self._hold(message)
        else:
            if kind == "http.response.pathsend":  # the body is a file, which the server sends
                await self._release()
            await self._send(message)

    async def end(self) -> None:
        """Send what is held: the application has ended without ending its reply."""
        if self._start is not None:
            self._fail("incomplete", "the reply was cut off")
            await self._release()
        elif self._stream is not None and not self._lost:
            self._fail("incomplete", "the stream was cut off")
            out = self._stream.cut_off()
            if out:
                await self._send({"type": "http.response.body", "body": out, "more_body": True})

    # -- the start -----------------------------------------------------------------------------

    async def _begin(self, message: Message) -> None:
        sent = headers.HeaderList(message.get("headers", ()))
        media_type = (headers.value(sent, b"content-type") or "").partition(";")[0].strip().lower()
        is_json = media_type == "application/json" or media_type.endswith("+json")
        is_stream = media_type == "text/event-stream"
        if message["status"] not in _CONVERTED_STATUS or not (is_json or is_stream):
            await self._send(message)
            return
        packed = (headers.value(sent, b"content-encoding") or "identity").strip().lower()
        if packed != "identity":
            self._coding = codings.coding(packed)
            if self._coding is None:
                self._fail("coding", "the reply's Content-Encoding is unknown")
                await self._send(message)
                return
        self._start = message
        if is_stream:
            options = self._options
            converter = SSEConverter(
                self._wanted,
                source=self._source(sent),
                on_loss=options.on_loss,
                markdown=options.markdown,
                pick=options.pick,
                max_line=options.max_line,
            )
            self._stream = StreamBody(converter, self._coding, self._options.max_reply)
            if self._coding is None:
                await self._begin_stream()

    def _source(self, sent: headers.HeaderList) -> Format | None:
        """Tell where the reply comes from: LiteLLM says its version, and so may the request."""
        version = headers.value(sent, VERSION_HEADER.encode())
        known = format_of_version(version) if version else None
        return known or (Format.CONTENT if self._wants_images else None)

    def _started(self, message: Message, *, changed: bool, size: int | None) -> Message:
        """Give the reply's start with the headers that tell what it is.

        ``size`` is that of the new body; None: not known.
        """
        negotiation = self._options.negotiation
        new = headers.HeaderList(message.get("headers", ()))
        if changed:
            new = headers.without(new, _DIGESTS | {b"content-length"})
            new = [(key, _rewritten(key.lower(), text)) for key, text in new]
            if size is not None:
                new.append((b"content-length", str(size).encode()))
        new = headers.added(new, negotiation.response_headers(self._decision))
        return {**message, "headers": headers.varying(new, negotiation.vary)}

    # -- JSON ------------------------------------------------------------------------------------

    async def _hold(self, message: Message) -> None:
        piece = message.get("body", b"")
        self._body.add(piece)
        await self._share.hold(self._body.size)
        self._sizes[0] = self._body.size
        if self._sizes[0] > self._options.max_reply:
            self._fail("too_large", f"the reply has more than {self._options.max_reply} bytes")
            await self._release(more=message.get("more_body", False))
        elif not message.get("more_body", False):
            await self._convert_whole()

    async def _release(self, *, more: bool = True) -> None:
        """Let pass what was held, as it came."""
        start, self._start = self._start, None
        if start is None:
            return
        pieces = deque(self._body.pieces())
        await self._send(start)
        while len(pieces) > 1:
            await self._send_body(pieces.popleft(), more=True)
        if pieces or not more:
            await self._send_body(pieces.pop() if pieces else b"", more=more)
        self._share.release()

    async def _send_body(self, body: bytes, *, more: bool) -> None:
        """Send in pieces: before each, and before the end, a server waits for a slow client."""
        is_cut = False
        for piece in in_pieces(body):
            is_cut = len(piece) < len(body)
            is_more = more or is_cut
            await self._send({"type": "http.response.body", "body": piece, "more_body": is_more})
        if is_cut and not more:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _convert_whole(self) -> None:
        assert self._start is not None  # noqa: S101  # for the type checker
        start = self._start
        if not self._body.size:
            await self._release(more=False)
            return
        begun = time.perf_counter()
        try:
            converted, changed = await self._converted(start)
        except Exception as fault:  # noqa: BLE001  # the client gets the reply as it came
            reason = "coding" if isinstance(fault, codings.CodingError) else "conversion"
            self._fail(reason, f"{type(fault).__name__}: {fault}")
            if not self._options.strict:
                await self._release(more=False)
                return
            self._start = None
            message = f"the reply cannot be given as {self._wanted}: {fault}"
            await refuse(self._send, 502, message, "image_format")
            return
        self._seconds = time.perf_counter() - begun
        self._start = None
        self._body.take()  # it is not kept until a slow client has taken what it became
        self._sizes[1] = len(converted)
        await self._share.hold(len(converted))
        await self._send(self._started(start, changed=changed, size=len(converted)))
        await self._send_body(converted, more=False)
        self._share.release()
        self._count(changed=changed)

    async def _converted(self, start: Message) -> tuple[bytes, bool]:
        """Give the reply in the format that is wanted, and whether that changed it."""
        source = self._source(headers.HeaderList(start.get("headers", ())))
        options = self._options
        do = cached_plan(
            self._wanted, source, options.on_loss, options.markdown, "keep", options.pick
        )
        is_large = self._body.size > MUCH
        body = await _beside(self._body.joined) if is_large else self._body.joined()
        plain = body
        if self._coding is not None:
            unpacking = codings.unpacking(self._coding, body, options.max_reply)
            is_large = unpacking.takes_more_than(WINDOW)
            plain = await _beside(unpacking.all) if is_large else unpacking.all()
        converted = await _convert(plain, do)
        if converted is plain:
            return body, False
        if self._coding is None:
            return converted, True
        if len(converted) < MUCH_PACKED:
            return codings.encode(self._coding, converted), True
        return await _beside(codings.encode, self._coding, converted), True

    # -- server-sent events ----------------------------------------------------------------------

    async def _begin_stream(self) -> None:
        """Send the start of a stream; from here on it is known to be what its headers say."""
        start, self._start = self._start, None
        if start is not None:
            self._body.take()
            await self._send(self._started(start, changed=True, size=None))

    async def _convert_piece(self, message: Message) -> None:
        assert self._stream is not None  # noqa: S101  # for the type checker
        piece = message.get("body", b"")
        more = message.get("more_body", False)
        if self._start is not None:
            self._body.add(piece)
        begun = time.perf_counter()
        out = await self._fed(self._stream, piece, last=not more)
        self._seconds += time.perf_counter() - begun
        if out is None:
            if self._start is not None:  # nothing has gone out yet
                self._stream = None
                await self._release(more=more)
            return
        if self._stream.begun or not more:
            await self._begin_stream()
        self._sizes[0] += len(piece)
        self._sizes[1] += len(out)
        await self._share.hold(self._stream.held + len(out))
        if out or not more:
            await self._send_body(out, more=more)
        del out
        await self._share.hold(self._stream.held)
        if not more:
            changed, self._stream = self._stream.changed, None
            self._count(changed=changed)

    async def _fed(self, stream: StreamBody, piece: bytes, *, last: bool) -> bytes | None:
        """Convert a piece; None: the stream ends here, without its end.

        What was sent so far of a packed stream is packed anew, so the rest cannot pass as it came:
        the client sees a reply that is cut off, as it would have seen one that is damaged.
        """
        if self._lost:
            return None
        was_right = stream.fault is None
        try:
            out = await _feed(stream, piece, last=last)
        except codings.CodingError as fault:
            self._fail("coding", str(fault))
            self._lost = True
            return None
        if was_right and stream.fault is not None:
            self._fail("conversion", f"{type(stream.fault).__name__}: {stream.fault}")
            self._lost = self._options.strict
        return None if self._lost else out

    # -- telling ---------------------------------------------------------------------------------

    def _count(self, *, changed: bool) -> None:
        received, sent = self._sizes
        self._options.metrics.reply(
            self._asked, self._decision, (received, sent), seconds=self._seconds, changed=changed
        )

    def _fail(self, reason: str, fault: str) -> None:
        self._options.metrics.failure(reason)
        path = shown(self._asked.path or "")
        _log.warning("%s: passed as it came: %.300s", path, shown(fault))


def _rewritten(name: bytes, text: bytes) -> bytes:
    """Rewrite a header for a reply that has changed: it is written in UTF-8."""
    if name == b"content-type" and b"charset" in text.lower() and b"utf-8" not in text.lower():
        return text.partition(b";")[0] + b"; charset=utf-8"
    return _weak(text) if name == b"etag" else text


def _weak(etag: bytes) -> bytes:
    return etag if etag.startswith(b"W/") else b"W/" + etag


async def _beside(work: Callable[..., bytes], *given: Any) -> bytes:
    """Let a thread work, while the event loop goes on."""
    return await anyio.to_thread.run_sync(work, *given, limiter=one_at_a_time("reply"))


async def _convert(body: bytes, do: Plan) -> bytes:
    if is_much(body):
        return await _beside(_convert_much, body, do)
    if count_values(body) < _MANY:
        return convert_body(body, do)
    return await _beside(convert_body, body, do)


def _convert_much(body: bytes, do: Plan) -> bytes:
    count_values(body)  # too many are a fault
    return convert_body(body, do)


async def _feed(stream: StreamBody, piece: bytes, *, last: bool) -> bytes:
    if not stream.take(piece):
        return stream.feed(last=last)
    out = await _beside(partial(stream.feed, last=False))
    # The end is told here: it keeps warnings back, which is no matter of one thread.
    return out + stream.feed(last=True) if last else out
