"""Servers and a client for bench_server.py, on loopback, each server in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from imageshim.testing.strategies import write_message

from .bench_core import picture, reply

CHAT = "/v1/chat/completions"
SIZES = {"text": 0, "image": 1_500_000}  # bytes of picture


def body_of(kind: str) -> bytes:
    parts = ("I can only talk: " * 8, *([picture(SIZES[kind])] if SIZES[kind] else ()))
    message = write_message(parts, "images")
    return json.dumps(reply(message), separators=(",", ":")).encode()


# -- the upstream: as little as can be ---------------------------------------------------------


def _events(count: int) -> list[bytes]:
    choice = {"index": 0, "delta": {"content": "word "}, "finish_reason": None}
    chunk = {"id": "x", "object": "chat.completion.chunk", "choices": [choice]}
    data = b"data: " + json.dumps(chunk).encode() + b"\n\n"
    return [b"%x\r\n%b\r\n" % (len(data), data)] * count


async def upstream(port: int) -> None:
    """Answer by the request's model: ``text``, ``image``, ``stream`` or ``silent``."""
    answers = {}
    for kind in SIZES:
        body = body_of(kind)
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        answers[kind] = f"{head}\r\n\r\n".encode() + body
    events = _events(50)
    status = b"HTTP/1.1 200 OK\r\n"
    start = status + b"Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    left: list[float] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
                asked = await reader.readexactly(int(length[1])) if length else b"{}"
                is_small = asked.startswith(b"{") and len(asked) < 10_000
                kind = json.loads(asked).get("model", "left") if is_small else "text"
                if kind == "left":
                    data = json.dumps(left).encode()
                    writer.write(b"%bContent-Length: %d\r\n\r\n%b" % (status, len(data), data))
                elif kind == "silent":
                    writer.write(start + events[0])
                    await reader.read()
                    left.append(time.time())
                    break
                elif kind == "stream":
                    writer.write(start)
                    for event in events:
                        writer.write(event)
                        await writer.drain()
                        await asyncio.sleep(0.02)
                    writer.write(b"data: [DONE]\n\n".join([b"e\r\n", b"\r\n0\r\n\r\n"]))
                else:
                    writer.write(answers[kind])
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", port, limit=1 << 22)
    await server.serve_forever()


# -- a plain pass-through of the same libraries, as one writes it ------------------------------


def plain() -> Starlette:
    client = httpx.AsyncClient(base_url=os.environ["UPSTREAM"], trust_env=False, timeout=60)

    async def forward(request: Request) -> StreamingResponse:
        headers = [(k, v) for k, v in request.headers.raw if k not in {b"host", b"connection"}]
        made = client.build_request(
            request.method, request.url.path, headers=headers, content=await request.body()
        )
        answer = await client.send(made, stream=True)

        async def body() -> AsyncIterator[bytes]:
            async for piece in answer.aiter_raw():
                yield piece
            await answer.aclose()

        kept = {k: v for k, v in answer.headers.items() if k != "transfer-encoding"}
        return StreamingResponse(body(), answer.status_code, kept)

    return Starlette(routes=[Route("/{path:path}", forward, methods=["GET", "POST"])])


# -- processes -----------------------------------------------------------------------------------


@contextlib.contextmanager
def process(port: int, *command: str, **environ: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a Python program until the block ends; it is up when the port answers."""
    with subprocess.Popen(
        [sys.executable, *command],
        env={**os.environ, **environ}, cwd=Path(__file__).parents[1],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as running:  # fmt: skip
        try:
            wait_for(port, running)
            yield running
        finally:
            running.kill()


def wait_for(port: int, running: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if running.poll() is not None:
            raise RuntimeError(f"{running.args} has ended")
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
            return
        time.sleep(0.05)
    raise TimeoutError(running.args)


def resident(pid: int) -> int:
    """Give the resident memory of a process, in bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


# -- the client ------------------------------------------------------------------------------------


class Client:
    """One connection, kept alive."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, kind: str) -> int:
        """Ask once; returns how many bytes the answer's body has."""
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(
                "127.0.0.1", self._port, limit=1 << 22
            )
        assert self._reader
        body = json.dumps({"model": kind, "messages": [{"role": "user", "content": "x"}]}).encode()
        head = f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        got = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        if not got.startswith(b"http/1.1 200"):
            raise RuntimeError(got)
        length = re.search(rb"content-length: (\d+)", got)
        if length:
            return len(await self._reader.readexactly(int(length[1])))
        size = 0
        while piece := int(await self._reader.readline(), 16):
            size += len(await self._reader.readexactly(piece))
            await self._reader.readline()
        await self._reader.readline()
        return size

    def close(self) -> None:
        if self._writer:
            self._writer.close()


async def load(port: int, kind: str, count: int, at_once: int) -> tuple[float, float]:
    """Ask ``count`` times; returns requests a second, and the median latency in milliseconds."""
    latencies: list[float] = []
    left = iter(range(count))

    async def one() -> None:
        client = Client(port)
        for _ in left:
            begin = time.perf_counter()
            await client.ask(kind)
            latencies.append(time.perf_counter() - begin)
        client.close()

    begin = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(at_once)))
    seconds = time.perf_counter() - begin
    return count / seconds, statistics.median(latencies) * 1000


if __name__ == "__main__":
    asyncio.run(upstream(int(sys.argv[1])))
