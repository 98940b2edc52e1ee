"""uvicorn's protocol on httptools, with the limits of :mod:`.connections`."""

from __future__ import annotations

from collections import deque
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .connections import Limited

__all__ = ["HttpTools"]

# Requests that wait for the answer to one before them. Each is parsed already, and so takes
# kilobytes where it was 18 bytes on its way.
_MOST_WAITING = 16


class _Parser(httptools.HttpRequestParser):
    """Reads a request that asks for another protocol as if it did not (RFC 9110, 7.8).

    llhttp takes all that is behind its head for that protocol. What uvicorn makes of it depends on
    how it was cut into packets: it is lost, or a request's own body is taken for the next request.
    """

    def __init__(self, protocol: HttpTools) -> None:
        super().__init__(protocol)
        self.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
        self._protocol = protocol

    @property
    def asks_for_upgrade(self) -> bool:
        """Whether the request asks for another protocol, but for a tunnel, which is refused."""
        return self.should_upgrade() and self.get_method() != b"CONNECT"

    def feed_data(self, data: bytes) -> None:  # type: ignore[override]  # nothing else comes
        try:
            super().feed_data(data)
        except httptools.HttpParserUpgrade as end:
            if not self.asks_for_upgrade:
                raise
            # This parser may be one that reads no more: behind "Connection: close".
            head = self._protocol.head_without_upgrade()
            self._protocol.parser = _Parser(self._protocol)
            self._protocol.parser.feed_data(head + data[end.args[0] :])


class HttpTools(Limited, HttpToolsProtocol):  # type: ignore[misc]  # their attributes differ
    """httptools gathers without end; what comes without any result is counted here.

    uvicorn parses all requests that have come, and knows the last one only (``cycle``).
    """

    parser: _Parser
    pipeline: deque[Any]

    _gathered = 0
    _has_result = False
    _in_head = True

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.parser = _Parser(self)
        self._running: Any = None  # the cycle of the request that is answered

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the request that is answered; those that wait are never begun."""
        self.cycle = self._running
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse at most as much at a time as may be gathered."""
        most = self._limits.max_head
        while data and not self.transport.is_closing():
            piece, data = data[: most - self._gathered], data[most - self._gathered :]
            self._has_result = False
            super().data_received(piece)
            self._gathered = 0 if self._has_result else self._gathered + len(piece)
            if self._gathered >= most and not self.transport.is_closing():
                self.logger.warning("Invalid HTTP request received.")
                self.send_400_response("The head of the request is too large.")
                return

    def send_400_response(self, msg: str) -> None:
        """Forget a request that is broken while it waits: those before it have their answers."""
        if self.pipeline and self.cycle.more_body:
            self.pipeline.popleft()
            self.cycle = self.pipeline[0][0] if self.pipeline else self._running
        super().send_400_response(msg)

    def head_without_upgrade(self) -> bytes:
        """Give the head that was parsed as it is without the wish for another protocol."""
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        lines = [b"%b: %b" % (name, value) for name, value in self.headers if name != b"upgrade"]
        return b"\r\n".join([b"%b %b HTTP/%b" % (method, self.url, version), *lines, b"", b""])

    def on_message_begin(self) -> None:
        """Take note of where a head begins."""
        self._in_head = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Leave out trailers, which uvicorn would put among the headers (RFC 9110, 6.5.1)."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Take note of a head; it is parsed again if it asks for another protocol."""
        self._has_result = True
        self._in_head = False
        if self.parser.asks_for_upgrade:
            return
        if self.parser.get_http_version() == "1.0":
            self.expect_100_continue = False  # it knows no answers before the answer
        super().on_headers_complete()
        if not self.pipeline:
            self._running = self.cycle
        elif len(self.pipeline) > _MOST_WAITING:
            raise httptools.HttpParserError("too many requests wait")

    def on_body(self, body: bytes) -> None:
        """Take note of a piece of a body."""
        self._has_result = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Take note of the end of a request."""
        self._has_result = True
        if not self.parser.asks_for_upgrade:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Take note of which request is answered next."""
        if self.pipeline:
            self._running = self.pipeline[-1][0]
        super().on_response_complete()
