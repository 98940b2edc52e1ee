"""What one connection may cost, and that nothing that a peer sends gets a traceback logged."""

import asyncio
import gc
import http.client
import itertools
import json
import logging
import socket
import threading
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import httpx
import pytest
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

import patient
from imageshim import MissingExtraError
from imageshim.server.gateway import Settings, _with_files, create_app
from imageshim.server.last_resort import LastResort
from imageshim.server.parsers import protocol
from imageshim.testing.fake_gemini import fake_gemini
from served import RawServer, served

CHAT = "/v1/chat/completions"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def raw(url, data=b""):
    """Give a socket that has sent some bytes."""
    where = urlsplit(url)
    with socket.create_connection((where.hostname, where.port), 20) as connection:
        connection.sendall(data)
        yield connection


def everything(connection):
    """Read up to the end of the connection."""
    got = b""
    try:
        while piece := connection.recv(65536):
            got += piece
    except ConnectionError:
        pass
    return got


async def answer_ok(_server, _reader, writer):
    writer.write(OK)


@pytest.fixture
def log(caplog):
    """Gives what was logged, and fails where a traceback was."""
    caplog.set_level(logging.INFO)
    yield caplog
    assert [record for record in caplog.records if record.exc_info] == []
    assert "Traceback" not in caplog.text


pytestmark = pytest.mark.usefixtures("log")

# -- slow and silent clients -------------------------------------------------------------------


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HT", b"POST / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n", b"\r\n\r\n"]
)
def test_a_connection_that_sends_no_whole_head_is_closed(gateway, sent):
    with RawServer(answer_ok) as upstream, gateway(upstream.url, head_timeout=0.5) as url:
        with raw(url, sent) as connection:
            assert not everything(connection).startswith(b"HTTP/1.1 200")
        assert patient.get(f"{url}/x").text == "ok"


