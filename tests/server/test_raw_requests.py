"""Requests as bytes on a socket, valid and broken: no traceback, no other client's byte."""

import logging
import random
import socket
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from hypothesis import settings

import patient
from served import RawServer

REQUESTS = 10_000 if settings().max_examples >= 1_000 else 150
CHAT = b"/v1/chat/completions"


class Upstream(RawServer):
    """Reads chunked bodies to their end: what comes behind is a request that somebody sent."""

    async def _read_request(self, reader):
        if not await super()._read_request(reader):
            return False
        if "transfer-encoding: chunked" in self.heads[-1].lower():
            while size := int(await reader.readline() or b"0", 16):  # the sender may leave
                await reader.readexactly(size + 2)
            await reader.readline()
        return True


async def echo(server, _reader, writer):
    """Answer with the request's own mark, and nothing else."""
    mark = server.heads[-1].lower().partition("x-mark: ")[2].partition("\r")[0].encode()
    kind = b"application/json"
    writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nX-Mark: %b\r\nContent-Length: %d\r\n\r\n%b"
        % (kind, mark, len(mark) + 2, b'"%b"' % mark)
    )


def some_request(rng, mark):
    body = rng.choice([b"", b"{}", b'{"metadata":{"image_format":"content"}}', rng.randbytes(50)])
    method = rng.choice([b"POST", b"GET", b"PUT", b"HEAD", b"CONNECT", b"", b"P\0ST"])
    path = rng.choice(
        [CHAT, CHAT, b"/x", b"/healthz", b"*", b"/a%0Ab", b"/\xff", b"http://h/x", b""]
    )
    version = rng.choice([b"HTTP/1.1"] * 6 + [b"HTTP/1.0", b"HTTP/2.0", b""])
    lines = [b"Host: a", b"X-Mark: %b" % mark, rng.choice([b"Connection: close"] * 3 + [b"A: b"])]
    framing = rng.choice(["length", "length", "chunked", "both", "wrong", "none"])
    if framing in {"length", "both"}:
        lines.append(b"Content-Length: %d" % len(body))
    if framing == "wrong":
        lines.append(b"Content-Length: " + rng.choice([b"-1", b"x", b"9" * 30, b"0x10", b"+3"]))
    if framing in {"chunked", "both"}:
        lines.append(b"Transfer-Encoding: chunked")
        sizes = [b"%x" % len(body)] * 4 + [b"zz", b"-1", b"%x;a=b" % len(body), b"ffffffffffff"]
        body = rng.choice(sizes) + b"\r\n" + body + b"\r\n0\r\n\r\n"
    lines += rng.sample(
        [b"Connection: Upgrade", b"Upgrade: websocket", b"Expect: 100-continue",
         b"X-Image-Format: parts", b"Authorization: Bearer sk-SECRET \t", b"Content-Encoding: gzip",
         b" folded", b"no colon", b": no name", b"X-\0: 1", b"X-A: \r", b"X-B: " + b"b" * 9000],
        rng.randint(0, 4),
    )  # fmt: skip
    rng.shuffle(lines)
    data = b"\r\n".join([b" ".join([method, path, version]), *lines, b"", b""]) + body
    if rng.random() < 0.3:
        at = rng.randrange(len(data))
        data = rng.choice(
            [data[:at], data[:at] + rng.randbytes(3) + data[at:], data[:at] + data[at + 2 :]]
        )
    return data


def answers(url, data):
    """Give all that is answered, up to when nothing comes any more."""
    where = urlsplit(url)
    got = b""
    with (
        socket.create_connection((where.hostname, where.port), 0.2) as connection,
        suppress(ConnectionError),
    ):
        connection.sendall(data)
        with suppress(TimeoutError):  # it waits for more, or stays open
            while piece := connection.recv(65536):
                got += piece
            return got
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(20)
        while piece := connection.recv(65536):
            got += piece
    return got


def test_no_bytes_on_a_socket_get_a_traceback_or_another_clients_answer(gateway, caplog):
    caplog.set_level(logging.INFO)
    rng = random.Random(20270301)  # noqa: S311  # to be repeated, not to be secret
    answered = 0
    with Upstream(echo) as upstream, gateway(upstream.url, request_timeout=2) as url:
        for number in range(REQUESTS):
            mark = b"m%dm" % number
            data = b"".join(some_request(rng, mark) for _ in range(rng.choice([1, 1, 1, 2, 3])))
            got = answers(url, data)
            assert got[:9] in {b"", b"HTTP/1.1 "}, (number, data, got)
            assert got.count(b"X-Mark: ") == got.count(b"X-Mark: %b\r\n" % mark), (
                number,
                data,
                got,
            )
            answered += mark in got
            if number % 50 == 0:
                assert patient.get(f"{url}/healthz").text == "ok\n", (number, data)
        assert patient.get(f"{url}/healthz").text == "ok\n"
    assert answered > REQUESTS // 50
    smuggled = [head for head in upstream.heads if "\r\nvia: 1.1 imageshim\r\n" not in head]
    assert smuggled == []
    assert [record for record in caplog.records if record.exc_info] == []
    assert "Traceback" not in caplog.text
    assert "SECRET" not in caplog.text


pytestmark = pytest.mark.filterwarnings("default")
