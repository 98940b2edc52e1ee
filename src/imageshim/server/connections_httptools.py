"""uvicorn's protocol on httptools, with the limits of :mod:`.connections`."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .connections import Limited

__all__ = ["HttpTools"]


class HttpTools(Limited, HttpToolsProtocol):  # type: ignore[misc]  # their attributes differ
    """httptools gathers without end; what comes without any result is counted here."""

    _gathered = 0
    _has_result = False
    _in_head = True

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

    def on_message_begin(self) -> None:
        """Take note of where a head begins."""
        self._in_head = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Leave out trailers, which uvicorn would put among the headers (RFC 9110, 6.5.1)."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Take note of a head."""
        self._has_result = True
        self._in_head = False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take note of a piece of a body."""
        self._has_result = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Take note of the end of a request."""
        self._has_result = True
        super().on_message_complete()
