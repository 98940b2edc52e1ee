"""What one request may send, and how long it may take to."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import anyio

from . import headers
from .error_responses import refuse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["RequestLimits"]

# RFC 9112, 6.1: two lengths are how requests are smuggled; a server may refuse them.
_TWO_LENGTHS = (400, "two_lengths")
_TOO_LARGE = (413, "request_too_large")
_TOO_SLOW = (408, "request_timeout")
_LONG_URL = (414, "url_too_long")
_LARGE_HEAD = (400, "head_too_large")
# RFC 9112, 6.1: a parser that knows only chunked would read what is packed within as the body.
_UNKNOWN_FRAMING = (501, "unknown_transfer_encoding")
# RFC 9110, 9.3.6: behind an answer to it the connection is the client's own to the upstream.
_NO_TUNNEL = (501, "no_tunnels")


class RequestLimits:
    """Refuse requests of two lengths (400), tunnels (501), and what is too much.

    A URL that is too long (414), a head (400) or body (413) that is too large, or a slow body
    (408). ``max_url``, ``max_head`` and ``max_body`` are in bytes, ``timeout`` in seconds, from the
    head of the request to the end of its body. To the application, what is refused has left.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_body: int,
        timeout: float,
        max_url: int = 8 * 1024,
        max_head: int = 64 * 1024,
    ) -> None:
        self.app = app
        self._max_head = max_head
        self._max_url = max_url
        self._max_body = max_body
        self._timeout = timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        upload = _Upload(receive, send, self._max_body, time.monotonic() + self._timeout)
        upload.fault = self._fault(scope)
        if upload.fault is None:
            await self.app(scope, upload.receive, upload.send)
        if upload.fault and not upload.answered:
            status, code = upload.fault
            message = {
                _TWO_LENGTHS: "the request has both Content-Length and Transfer-Encoding",
                _TOO_LARGE: f"the request's body has more than {self._max_body} bytes",
                _NO_TUNNEL: "CONNECT is not passed on",
                _UNKNOWN_FRAMING: "the only Transfer-Encoding that is understood is chunked",
                _LARGE_HEAD: f"URL and headers have more than {self._max_head} bytes",
                _LONG_URL: f"the URL has more than {self._max_url} bytes",
                _TOO_SLOW: f"the request's body did not come within {self._timeout:g} seconds",
            }[upload.fault]
            # What is left of the body is not read.
            await refuse(send, status, message, code, close=True)

    def _fault(self, scope: Scope) -> tuple[int, str] | None:
        """Judge the head; h11 does not bound one that comes in a single piece."""
        url = len(scope.get("raw_path") or scope["path"]) + len(scope.get("query_string", b""))
        length = headers.value(scope["headers"], b"content-length")
        coding = headers.value(scope["headers"], b"transfer-encoding")
        declared = length or ""
        faults = (
            (url > self._max_url, _LONG_URL),
            (url + headers.size(scope["headers"]) > self._max_head, _LARGE_HEAD),
            (scope["method"] == "CONNECT", _NO_TUNNEL),
            (length is not None and coding is not None, _TWO_LENGTHS),
            (coding is not None and coding.strip(" \t").lower() != "chunked", _UNKNOWN_FRAMING),
            (declared.isdecimal() and int(declared[:20]) > self._max_body, _TOO_LARGE),
        )
        return next((fault for is_so, fault in faults if is_so), None)


class _Upload:
    """Stands between the server and the application while a body comes in."""

    def __init__(self, receive: Receive, send: Send, left: int, deadline: float) -> None:
        self.fault: tuple[int, str] | None = None
        self.answered = False
        self._receive = receive
        self._send = send
        self._left = left
        self._deadline = deadline
        self._complete = False

    async def receive(self) -> Message:
        if self._complete:
            return await self._receive()
        if self.fault is None:
            message: Message | None = None
            with anyio.move_on_after(self._deadline - time.monotonic()):
                message = await self._receive()
            if message is None:
                self.fault = _TOO_SLOW
            else:
                self._left -= len(message.get("body", b""))
                self._complete = not message.get("more_body", False)
                if self._left >= 0:
                    return message
                self.fault = _TOO_LARGE
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if self.fault is None:
            self.answered = True
            await self._send(message)
