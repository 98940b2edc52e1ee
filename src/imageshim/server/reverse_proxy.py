"""A streaming reverse proxy to one upstream, as an ASGI application.

Bodies go through piece by piece in both directions: what a slow client has not read is not read
from the upstream either. When the client leaves, the call to the upstream ends. It keeps nothing
from one request to the next but idle connections: no cookies, no redirects that it follows, no
proxies or credentials that it finds in the environment.
"""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

import anyio
import h11
import httpx

from imageshim.errors import ImageShimError
from imageshim.printing.escapes import shown

from . import headers
from .error_responses import refuse

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from .metrics import Metrics

__all__ = ["ReverseProxy", "upstream_url"]

_log = logging.getLogger(__name__)

# RFC 9110, 7.6.1, and those that old agents still send; Host is the upstream's own, and 100
# Continue was answered by the server.
_HOP_BY_HOP = frozenset(
    {
        b"connection", b"expect", b"host", b"keep-alive", b"proxy-authenticate",
        b"proxy-authorization", b"proxy-connection", b"te", b"trailer", b"transfer-encoding",
        b"upgrade",
    }
)  # fmt: skip
_STATUS = range(200, 600)  # RFC 9110, 15: no other is the status of a whole answer
# RFC 9110, 8.6: the length says nothing of these answers themselves. uvicorn on httptools believes
# it, and ends the connection for want of the body.
_NO_BODY = frozenset({204, 304})
_VIA = (b"via", b"1.1 imageshim")  # RFC 9110, 7.6.3: a gateway must name itself to the upstream

# RFC 9110, 5.5: blanks may stand for what no header's value holds. h11 lets it pass; uvicorn on
# httptools, and who is asked behind us, need not.
_BLANKED = bytes(
    0x20 if (code < 0x20 and code != 0x09) or code == 0x7F else code for code in range(256)
)

# The first that matches: what the client is told, and what is counted.
_FAULTS: tuple[tuple[type[Exception], int, str, str], ...] = (
    (httpx.PoolTimeout, 503, "too many calls to the upstream are open", "timeout"),
    (httpx.TimeoutException, 504, "the upstream does not answer in time", "timeout"),
    (httpx.ConnectError, 502, "the upstream cannot be reached", "upstream"),
    (httpx.LocalProtocolError, 400, "the request cannot be passed on", "refused"),
    (httpx.TransportError, 502, "the upstream broke the connection", "upstream"),
)

# Segments that lead up or stay: httpx resolves them, Tomcat cuts ";" off, IIS reads "\\" as "/".
_DOTS = re.compile(rb"(?:^|[/\\])\.{1,2}(?:[;/\\]|$)")
_HOST = re.compile(rb"[\w.:-]+", re.ASCII)  # a name, in its IDNA form, or an IPv4 or IPv6 address


def upstream_url(text: str) -> httpx.URL:
    """Check the address of an upstream: ``https://host``, with a port or a path.

    Raises:
        ImageShimError: it is not an http(s) URL, or has a query, a fragment or credentials.

    """
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, TypeError, ValueError) as fault:
        raise ImageShimError(f"upstream {text!r:.200}: {fault}") from None
    if url.scheme not in {"http", "https"} or not _HOST.fullmatch(url.raw_host):
        raise ImageShimError(f"upstream {text!r:.200} is not an http(s) URL")
    if url.port is not None and not 0 < url.port < 65536:
        raise ImageShimError(f"upstream {text!r:.200}: there is no port {url.port}")
    if url.query or url.fragment or url.userinfo:
        raise ImageShimError("the upstream's URL takes no query, fragment or credentials")
    return url


