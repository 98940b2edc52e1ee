"""The ASGI middleware: each client of a chat-completions server gets its format.

Raw ASGI, for any application: FastAPI, Starlette, LiteLLM's proxy, or the gateway's own reverse
proxy. Requests to other paths, of other methods and websockets never notice it. Put it outermost
or innermost: it unpacks and packs what a compressing middleware inside of it has packed.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from imageshim.errors import FormatRequestError, ImageShimError, MissingExtraError
from imageshim.messages.options import FormatLike, OnLoss, Pick, plan
from imageshim.printing.escapes import shown
from imageshim.timeline import Format

try:
    import anyio.to_thread
except ImportError:
    raise MissingExtraError("the middleware", "server") from None

from . import codings, headers
from .asked import Asked
from .error_responses import refuse
from .metrics import Metrics, default_metrics
from .negotiation import Decision, Negotiation
from .pieces import Body, in_pieces
from .replies import Options, Reply
from .request_bodies import NOTHING, Found, can_hold, look
from .room import NoRoomError, Room, Share, one_at_a_time
from .rules import Rules

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["CHAT_PATHS", "ImageFormatMiddleware"]

CHAT_PATHS = ("/chat/completions",)
"""How the paths of chat completions end, with and without ``/v1`` or a deployment before it."""

_log = logging.getLogger(__name__)
_MEBIBYTE = 1 << 20

# Looking through this much takes a millisecond or more. It is done beside the event loop, and for
# one request at a time, so that many at once take neither its time nor memory.
_OFF_LOOP = 100_000

_PATIENCE = 30.0  # seconds for which a request waits for room
_BUSY = "the server holds as many bytes of other requests and replies as it may; try again"

# Extensions with which an application hands a file to the server, past everybody in between.
_PAST_US = frozenset({"http.response.pathsend", "http.response.zerocopysend"})
_OF_THE_BODY = frozenset(
    {b"content-length", b"content-encoding", b"content-md5", b"digest", b"content-digest"}
)


class ImageFormatMiddleware:
    """Convert the replies of chat completions to the format that each client needs.

    Args:
        app: the application.
        default: the format of those who ask for none: ``"images"`` unless the rules say
            otherwise; ``"as-is"`` leaves their replies alone.
        rules: a rules file (:mod:`imageshim.server.rules`), or the rules.
        negotiation: a :class:`Negotiation`, in place of ``default`` and ``rules``.
        paths: how the paths end whose replies are converted.
        on_loss: what becomes of what a format cannot hold, as in :func:`imageshim.convert`.
        markdown: also convert images in Markdown, as there.
        pick: which of several images the format ``image`` holds, as there.
        strict: answer 502 where a reply cannot be converted, instead of letting it pass.
        max_look: requests up to this many bytes, unpacked, are searched for
            ``metadata.image_format``; larger ones pass unread, and their header decides.
        max_reply: replies up to this many bytes are converted; larger ones pass.
        max_held: about so many bytes of requests and replies are held at a time, all together; what
            is more waits. A request for which there is no room within half a minute is answered
            503, with ``Retry-After``.
        max_line: text of streams is cut into deltas so that no line has more bytes, for clients
            that refuse longer ones; images in text (``content``) only. None: no limit.
        metrics: where to count; by default prometheus-client's registry, where that is installed.

    Raises:
        UnknownFormatError: ``default`` is no format.
        RulesFileError: the rules file is wrong; the message names line and key.
        ImageShimError: another option is unknown.

    """

    def __init__(  # noqa: PLR0913  # each option is a word of its own
        self,
        app: ASGIApp,
        *,
        default: FormatLike | Literal["as-is"] | None = None,
        rules: Rules | str | os.PathLike[str] | None = None,
        negotiation: Negotiation | None = None,
        paths: Sequence[str] = CHAT_PATHS,
        on_loss: OnLoss = "stash",
        markdown: bool = False,
        pick: Pick = "first",
        strict: bool = False,
        max_look: int = 8 * _MEBIBYTE,
        max_reply: int = 64 * _MEBIBYTE,
        max_held: int = 96 * _MEBIBYTE,
        max_line: int | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        if negotiation is not None and (default is not None or rules is not None):
            raise ImageShimError("negotiation takes the place of default and rules: give only one")
        plan(Format.IMAGES, on_loss=on_loss, markdown=markdown, pick=pick)  # checks the words
        self.app = app
        self._paths = tuple(paths)
        negotiation = negotiation or Negotiation(default, rules)
        self._looking = _Looking(max_look, negotiation.reads_models)
        self._room = Room(max_held)
        self._options = Options(
            negotiation,
            metrics or default_metrics(),
            on_loss,
            markdown,
            pick,
            strict,
            max_reply,
            max_line,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if (
            scope["type"] != "http"
            or scope["method"] != "POST"
            or not scope["path"].rstrip("/").endswith(self._paths)
        ):
            await self.app(scope, receive, send)
            return
        # One share for both, so that no reply waits for its own request.
        with self._room.share() as share:
            request = _Request(scope, receive, self._looking, share)
            try:
                await request.read()
                decision = self._options.negotiation.decide(request.asked)
            except NoRoomError:
                self._options.metrics.failure("busy")
                await refuse(send, 503, _BUSY, "busy", close=True, retry_after=1)
            except FormatRequestError as fault:
                self._options.metrics.failure("refused")
                await refuse(send, 400, str(fault), "unknown_image_format", param=fault.param)
            else:
                await self._answer(request, send, decision, share)

    async def _answer(
        self, request: _Request, send: Send, decision: Decision, share: Share
    ) -> None:
        wanted = decision.format
        if wanted is None:
            await self.app(request.scope, request.receive, send)
            return
        reply = Reply(
            send,
            self._options,
            request.asked,
            decision,
            share,
            wanted=wanted,
            wants_images=request.wants_images,
        )
        try:
            await self.app(request.convertible_scope(), request.receive, reply.send)
        finally:
            if not request.client_left:
                await reply.end()


@dataclass(frozen=True)
class _Looking:
    """What is looked for in requests of at most ``max_size`` bytes: also the ``model``."""

    max_size: int
    model: bool


class _Request:
    """A request whose body has been read, and is given to the application as if it had not."""

    def __init__(self, scope: Scope, receive: Receive, options: _Looking, share: Share) -> None:
        self.scope = scope
        self.asked = Asked()
        self.wants_images = False
        self.client_left = False
        self._receive = receive
        self._options = options
        self._share = share
        self._messages: deque[Message] = deque()

    async def receive(self) -> Message:
        """Stand in for the server's ``receive``."""
        if self._messages:
            message = self._messages.popleft()
            if not self._messages:
                self._share.release()  # what is held of it is the application's from here on
        else:
            message = await self._receive()
        self.client_left = message["type"] == "http.disconnect"
        return message

    async def read(self) -> None:
        """Read the body, and take out of it what is for us."""
        sent = headers.HeaderList(self.scope["headers"])
        body = await self._read_body()
        found = NOTHING if body is None else await self._found(sent, body)
        if found.rest is not None:
            self._give([found.rest], more=False)
            length = (b"content-length", str(len(found.rest)).encode())
            self._replace_headers([*headers.without(sent, _OF_THE_BODY), length])
        self.wants_images = found.wants_images
        self.asked = Asked(
            {key.decode("latin-1").lower(): text.decode("latin-1") for key, text in sent},
            metadata_format=found.wish,
            model=found.model,
            path=self.scope["path"],
        )

    async def _read_body(self) -> bytes | None:
        """Read the body; None: it is too large, or the client left. It is given again."""
        body = Body()
        message: Message = {"type": "http.request", "more_body": True}
        while message.get("more_body", False) and body.size <= self._options.max_size:
            message = await self._receive()
            body.add(message.get("body", b""))
            await self._share.hold(body.size, _PATIENCE)
        pieces = body.pieces()
        left = message["type"] != "http.request"
        more = left or message.get("more_body", False)
        if body.size or not left:
            self._give(pieces or [b""], more=more)
        if left:
            self._messages.append(message)
            return None
        if body.size > self._options.max_size:
            self._pass(f"it has more than {self._options.max_size} bytes")
            return None
        return b"".join(pieces)

    def _give(self, pieces: list[bytes], *, more: bool) -> None:
        """Let the application have the body in pieces; ``more``: what is behind it comes itself."""
        self._messages = deque(
            {"type": "http.request", "body": part, "more_body": True}
            for piece in pieces
            for part in in_pieces(piece)
        )
        self._messages[-1]["more_body"] = more

    async def _found(self, sent: headers.HeaderList, body: bytes) -> Found:
        """Look through the body; whether it may be as it is, is the upstream's to say."""
        packed = headers.value(sent, b"content-encoding")
        how = codings.coding(packed) if packed else None
        if packed and how is None:
            return NOTHING
        try:
            if how is None and len(body) < _OFF_LOOP:
                return self._looked(body)
            return await anyio.to_thread.run_sync(
                self._unpacked, how, body, limiter=one_at_a_time("look")
            )
        except (ImageShimError, ValueError) as fault:
            # Its text may quote the body, which is the client's.
            too_large = isinstance(fault, codings.UnpackedTooLargeError)
            self._pass("it is too large" if too_large else "it cannot be read")
            return NOTHING

    def _unpacked(self, how: codings.Coding | None, body: bytes) -> Found:
        return self._looked(codings.decode(how, body, self._options.max_size) if how else body)

    def _looked(self, plain: bytes) -> Found:
        return look(plain) if can_hold(plain, model=self._options.model) else NOTHING

    def _pass(self, why: str) -> None:
        path = shown(self.scope["path"])
        _log.warning("%s: a request was not searched for its format: %s", path, why)

    def _replace_headers(self, new: headers.HeaderList) -> None:
        self.scope = {**self.scope, "headers": new}

    def convertible_scope(self) -> Scope:
        """Give the scope with which an application answers what can be converted."""
        sent = headers.HeaderList(self.scope["headers"])
        accepted = headers.value(sent, b"accept-encoding")
        if accepted is not None:
            usable = codings.acceptable(accepted)
            if usable != accepted:
                sent = headers.without(sent, {b"accept-encoding"})
                self._replace_headers([*sent, (b"accept-encoding", usable.encode("latin-1"))])
        extensions = self.scope.get("extensions") or {}
        if _PAST_US.isdisjoint(extensions):
            return self.scope
        left = {name: value for name, value in extensions.items() if name not in _PAST_US}
        return {**self.scope, "extensions": left}
