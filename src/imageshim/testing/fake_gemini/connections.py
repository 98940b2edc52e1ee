"""The HTTP server itself: connections, and an end that leaves no thread and no socket behind."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar, cast

from .delivery import Delivery, error
from .pacing import steps
from .script import Reply

__all__ = ["Connections", "Handler", "Received"]

_LARGEST = 1 << 30  # of a body; its place is taken before it comes
Received = Callable[["Handler", bytes], None]


class Handler(BaseHTTPRequestHandler):
    """One connection; it lives as long as the client keeps it."""

    protocol_version = "HTTP/1.1"
    server_version = "imageshim-fake-gemini"
    sys_version = ""
    # A whole reply is written as headers and body: without this the second waits for the first
    # to be acknowledged, 40 ms.
    disable_nagle_algorithm: ClassVar[bool] = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # http.server's name
        """Write nothing to stderr."""

    @property
    def _connections(self) -> Connections:
        return cast("Connections", self.server)

    def _receive(self) -> None:
        try:
            body = self._body()
        except ValueError as fault:
            self.close_connection = True
            self.send(error("gemini", 400, f"the request's body has no length: {fault}"))
            return
        self._connections.received(self, body)

    do_GET = do_POST = _receive  # noqa: N815  # the names that http.server looks for

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return b"".join(iter(self._chunk, b""))
        return self.rfile.read(_size(self.headers.get("Content-Length") or "0", 10))

    def _chunk(self) -> bytes:
        size = _size(self.rfile.readline().split(b";")[0].decode("latin-1").strip(), 16)
        data = self.rfile.read(size)
        self.rfile.readline()
        return data

    def send(
        self,
        delivery: Delivery,
        reply: Reply | None = None,
        sent: Callable[[], None] = lambda: None,
    ) -> bool:
        """Write an answer, as slowly and as badly as the reply says.

        ``sent`` is called after each chunk. Returns whether all of it was written.
        """
        is_old = self.request_version == "HTTP/1.0"
        chunked = delivery.streamed and not is_old
        for step in steps(delivery, reply):
            if step.do == "wait":
                if self._connections.stopping.wait(step.seconds):
                    break
            elif step.do == "head":
                self._head(delivery, chunked=chunked)
            elif step.do in {"chunk", "tail"}:
                self._write(step.data, chunked=chunked)
                if step.do == "chunk":
                    sent()
            elif step.do == "end":
                if chunked:
                    self.wfile.write(b"0\r\n\r\n")
                self.close_connection |= delivery.streamed and is_old
                return True
            elif step.do == "stall":
                # Nothing is read: it returns when the client leaves, or at stop().
                self.connection.recv(1, socket.MSG_PEEK)
        self.close_connection = True
        return False

    def _head(self, delivery: Delivery, *, chunked: bool) -> None:
        self.send_response(delivery.status)
        self.send_header("Content-Type", delivery.content_type)
        for name, value in delivery.headers.items():
            self.send_header(name, value)
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif delivery.streamed:
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(sum(map(len, delivery.pieces))))
        self.end_headers()

    def _write(self, data: bytes, *, chunked: bool) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data) if chunked else data)


def _size(text: str, base: int) -> int:
    size = int(text[:20], base)
    if not 0 <= size <= _LARGEST:
        raise ValueError(f"{size} is not a size")
    return size


class Connections(HTTPServer):
    """A thread a connection, each known, so that :meth:`stop` can end and await them all."""

    request_queue_size = 128

    def __init__(self, port: int, received: Received) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.received = received
        self.stopping = threading.Event()
        self._threads: dict[threading.Thread, socket.socket] = {}
        self._accepting = threading.Thread(target=self._accept, name="fake-gemini", daemon=True)

    def start(self) -> None:
        """Begin to accept."""
        self._accepting.start()

    def _accept(self) -> None:
        while not self.stopping.is_set():
            self.handle_request()

    def server_bind(self) -> None:
        """Bind without the look-up of a host name that http.server does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer a connection in a thread of its own."""
        self._threads = {t: s for t, s in self._threads.items() if t.is_alive()}
        thread = threading.Thread(
            target=self._answer, args=(request, client_address), name="fake-gemini", daemon=True
        )
        self._threads[thread] = request
        thread.start()

    def _answer(self, request: Any, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        except Exception:  # noqa: BLE001  # told by handle_error
            self.handle_error(request, client_address)
        finally:
            self.shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away, which is theirs to do."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        """Stop accepting, cut every connection, and wait for the threads to end."""
        self.stopping.set()
        # accept() has no other portable end than a connection.
        with contextlib.suppress(OSError), socket.create_connection(self.socket.getsockname()):
            pass
        self._accepting.join()
        self.server_close()
        for connection in self._threads.values():
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._threads.clear()