class ReverseProxy:
    """Pass every request on to ``upstream``.

    ``transport`` makes the connections, and is closed by whoever made it. ``timeouts`` are those
    of httpx, in seconds: ``connect``, ``read`` and ``write`` (for one piece), ``pool``.
    """

    def __init__(
        self,
        upstream: httpx.URL,
        transport: httpx.AsyncBaseTransport,
        *,
        timeouts: httpx.Timeout,
        metrics: Metrics,
    ) -> None:
        self._upstream = upstream
        self._prefix = upstream.raw_path.rstrip(b"/")
        self._host = (b"host", upstream.netloc)
        self._transport = transport
        self._extensions = {"timeout": timeouts.as_dict()}
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})  # the server makes a 403 of it
            return
        url = self._target(scope)
        if url is None:
            await refuse(send, 400, "the path is malformed", "invalid_path")
            return
        first = await receive()
        if first["type"] == "http.disconnect":
            return
        upload = _Upload(first, receive)
        request = httpx.Request(
            scope["method"],
            url,
            headers=self._forwarded(scope, first),
            stream=upload,
            extensions=self._extensions,
        )
        del first  # with a body that need not be kept until it is answered
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._answer, request, send, scope["path"], tasks.cancel_scope)
            await upload.sent.wait()
            while (await receive())["type"] != "http.disconnect":
                pass
            tasks.cancel_scope.cancel()

    def _target(self, scope: Scope) -> httpx.URL | None:
        """Give the URL to call; None: the path would lead out of the upstream's."""
        path = scope.get("raw_path") or quote(scope["path"]).encode("ascii")
        if not path.startswith(b"/") or _DOTS.search(unquote_to_bytes(path)):
            return None
        query = scope.get("query_string")
        raw_path = self._prefix + path + (b"?" + query if query else b"")
        try:
            return self._upstream.copy_with(raw_path=raw_path)
        except (httpx.InvalidURL, ValueError):
            return None

    def _forwarded(self, scope: Scope, first: Message) -> headers.HeaderList:
        sent = _end_to_end(scope["headers"])
        via = headers.value(sent, b"via")
        sent = [self._host, *headers.without(sent, {b"via"})]
        sent.append((b"via", f"{via}, 1.1 imageshim".encode("latin-1")) if via else _VIA)
        if headers.value(sent, b"content-length") is None:
            if first.get("more_body", False):
                sent.append((b"transfer-encoding", b"chunked"))
            elif first.get("body"):
                sent.append((b"content-length", str(len(first["body"])).encode()))
        return sent

    async def _answer(
        self, request: httpx.Request, send: Send, path: str, scope: anyio.CancelScope
    ) -> None:
        """Call the upstream, send its answer, and end the other tasks."""
        started = False
        response = None
        try:
            response = await self._transport.handle_async_request(request)
            if response.status_code not in _STATUS:
                raise httpx.RemoteProtocolError("this is not a status")
            sent = _end_to_end(response.headers.raw)
            if response.status_code in _NO_BODY:
                sent = headers.without(sent, {b"content-length"})
            status = response.status_code
            started = True
            await send({"type": "http.response.start", "status": status, "headers": sent})
            assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101  # for types
            async for piece in response.stream:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            _end_if_more_was_sent(response.stream)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except _ClientLeft:
            pass
        except httpx.TransportError as fault:
            await self._tell(fault, path, None if started else send)
        except h11.ProtocolError:  # of the request; httpcore does not translate this one
            await self._tell(httpx.LocalProtocolError("h11"), path, None if started else send)
        finally:
            if response is not None:
                with anyio.CancelScope(shield=True):
                    await response.aclose()
            scope.cancel()

    async def _tell(self, fault: httpx.TransportError, path: str, send: Send | None) -> None:
        """Log a fault, and answer it where that can still be done.

        Where the answer has begun, it ends without its end: the server closes the connection, and
        the client sees what it would have seen without us.
        """
        status, message, reason = next(
            (status, message, reason)
            for kind, status, message, reason in _FAULTS
            if isinstance(fault, kind)
        )
        self._metrics.failure(reason)
        # The text of a protocol error quotes headers, so credentials.
        text = "" if isinstance(fault, httpx.ProtocolError) else str(fault)
        _log.warning("%s: %s: %s: %.200s", shown(path), message, type(fault).__name__, shown(text))
        if send is not None:
            code = "invalid_request" if reason == "refused" else f"upstream_{reason}"
            await refuse(send, status, message, code)


def _end_if_more_was_sent(stream: httpx.AsyncByteStream) -> None:
    """Keep a connection from being used again on which more came than the answer.

    httpcore would read it as the beginning of the next answer, which another client gets. It holds
    h11's state as its own; h11 that has failed makes it close the connection.
    """
    state: object = stream
    for name in ("_httpcore_stream", "_stream", "_connection", "_h11_state"):
        state = getattr(state, name, None)
    if isinstance(state, h11.Connection) and state.trailing_data[0]:
        state.send_failed()


class _ClientLeft(Exception):  # noqa: N818  # it is no error
    pass


class _Upload(httpx.AsyncByteStream):
    """The request's body, as it comes in; ``sent`` is set once all of it went out."""

    def __init__(self, first: Message, receive: Receive) -> None:
        self.sent = anyio.Event()
        self._message = first
        self._receive = receive

    async def __aiter__(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            more = self._message.get("more_body", False)
            if body := self._message.pop("body", b""):  # it is not kept until it is answered
                yield body
            del body
            if more:
                self._message = await self._receive()
            if self._message["type"] == "http.disconnect":
                raise _ClientLeft
        self.sent.set()


def _end_to_end(raw: headers.HeaderList) -> headers.HeaderList:
    """Leave out what concerns one connection only, and what Connection names (RFC 9110, 7.6.1)."""
    named = headers.value(raw, b"connection") or ""
    listed = {name.strip().lower().encode("latin-1") for name in named.split(",")}
    # RFC 9112, 6.3: beside a Transfer-Encoding the length says nothing. RFC 9110, 5.5: the blanks
    # around a value are none of it; some parsers leave them.
    framing = {b"content-length"} if headers.value(raw, b"transfer-encoding") is not None else set()
    kept = headers.without(raw, _HOP_BY_HOP | listed | framing)
    return [(key.lower(), text.translate(_BLANKED).strip(b" \t")) for key, text in kept]
