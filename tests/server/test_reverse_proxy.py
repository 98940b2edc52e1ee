"""The reverse proxy with a transport that is watched."""

import asyncio
import logging

import h11
import httpx
import pytest
from prometheus_client import CollectorRegistry

from asgi_calls import Answer, call, scope
from imageshim import ImageShimError
from imageshim.server.metrics import Metrics
from imageshim.server.reverse_proxy import ReverseProxy, upstream_url


class Watched(httpx.AsyncBaseTransport, httpx.AsyncByteStream):
    """Answers with pieces without an end, and knows how many were taken."""

    def __init__(self, fault=None):
        self.taken = 0
        self.closed = False
        self.request = None
        self.body = b""
        self._fault = fault

    async def handle_async_request(self, request):
        self.body = b"".join([piece async for piece in request.stream])
        self.request = request
        if self._fault:
            raise self._fault
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=self)

    async def __aiter__(self):
        while True:
            self.taken += 1
            yield b"data: x\n\n"

    async def aclose(self):
        self.closed = True


def proxy(transport, registry=None):
    return ReverseProxy(
        upstream_url("http://up:4000/base/"),
        transport,
        timeouts=httpx.Timeout(5),
        metrics=Metrics(registry or CollectorRegistry()),
    )


async def ask(app, path="/v1/x", headers=(), **how):
    """Call an application as a client that waits for its answer."""
    waiting = [{"type": "http.request", "body": b"{}"}]
    sent = []

    async def receive():
        return waiting.pop() if waiting else await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    await app(scope(path, headers=dict(headers).items(), **how), receive, send)
    return Answer(sent)


async def test_nothing_is_read_that_the_client_has_not_taken():
    transport = Watched()
    sent, go_on = [], asyncio.Event()
    stuck = asyncio.Event()
    requests = [{"type": "http.request", "body": b""}]
    leaves = asyncio.Event()

    async def receive():
        if requests:
            return requests.pop()
        await leaves.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)
        if len(sent) == 4:
            stuck.set()
            await go_on.wait()

    running = asyncio.create_task(proxy(transport)(scope(), receive, send))
    await stuck.wait()
    for _ in range(20):
        await asyncio.sleep(0)  # whatever else is ready runs
    assert transport.taken == 3  # the start is no piece
    leaves.set()
    await running
    assert transport.closed


async def test_a_client_that_has_left_before_it_asked_is_not_asked_for():
    transport = Watched()
    answer = await call(proxy(transport), received=[{"type": "http.disconnect"}])
    assert answer.messages == []
    assert transport.request is None


async def test_a_client_that_leaves_in_the_middle_of_its_body_ends_the_call():
    class Reading(Watched):
        async def handle_async_request(self, request):
            return await super().handle_async_request(
                httpx.Request(
                    "POST", "http://x", content=b"".join([p async for p in request.stream])
                )
            )

    transport = Reading()
    received = [
        {"type": "http.request", "body": b"half", "more_body": True},
        {"type": "http.disconnect"},
    ]
    answer = await call(proxy(transport), received=received)
    assert answer.messages == []
    assert transport.request is None


@pytest.mark.parametrize(
    ("fault", "status", "code", "reason"),
    [
        (httpx.ConnectError("x"), 502, "upstream_upstream", "upstream"),
        (httpx.ReadError("x"), 502, "upstream_upstream", "upstream"),
        (httpx.RemoteProtocolError("x"), 502, "upstream_upstream", "upstream"),
        (httpx.ConnectTimeout("x"), 504, "upstream_timeout", "timeout"),
        (httpx.ReadTimeout("x"), 504, "upstream_timeout", "timeout"),
        (httpx.PoolTimeout("x"), 503, "upstream_timeout", "timeout"),
    ],
)
async def test_each_fault_of_the_upstream_has_its_answer(fault, status, code, reason, caplog):
    caplog.set_level(logging.DEBUG)
    registry = CollectorRegistry()
    headers = {"Authorization": "Bearer secret"}
    waiting = asyncio.Event()

    async def receive():
        if not waiting.is_set():
            waiting.set()
            return {"type": "http.request", "body": b"{}"}
        await asyncio.Event().wait()
        return {}

    sent = []

    async def send(message):
        sent.append(message)

    app = proxy(Watched(fault), registry)
    await app(scope(headers=headers.items()), receive, send)
    assert sent[0]["status"] == status
    assert code.encode() in sent[1]["body"]
    assert registry.get_sample_value("imageshim_failures_total", {"reason": reason}) == 1
    assert "secret" not in caplog.text


async def test_a_path_with_control_characters_is_refused():
    transport = Watched()
    answer = await call(proxy(transport), path="/a\x00b")
    assert answer.status == 400
    assert answer.json["error"]["code"] == "invalid_path"
    assert transport.request is None


@pytest.mark.parametrize("address", ["http://[", "http://a:b", "http://x y", 3])
def test_an_address_that_cannot_be_read_is_refused(address):
    with pytest.raises(ImageShimError, match="upstream"):
        upstream_url(address)