def test_the_head_of_a_second_request_has_no_more_time_than_the_first(gateway):
    with (
        RawServer(answer_ok) as upstream,
        gateway(upstream.url, head_timeout=0.5, idle_timeout=600) as url,
        raw(url, b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n") as connection,
    ):
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.sendall(b"GET /y HT")
        assert everything(connection).replace(b"ok", b"") == b""
    assert len(upstream.heads) == 1


def test_a_head_that_has_come_may_be_answered_slowly(gateway):
    async def slow(_server, _reader, writer):
        await asyncio.sleep(1)
        writer.write(OK)

    with RawServer(slow) as upstream, gateway(upstream.url, head_timeout=0.3) as url:
        assert patient.get(f"{url}/x").text == "ok"


def test_a_client_that_takes_nothing_of_its_answer_is_given_up(gateway):
    async def endless(_server, _reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n")
        while True:
            writer.write(b"x" * 100_000)
            await writer.drain()

    with (
        RawServer(endless) as upstream,
        gateway(upstream.url, send_timeout=0.5) as url,
        raw(url, b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"),
    ):
        assert upstream.left.wait(20)


def test_a_client_that_reads_slowly_gets_all_of_its_answer(gateway):
    size = 8_000_000

    async def large(_server, _reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)

    ask = b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with (
        RawServer(large) as upstream,
        gateway(upstream.url, send_timeout=0.2) as url,
        raw(url, ask) as connection,
    ):
        got = b""
        while piece := connection.recv(400_000):
            got += piece
            upstream.left.wait(0.02)  # it is never set: a pause
    assert got.endswith(b"x" * size)


# -- sizes and numbers ---------------------------------------------------------------------------

FLOODS = {
    "url": [b"GET /", *[b"a" * 1000] * 200],
    "headers": [b"GET / HTTP/1.1\r\n", *[b"X-A: 1\r\n"] * 20_000],
    "one header": [b"GET / HTTP/1.1\r\nX-A: ", *[b"a" * 1000] * 200],
    "chunk extension": [
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;",
        *[b"a" * 1000] * 200,
    ],
    "trailers": [
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n",
        *[b"X-A: 1\r\n"] * 20_000,
    ],
}


def test_what_is_no_body_is_gathered_up_to_a_size_only(gateway):
    with RawServer(answer_ok) as upstream, gateway(upstream.url, max_head=16_384) as url:
        for name, flood in FLOODS.items():
            with raw(url) as connection:
                try:
                    for piece in flood:
                        connection.sendall(piece)
                except ConnectionError:
                    continue
                assert not everything(connection).startswith(b"HTTP/1.1 200"), name
        assert patient.get(f"{url}/x").text == "ok"


def test_a_long_url_is_refused(gateway):
    with RawServer(answer_ok) as upstream, gateway(upstream.url, max_url=100) as url:
        answers = [
            patient.get(f"{url}/{'a' * 101}"),
            patient.get(f"{url}/x?{'a' * 101}"),
            patient.get(f"{url}/{'a' * 99}"),
        ]
    assert [answer.status_code for answer in answers] == [414, 414, 200]
    assert answers[0].json()["error"]["code"] == "url_too_long"


def test_a_head_that_comes_in_one_piece_may_be_no_larger_than_one_in_many(gateway):
    heads = {
        "a line": b"X-A: %b\r\n" % (b"a" * 20_000),
        "lines": b"X-A: 1\r\n" * 3_000,
        "a url": b"",
    }
    with RawServer(answer_ok) as upstream, gateway(upstream.url, max_head=16_384) as url:
        for name, lines in heads.items():
            path = b"/x" + b"a" * (20_000 if name == "a url" else 0)
            data = b"GET %b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%b\r\n" % (path, lines)
            with raw(url, data) as connection:
                assert not everything(connection).startswith(b"HTTP/1.1 200"), name
    assert upstream.heads == []


CODINGS = (
    b"gzip, chunked", b"chunked, chunked", b"gzip\r\nTransfer-Encoding: chunked", b"identity",
    b"xchunked", b"",
)  # fmt: skip


def test_a_transfer_encoding_that_is_not_chunked_alone_is_refused(gateway):
    data = b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: %b\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    with RawServer(answer_ok) as upstream, gateway(upstream.url) as url:
        for codings in CODINGS:
            with raw(url, data % codings) as connection:
                assert everything(connection)[:12] in {b"HTTP/1.1 400", b"HTTP/1.1 501", b""}
    assert upstream.heads == []


def test_a_trailer_is_no_header(gateway):
    data = (
        f"POST {CHAT} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
        "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nTRAILER\r\n\r\n"
    )
    with RawServer(answer_ok) as upstream, gateway(upstream.url) as url:
        for trailer in ("X-Image-Format: none", "Authorization: b", "Host: evil", "X-A: b"):
            with raw(url, data.replace("TRAILER", trailer).encode()) as connection:
                assert everything(connection).startswith(b"HTTP/1.1 200"), trailer
            assert trailer.lower() not in upstream.heads[-1].lower()


def test_connections_beyond_the_limit_are_refused_and_the_others_go_on(gateway, log):
    with (
        RawServer(answer_ok) as upstream,
        gateway(upstream.url, max_clients=2) as url,
        raw(url) as first,
        raw(url),
    ):
        with raw(url) as third:
            assert everything(third).startswith(b"HTTP/1.1 503 ")
        first.sendall(b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert everything(first).endswith(b"ok")
    assert "a connection was refused: 2 are open" in log.text


def test_a_worker_may_have_as_many_files_open_as_it_needs():
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    settings = Settings("http://up", max_clients=300, max_connections=300)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        assert _with_files(settings) == settings
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 664
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_worker_that_may_have_few_files_open_takes_fewer_connections(monkeypatch):
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 256))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    said = _with_files(Settings("http://up"))
    assert (said.max_clients, said.max_connections) == (96, 96)


def test_without_httptools_the_message_names_the_extra(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "imageshim.server.connections_httptools", None)
    with pytest.raises(MissingExtraError, match=r"httptools needs the extra 'fast'"):
        protocol("httptools")


# -- faults --------------------------------------------------------------------------------------

BROKEN = {
    "no http": b"\x16\x03\x01\x02\x00\x01\xfc\r\n\r\n",
    "a broken chunk": b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a broken second chunk": b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"1\r\na\r\n-1\r\n",
    "a broken second request": b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n\0\0\0\r\n\r\n",
    "two lengths": b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /y HTTP/1.1\r\nHost: a\r\n\r\n",
    "another encoding": b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\nabc",
    "a negative length": b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: -4\r\n\r\n",
    "connect": b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    "letters in the url": b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
    "an upgrade": b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n\x81\x05hi",
    "h2c": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a head cut off": b"GET /x HTTP/1.1\r\nHost: a",
    "a body cut off": b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 400\r\n\r\nabc",
}


def test_what_is_no_http_gets_no_traceback(gateway):
    paths = (b"/x", b"/healthz", CHAT.encode())
    with RawServer(answer_ok) as upstream, gateway(upstream.url, request_timeout=2) as url:
        for name, path in itertools.product(BROKEN, paths):
            with raw(url, BROKEN[name].replace(b"/x", path)) as connection:
                connection.shutdown(socket.SHUT_WR)
                assert everything(connection)[:9] in {b"", b"HTTP/1.1 "}, (name, path)
            assert patient.get(f"{url}/x").text == "ok", (name, path)
    assert not any(head.startswith("GET /y") for head in upstream.heads)


# -- requests on one connection -------------------------------------------------------------------

EVIL = b"GET /evil HTTP/1.1\r\nHost: a\r\n\r\n"
UPGRADE = b"Host: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"


@pytest.mark.parametrize(
    ("framing", "body"),
    [
        (b"Content-Length: %d" % len(EVIL), EVIL),
        (b"Transfer-Encoding: chunked", b"%x\r\n%b\r\n0\r\n\r\n" % (len(EVIL), EVIL)),
    ],
)
def test_the_body_of_a_request_for_an_upgrade_is_no_request(gateway, framing, body):
    head = b"POST %b HTTP/1.1\r\n%b%b\r\nExpect: 100-continue\r\n\r\n"
    with (
        RawServer(answer_ok) as upstream,
        gateway(upstream.url) as url,
        raw(url, head % (CHAT.encode(), UPGRADE, framing)) as connection,
    ):
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body + b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert everything(connection).count(b"HTTP/1.1 200 OK") == 2
    assert [head.split(" ")[1] for head in upstream.heads] == [CHAT, "/x"]
    assert upstream.bodies == [EVIL, b""]


def test_what_comes_behind_a_request_for_an_upgrade_is_answered_and_not_logged(gateway, log):
    data = b"GET /x HTTP/1.1\r\n%b\r\n" % UPGRADE
    data += b"GET /y HTTP/1.1\r\n%bConnection: close\r\n\r\n" % UPGRADE
    with RawServer(answer_ok) as upstream, gateway(upstream.url) as url:
        with raw(url, data) as connection:
            assert everything(connection).count(b"HTTP/1.1 200 OK") == 2
        assert [head.split(" ")[1] for head in upstream.heads] == ["/x", "/y"]
    assert [record for record in log.records if record.levelno > logging.INFO] == []


def test_who_speaks_http_1_0_is_told_nothing_before_the_answer(gateway):
    """RFC 9110, 10.1.1: it would take 100 Continue for the answer."""
    data = b"POST /x HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n{}"
    with RawServer(answer_ok) as upstream, gateway(upstream.url) as url:
        with raw(url, data) as connection:
            assert everything(connection).startswith(b"HTTP/1.1 200 OK")
        assert upstream.bodies == [b"{}"]


def test_a_broken_request_does_not_spoil_the_answer_to_one_before_it(gateway):
    """Nor is it answered itself while others wait before it."""
    broken = b"POST /z HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    for count in (1, 2, 3):
        data = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n" * count + broken
        with RawServer(answer_ok) as upstream, gateway(upstream.url) as url:
            with raw(url, data) as connection:
                got = everything(connection)
            assert len(upstream.heads) == count
        assert got.partition(b"HTTP/1.1 400 ")[0].count(b"\r\n\r\nok") == count


def test_the_requests_that_wait_on_one_connection_are_few_or_unread(gateway):
    """What was parsed takes a hundred times the memory of what was sent."""
    counted = []

    async def count(_server, _reader, writer):
        counted.append(sum(isinstance(one, RequestResponseCycle) for one in gc.get_objects()))
        writer.write(OK)

    with (
        RawServer(count) as upstream,
        gateway(upstream.url) as url,
        raw(url, b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n" * 500) as connection,
    ):
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert max(counted) < 50


def test_when_a_client_leaves_that_has_asked_twice_the_first_call_ends(gateway):
    asked = threading.Event()

    async def silent(_server, reader, _writer):
        asked.set()
        await reader.read()

    with RawServer(silent) as upstream, gateway(upstream.url) as url:
        with raw(url, b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n" * 2):
            assert asked.wait(20)
        assert upstream.left.wait(20)
    assert len(upstream.heads) == 1


UPSTREAMS = {
    "too little": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok",
    "too much": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nok",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2\r\nok\r\n0\r\n\r\n",
    "different lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
    "a strange status": b"HTTP/1.1 999 Eh\r\nContent-Length: 2\r\n\r\nok",
    "101": b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "103": b"HTTP/1.1 103 Early Hints\r\n\r\n",
    "204 with a body": b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok",
    "a broken chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\nzz\r\n",
    "a bad header": b"HTTP/1.1 200 OK\r\nX-A: \x01\r\nContent-Length: 2\r\n\r\nok",
    "no http": b"hello\r\n\r\n",
    "nothing": b"",
}


def test_an_upstream_that_is_wrong_gets_no_traceback(gateway):
    async def wrong(server, _reader, writer):
        case = server.heads[-1].partition("x-case: ")[2].partition("\r")[0]
        writer.write(UPSTREAMS[case])
        await writer.drain()
        writer.close()

    with RawServer(wrong) as upstream, gateway(upstream.url) as url:
        for case, method in itertools.product(UPSTREAMS, ("GET", "HEAD", "POST")):
            connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
            connection.request(method, CHAT, json.dumps({"model": "m"}), {"X-Case": case})
            with suppress(http.client.HTTPException, ConnectionError):
                connection.getresponse().read()
            connection.close()
            assert patient.get(f"{url}/healthz").text == "ok\n", (case, method)


def test_answers_that_one_parser_could_not_pass_on_are_passed_on(gateway, log):
    answers = {
        "304": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
        "204": b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
        "200": b"HTTP/1.1 200 OK\r\nX-A: \x01\r\nContent-Length: 0\r\n\r\n",
    }

    async def odd(server, _reader, writer):
        writer.write(answers[server.heads[-1].split(" ")[1][1:]])

    with RawServer(odd) as upstream, gateway(upstream.url) as url:
        for status in answers:
            ask = f"GET /{status} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()
            with raw(url, ask) as connection:
                assert everything(connection).startswith(f"HTTP/1.1 {status} ".encode())
    assert [record for record in log.records if record.levelno > logging.INFO] == []


SECOND = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
LONGER = {
    "a length": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" + SECOND,
    "junk": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok--",
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n" + SECOND,
    "no body": b"HTTP/1.1 204 No Content\r\n\r\n" + SECOND,
    "not changed": b"HTTP/1.1 304 Not Modified\r\n\r\n" + SECOND,
}


def test_what_comes_behind_an_answer_is_not_the_next_clients(gateway):
    async def longer(server, _reader, writer):
        case = server.heads[-1].partition("x-case: ")[2].partition("\r")[0]
        writer.write(LONGER.get(case, OK))

    with RawServer(longer) as upstream, gateway(upstream.url) as url:
        for case, method in itertools.product(LONGER, ("GET", "HEAD")):
            patient.request(method, f"{url}/x", headers={"X-Case": case})
            assert patient.get(f"{url}/x").text == "ok", (case, method)


def test_connections_whose_answers_are_right_are_used_again(gateway):
    connections = set()

    async def note(_server, _reader, writer):
        connections.add(writer.get_extra_info("peername"))
        writer.write(OK)

    with RawServer(note) as upstream, gateway(upstream.url) as url:
        for _ in range(5):
            assert patient.get(f"{url}/x").text == "ok"
    assert len(connections) == 1


def test_streams_that_are_cut_off_at_the_end_get_a_line_each(gateway, log):
    async def silent(_server, _reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok")

    with RawServer(silent) as upstream:
        with gateway(upstream.url, drain=1) as url:
            sockets = [
                socket.create_connection((urlsplit(url).hostname, urlsplit(url).port))
                for _ in range(2)
            ]
            for connection in sockets:
                connection.sendall(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
                assert connection.recv(12) == b"HTTP/1.1 200"
        for connection in sockets:
            connection.close()
    assert log.text.count("/x: cut off: the server stops") == 2


def failing(*sent, fault):
    async def app(scope, _receive, send):
        if scope["type"] != "http":
            return
        for message in sent:
            await send(message)
        raise fault

    return app


START = {"type": "http.response.start", "status": 200, "headers": []}


def test_an_application_that_fails_is_one_line_without_its_text(log):
    class Group(Exception):  # noqa: N818  # as ExceptionGroup, which Python 3.10 has not
        exceptions = (RuntimeError("Bearer secret"), KeyError("secret"))

    app = failing(fault=Group())
    with served(LastResort(app)) as url:
        answer = patient.get(f"{url}/a%0Ab")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal_error"
    assert "/a\\nb: failed: RuntimeError, KeyError" in log.text
    assert "secret" not in log.text


def test_where_an_application_failed_is_told(log):
    async def app(_scope, _receive, _send):
        json.loads("secret")

    with served(LastResort(app)) as url:
        assert patient.get(url).status_code == 500
    assert f"failed: JSONDecodeError at {json.decoder.__file__}:" in log.text


def test_an_answer_that_fails_in_the_middle_is_cut_off(log):
    half = {"type": "http.response.body", "body": b"half", "more_body": True}
    app = failing(START, half, fault=RuntimeError("secret"))
    with (
        served(LastResort(app)) as url,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        patient.get(url)
    assert "failed: RuntimeError at" in log.text
    assert "secret" not in log.text


def test_a_lifespan_and_a_websocket_pass():
    seen = []

    async def app(scope, _receive, _send):
        seen.append(scope["type"])

    for kind in ("lifespan", "websocket"):
        asyncio.run(LastResort(app)({"type": kind}, None, None))
    assert seen == ["lifespan", "websocket"]


def test_a_gateway_in_another_server_takes_its_limits_where_they_can_be_held():
    with fake_gemini() as upstream, served(create_app(Settings(upstream.url))) as url:
        assert patient.get(f"{url}/healthz").text == "ok\n"
