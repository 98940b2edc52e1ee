"""Servers on loopback for the length of a block: ASGI applications, and raw sockets."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import uvicorn

__all__ = ["RawServer", "served"]

Conversation = Callable[["RawServer", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextmanager
def served(app: Any, **options: Any) -> Iterator[str]:
    """Run an ASGI application with uvicorn, with the options of its Config; gives its URL."""
    # An idle connection stays: a client on a busy machine may come back late, and would be reset.
    options = {"timeout_graceful_shutdown": 5, "timeout_keep_alive": 60, **options}
    config = uvicorn.Config(app, port=0, log_config=None, access_log=False, server_header=False,
                            date_header=False, **options)  # fmt: skip
    server = _Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert server.ready.wait(120)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.stop()
        thread.join()


class _Server(uvicorn.Server):
    """Says when it serves, and stops when it is told; uvicorn looks ten times a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._told: asyncio.Event
        self._loop: asyncio.AbstractEventLoop

    async def startup(self, sockets: Any = None) -> None:
        self._told, self._loop = asyncio.Event(), asyncio.get_running_loop()
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        if not self.should_exit:
            await self._told.wait()

    def stop(self) -> None:
        with suppress(RuntimeError):  # it has ended by itself
            self._loop.call_soon_threadsafe(self._told.set)


class RawServer:
    """Reads requests and says whatever its function says, right or wrong.

    ``left`` is set once a client has closed its connection, ``heads`` are the requests' heads.
    """

    def __init__(self, conversation: Conversation) -> None:
        self.heads: list[str] = []
        self.bodies: list[bytes] = []
        self.left = threading.Event()
        self._conversation = conversation
        self._talks: set[asyncio.Future[None]] = set()
        self._stop: asyncio.Event
        self._loop: asyncio.AbstractEventLoop
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()))
        self.url = ""

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(120)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _main(self) -> None:
        self._stop, self._loop = asyncio.Event(), asyncio.get_running_loop()
        server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        await self._stop.wait()
        # A server that closes loses what was just accepted, unclosed: that gets its task first.
        self._loop.remove_reader(server.sockets[0])
        for _ in range(3):
            await asyncio.sleep(0)
        server.close()
        while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # the last transports close

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk in a task; also of one that is cancelled before it begins the connection ends."""
        talk = asyncio.ensure_future(self._connected(reader, writer))
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)
        talk.add_done_callback(lambda _: writer.transport.abort())

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._read_request(reader):
                await self._conversation(self, reader, writer)
                if writer.is_closing():
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.left.set()
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _read_request(self, reader: asyncio.StreamReader) -> bool:
        head = b""
        with suppress(asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
        if not head:
            return False
        text = head.decode("latin-1")
        lower = text.lower()
        length = lower.partition("content-length:")[2].partition("\r\n")[0].strip()
        self.bodies.append(await reader.readexactly(int(length or 0)))
        self.heads.append(text)
        return True
