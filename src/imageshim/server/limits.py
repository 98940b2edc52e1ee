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
# RFC 9110, 9.3.6: behind an answer to it the connection is the client's own to the upstream.
_NO_TUNNEL = (501, "no_tunnels")


class RequestLimits:
    """Refuse requests of two lengths (400), tunnels (501), and a URL or body that is too much.

    A URL that is too long (414), a body that is too large (413) or slow (408). ``max_url`` and
    ``max_body`` are in bytes, ``timeout`` in seconds, from the head of the request to the end of
    its body. To the application, what is refused is a client that has left.
    """

    def __init__(
        self, app: ASGIApp, *, max_body: int, timeout: float, max_url: int = 8 * 1024
    ) -> None:
        self.app = app
        self._max_url = max_url
        self._max_body = max_body
        self._timeout = timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        length = headers.value(scope["headers"], b"content-length")
        declared = length or ""
        upload = _Upload(receive, send, self._max_body, time.monotonic() + self._timeout)
        url = len(scope.get("raw_path") or scope["path"]) + len(scope.get("query_string", b""))
        if url > self._max_url:
            upload.fault = _LONG_URL
        elif scope["method"] == "CONNECT":
            upload.fault = _NO_TUNNEL
        elif (
            length is not None and headers.value(scope["headers"], b"transfer-encoding") is not None
        ):
            upload.fault = _TWO_LENGTHS
        elif declared.isdecimal() and int(declared[:20]) > self._max_body:
            upload.fault = _TOO_LARGE
        else:
            await self.app(scope, upload.receive, upload.send)
        if upload.fault and not upload.answered:
            status, code = upload.fault
            message = {
                _TWO_LENGTHS: "the request has both Content-Length and Transfer-Encoding",
                _TOO_LARGE: f"the request's body has more than {self._max_body} bytes",
                _NO_TUNNEL: "CONNECT is not passed on",
                _LONG_URL: f"the URL has more than {self._max_url} bytes",
                _TOO_SLOW: f"the request's body did not come within {self._timeout:g} seconds",
            }[upload.fault]
            # What is left of the body is not read.
            await refuse(send, status, message, code, close=True)


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