@pytest.mark.parametrize(
    ("path", "query", "target"),
    [
        ("/v1/x", b"", b"/base/v1/x"),
        ("/v1/x", b"a=%20&b", b"/base/v1/x?a=%20&b"),
        ("//evil.com/x", b"", b"/base//evil.com/x"),
        ("/a%2Fb/%zz", b"", None),
        ("/v1/../../admin", b"", None),
        ("/v1/%2e%2e/admin", b"", None),
        ("http://evil.com/", b"", None),
        ("@evil.com/", b"", None),
    ],
)
def test_a_path_stays_below_the_upstreams(path, query, target):
    made = proxy(Watched())._target(scope(path, query_string=query))
    if target is None and made is None:
        return
    assert made is not None
    assert (made.host, made.port) == ("up", 4000)
    assert made.raw_path.startswith(b"/base/")
    if target:
        assert made.raw_path == target


async def test_a_request_that_cannot_be_sent_is_the_clients_fault_and_its_text_is_not_logged(
    caplog,
):
    caplog.set_level(logging.DEBUG)
    for fault in (
        httpx.LocalProtocolError("Illegal header value b'Bearer sk-SECRET'"),
        h11.LocalProtocolError("b'Bearer sk-SECRET'"),
    ):
        answer = await ask(proxy(Watched(fault)))
        assert answer.status == 400
        assert answer.json["error"]["code"] == "invalid_request"
    broken = httpx.RemoteProtocolError("illegal header line: b'Set-Cookie: SECRET'")
    await ask(proxy(Watched(broken)))
    assert "SECRET" not in caplog.text


async def test_blanks_around_header_values_are_none_of_them():
    transport = Watched(httpx.ReadError("enough"))
    await ask(proxy(transport), headers={"Authorization": "Bearer key \t"})
    assert transport.request.headers["authorization"] == "Bearer key"


@pytest.mark.parametrize("status", [199, 600, 999])
async def test_a_status_that_is_none_is_answered_502(status):
    class Odd(Watched):
        async def handle_async_request(self, request):
            async for _ in request.stream:
                pass
            return httpx.Response(status, stream=self)

    transport = Odd()
    answer = await ask(proxy(transport))
    assert answer.status == 502
    assert transport.closed


async def test_a_length_beside_a_transfer_encoding_goes_no_further():
    class Both(Watched):
        async def handle_async_request(self, request):
            async for _ in request.stream:
                pass
            headers = {"Content-Length": "5", "Transfer-Encoding": "chunked", "X-A": " 1\t"}
            return httpx.Response(200, headers=headers, content=b"whole body")

    answer = await ask(proxy(Both()))
    assert answer.headers == {"x-a": "1"}
    assert answer.body == b"whole body"


async def test_a_websocket_is_closed_without_a_fault():
    answer = await ask(proxy(Watched()), type="websocket")
    assert answer.messages == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize("path", ["/a/./b", "/a/..;/b", "/a\\..\\b", "/a/%2e;x=1/b", "/.."])
async def test_a_segment_that_some_server_reads_as_a_step_up_is_refused(path):
    transport = Watched()
    answer = await ask(proxy(transport), path=path)
    assert answer.status == 400
    assert transport.request is None


@pytest.mark.parametrize("path", ["/a%0Ab", "/a..b/...", "/a%252e%252e/b", "/.well-known/x"])
def test_other_paths_reach_the_upstream_as_they_came(path):
    made = proxy(Watched())._target(scope(path, raw_path=path.encode()))
    assert made.raw_path == b"/base" + path.encode()


@pytest.mark.parametrize("port", [0, 65536, 99999])
def test_a_port_that_there_is_not_is_refused(port):
    with pytest.raises(ImageShimError, match="port"):
        upstream_url(f"http://host:{port}")


class Says(Watched):
    """Answers with a status, headers and no body."""

    def __init__(self, status, headers):
        super().__init__()
        self.status, self.headers = status, headers

    async def handle_async_request(self, request):
        async for _ in request.stream:
            pass
        return httpx.Response(self.status, headers=self.headers, content=b"")


@pytest.mark.parametrize(("status", "kept"), [(204, False), (304, False), (200, True)])
async def test_an_answer_that_has_no_body_has_no_length(status, kept):
    """uvicorn on httptools would wait for the body of a 304, and end the connection without it."""
    answer = await ask(proxy(Says(status, {"Content-Length": "5", "ETag": '"a"'})), method="HEAD")
    assert answer.headers == {"etag": '"a"', **({"content-length": "5"} if kept else {})}


async def test_control_characters_in_headers_become_blanks():
    """RFC 9110, 5.5; uvicorn on httptools would end the connection without an answer."""
    transport = Says(200, {b"X-A": b"a\x01\x1b[31m\x7fb\x00", b"X-B": b"\tc\t\xe4\x80"})
    answer = await ask(proxy(transport), headers={"X-C": "d\x01e"})
    assert answer.raw_headers == [(b"x-a", b"a  [31m b"), (b"x-b", b"c\t\xe4\x80")]
    transport = Watched(httpx.ReadError("enough"))
    await ask(proxy(transport), headers={"X-C": "d\x01e"})
    assert transport.request.headers["x-c"] == "d e"
