"""What all clients together make a server hold is bounded."""

from __future__ import annotations

import json
import re
import socket
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import pytest

import patient
from asgi_calls import scope
from imageshim.server import asgi
from imageshim.server.gateway import Settings
from imageshim.testing.pictures import png
from programs import gateway
from served import RawServer

CHAT = "/v1/chat/completions"
LARGE = b'{"a":"' + b"x" * 200_000 + b'"}'
IMAGE = {"type": "image_url", "image_url": {"url": png().url}}
REPLY = json.dumps({
    "choices": [{"message": {"role": "assistant", "content": "x" * 600_000, "images": [IMAGE]}}]
}).encode()  # fmt: skip


class Client:
    """A client that sends its body up to a point, and takes answers when it is told to."""

    def __init__(self, app, *, whole=True, takes=True):
        self.sent = []
        self.may_send, self.may_take = anyio.Event(), anyio.Event()
        if whole:
            self.may_send.set()
        if takes:
            self.may_take.set()
        self._app = app
        self._pieces = [LARGE[:150_000], LARGE[150_000:]]

    async def run(self):
        await self._app(
            scope(headers={"x-image-format": "content"}.items()), self._receive, self._send
        )

    async def _receive(self):
        if len(self._pieces) == 1:
            await self.may_send.wait()
        if not self._pieces:
            return {"type": "http.disconnect"}
        piece = self._pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(self._pieces)}

    async def _send(self, message):
        if message["type"] == "http.response.body":
            await self.may_take.wait()
        self.sent.append(message)

    @property
    def body(self):
        return b"".join(message.get("body", b"") for message in self.sent)


async def replying(_scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for at in range(0, len(REPLY), 100_000):
        more = at + 100_000 < len(REPLY)
        piece = REPLY[at : at + 100_000]
        await send({"type": "http.response.body", "body": piece, "more_body": more})


async def held_up(slow, other, go_on):
    """Run two clients, of which the other gets nothing until the slow one may go on."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(slow.run)
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(other.run)
        await anyio.wait_all_tasks_blocked()
        assert other.sent == []
        go_on.set()


async def test_a_request_without_room_waits_and_is_answered_once_there_is(shim):
    app = shim(replying, max_held=1)
    slow, other = Client(app, whole=False), Client(app)
    await held_up(slow, other, slow.may_send)
    for client in (slow, other):
        assert png().url in json.loads(client.body)["choices"][0]["message"]["content"]


async def test_a_request_for_which_there_is_no_room_in_time_is_told_when_to_come_again(
    shim, monkeypatch, registry
):
    monkeypatch.setattr(asgi, "_PATIENCE", 0)
    app = shim(replying, max_held=1)
    slow, other = Client(app, whole=False), Client(app)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(slow.run)
        await anyio.wait_all_tasks_blocked()
        await other.run()
        slow.may_send.set()
    start, body = other.sent
    headers = dict(start["headers"])
    assert (start["status"], headers[b"retry-after"], headers[b"connection"]) == (
        503,
        b"1",
        b"close",
    )
    assert json.loads(body["body"])["error"]["code"] == "busy"
    assert registry.get_sample_value("imageshim_failures_total", {"reason": "busy"}) == 1
    assert slow.sent[0]["status"] == 200


async def test_a_reply_is_read_on_once_slow_clients_have_taken_theirs(shim):
    app = shim(replying, max_held=1)
    slow, other = Client(app, takes=False), Client(app)
    await held_up(slow, other, slow.may_take)
    assert len(slow.sent) > 3  # in pieces: the client is waited for between them
    assert slow.body == other.body


@pytest.mark.deep
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("parser", ["h11", "httptools"])
def test_many_clients_that_take_nothing_do_not_fill_the_memory_of_a_worker(parser):
    content = "x" * (30 << 20)
    message = {"role": "assistant", "content": content, "images": [IMAGE]}
    reply = json.dumps({"choices": [{"message": message}]}).encode()

    async def answer(_server, _reader, writer):
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        writer.write(head % len(reply) + reply)
        await writer.drain()

    body = b'{"metadata":{"image_format":"content"},"a":"' + b"x" * (7 << 20) + b'"}'
    head = b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (CHAT.encode(), len(body))
    limit = 4 * Settings("http://up").max_request + (64 << 20)
    with RawServer(answer) as upstream, gateway(upstream.url, "--http", parser) as program:
        where = urlsplit(program.url)
        with ExitStack() as stack:
            for number in range(40):
                client = socket.create_connection((where.hostname, where.port))
                stack.enter_context(client)
                client.settimeout(2)
                with suppress(OSError):  # there is no room: it waits, or was answered 503
                    client.sendall(head + (body[: 6 << 20] if number % 2 else body))
            for _ in range(200):
                assert patient.get(f"{program.url}/healthz").text == "ok\n"
            status = Path(f"/proc/{program.process.pid}/status").read_text()
            (most,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
            assert int(most) * 1024 < limit
        assert "Traceback" not in program.log
