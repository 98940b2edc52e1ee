"""The gateway between real clients and the fake Gemini, and upstreams that misbehave."""

import asyncio
import hashlib
import http.client
import itertools
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import anyio
import httpx
import pytest
from openai import OpenAI
from prometheus_client import REGISTRY

import patient
from imageshim import ImageShimError, convert
from imageshim.cli.fake_gemini import main as fake_main
from imageshim.cli.gateway import main as gateway_main
from imageshim.server.gateway import Settings, create_app, serve
from imageshim.server.parsers import protocol
from imageshim.testing.fake_gemini import HalfJSON, HTTPFault, Image, Reply, Text, fake_gemini
from served import RawServer

CHAT = "/v1/chat/completions"
BODY = {"model": "m", "messages": [{"role": "user", "content": "Draw."}]}
PARTS = [Text("Here: "), Image("png"), Text(" and "), Image("jpeg")]
FORMATS = ("content", "image", "images", "parts")


def ask(url, headers=None, **more):
    return patient.post(url + CHAT, json={**BODY, **more}, headers=headers)


def failures(reason):
    return REGISTRY.get_sample_value("imageshim_failures_total", {"reason": reason}) or 0


# -- formats -----------------------------------------------------------------------------------


@pytest.mark.parametrize("spoken", ["content", "image", "litellm", "openrouter", "flat"])
@pytest.mark.parametrize("wanted", FORMATS)
def test_every_client_gets_the_format_that_it_asks_for(gateway, spoken, wanted):
    parts = PARTS[:2]
    with fake_gemini(parts, format=spoken) as upstream, gateway(upstream.url) as url:
        answer = ask(url, {"X-Image-Format": wanted})
        plain = patient.post(upstream.url + CHAT, json=BODY)
    assert answer.headers["x-image-format"] == wanted
    # The fake numbers its replies.
    assert answer.json() == {**convert(plain.json(), wanted), "id": answer.json()["id"]}
    assert [request.body for request in upstream.requests] == [BODY, BODY]


def test_the_openai_sdk_keeps_two_streamed_images_apart(gateway):
    with (
        fake_gemini(PARTS, format="litellm") as upstream,
        gateway(upstream.url) as url,
        OpenAI(base_url=f"{url}/v1", api_key="any") as client,
        client.chat.completions.stream(model="m", messages=BODY["messages"]) as stream,
    ):
        message = stream.get_final_completion().choices[0].message
    urls = [item["image_url"]["url"] for item in message.images]
    assert [url.partition(";")[0] for url in urls] == ["data:image/png", "data:image/jpeg"]
    assert message.content == "Here:  and "


def test_code_that_reads_message_image_runs_unchanged(gateway):
    """LiteLLM's migration guide prints this to this day."""
    with (
        fake_gemini(PARTS[:2]) as upstream,
        gateway(upstream.url, default="image") as url,
        OpenAI(base_url=f"{url}/v1", api_key="any") as client,
    ):
        response = client.chat.completions.create(
            model="gemini-image-gen",
            messages=BODY["messages"],
            extra_body={"modalities": ["image", "text"]},
        )
        assert response.choices[0].message.image["url"].startswith("data:image/png;base64,")


def test_the_wish_in_the_metadata_reaches_us_and_no_further(gateway):
    with (
        fake_gemini(PARTS[:2]) as upstream,
        gateway(upstream.url) as url,
        OpenAI(base_url=f"{url}/v1", api_key="any") as client,
    ):
        response = client.chat.completions.create(
            model="m", messages=BODY["messages"], metadata={"image_format": "content"}
        )
    assert "data:image/png;base64," in response.choices[0].message.content
    assert "metadata" not in upstream.requests[0].body


def test_rules_decide_for_those_who_cannot_ask(gateway, tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules:\n  - {format: content, user_agent: 'old/*'}\n")
    with fake_gemini(PARTS[:2]) as upstream, gateway(upstream.url, rules=str(rules)) as url:
        old, new = ask(url, {"User-Agent": "old/1.0"}), ask(url)
    assert old.headers["x-image-format"] == "content"
    assert old.headers["deprecation"].startswith("@")
    assert new.headers["x-image-format"] == "images"


# -- the proxy --------------------------------------------------------------------------------


def answering(*pieces, then=None):
    """Say the same to every request, piece by piece."""

    async def conversation(server, reader, writer):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if then:
            await then(server, reader, writer)

    return RawServer(conversation)


async def close(_server, _reader, writer):
    writer.close()


async def wait_until_left(_server, reader, _writer):
    await reader.read()


def head(*lines, status="200 OK"):
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode()


def test_requests_reach_the_upstream_with_their_own_headers_only(gateway):
    with answering(head("Content-Length: 0")) as upstream, gateway(upstream.url + "/api/") as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc)
        headers = {
            "Authorization": "Bearer secret", "Connection": "close, X-Hop", "X-Hop": "1",
            "TE": "trailers", "Keep-Alive": "timeout=5", "Via": "1.1 edge", "X-Mine": "2",
        }  # fmt: skip
        connection.request("GET", "/v1/models?a=b%20c&d", headers=headers)
        connection.getresponse().read()
        connection.close()
    line, *rest = upstream.heads[0].strip().split("\r\n")
    sent = {name.lower(): value for name, _, value in (pair.partition(": ") for pair in rest)}
    assert line == "GET /api/v1/models?a=b%20c&d HTTP/1.1"
    assert sent == {
        "host": urlsplit(upstream.url).netloc, "authorization": "Bearer secret",
        "accept-encoding": "identity", "x-mine": "2", "via": "1.1 edge, 1.1 imageshim",
    }  # fmt: skip


def test_replies_come_with_the_upstreams_headers_but_those_of_its_connection(gateway):
    reply = head("Content-Length: 2", "Connection: X-Hop", "X-Hop: 1", "X-A: 1", "X-A: 2",
                 "Server: up", "Keep-Alive: timeout=5")  # fmt: skip
    with answering(reply, b"ok") as upstream, gateway(upstream.url) as url:
        answer = patient.get(f"{url}/x")
    assert answer.headers.multi_items() == [
        ("content-length", "2"), ("x-a", "1"), ("x-a", "2"), ("server", "up")
    ]  # fmt: skip


def test_nobody_but_the_upstream_is_contacted(gateway, monkeypatch):
    with answering(head("Content-Length: 0")) as other:
        monkeypatch.setenv("HTTP_PROXY", other.url)
        monkeypatch.setenv("ALL_PROXY", other.url)
        redirect = head(f"Location: {other.url}/", "Content-Length: 0", status="307 Temporary")
        with answering(redirect) as upstream, gateway(upstream.url) as url:
            assert ask(url).status_code == 307
            assert len(upstream.heads) == 1
    assert other.heads == []


def test_a_cookie_for_one_client_is_not_sent_for_another(gateway):
    reply = head("Content-Length: 0", "Set-Cookie: session=alice; Path=/")
    with answering(reply) as upstream, gateway(upstream.url) as url:
        assert "session=alice" in ask(url).headers["set-cookie"]
        ask(url)
    assert "cookie" not in upstream.heads[1].lower()


@pytest.mark.parametrize("path", ["/v1/../admin", "/v1/%2e%2E/admin", "/..", "*"])
def test_a_path_that_leads_elsewhere_is_refused(gateway, path):
    with answering(head("Content-Length: 0")) as upstream, gateway(upstream.url + "/api") as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc)
        connection.putrequest("GET", path, skip_host=False)
        connection.endheaders()
        answer = connection.getresponse()
        assert answer.status in {400, 404}
        answer.read()
        connection.close()
    assert upstream.heads == []


def test_a_request_with_a_whole_url_reaches_no_other_server_than_the_upstream(gateway):
    with (
        answering(head("Content-Length: 0")) as other,
        answering(head("Content-Length: 0")) as upstream,
        gateway(upstream.url + "/api") as url,
    ):
        connection = http.client.HTTPConnection(urlsplit(url).netloc)
        connection.request("GET", f"{other.url}/y")
        assert connection.getresponse().status in {200, 400}
        connection.close()
    assert other.heads == []
    assert all(one.startswith("GET /api/y ") for one in upstream.heads)


@pytest.mark.parametrize(
    "upstream",
    ["", "openrouter.ai", "ftp://x", "https://", "https://k:s@x", "https://x/?a", "https://x/#a"],
)
def test_an_address_that_is_no_upstream_is_refused(upstream):
    with pytest.raises(ImageShimError, match="upstream"):
        create_app(Settings(upstream))


def test_other_methods_and_bodies_of_any_kind_pass(gateway):
    def pieces():
        yield b"a" * 70_000
        yield b"b"

    async def count(server, reader, writer):
        size = len(server.bodies[-1])
        if "transfer-encoding: chunked" in server.heads[-1].lower():
            while piece := int(await reader.readline(), 16):
                await reader.readexactly(piece + 2)
                size += piece
            await reader.readline()
        writer.write(head(f"X-Size: {size}", "Content-Length: 0"))

    with RawServer(count) as upstream, gateway(upstream.url) as url:
        put = httpx.put(f"{url}/files/1", content=pieces(), trust_env=False)
        deleted = httpx.delete(f"{url}/files/1", trust_env=False)
        posted = patient.post(f"{url}/x", content=b"\0\xff")
    assert put.headers["x-size"] == "70001"
    assert deleted.headers["x-size"] == "0"
    assert posted.headers["x-size"] == "2"


def test_head_and_204_have_no_body_and_keep_their_headers(gateway):
    with (
        answering(head("Content-Length: 1000", "Content-Type: application/json")) as upstream,
        gateway(upstream.url) as url,
    ):
        answer = httpx.head(url + CHAT, trust_env=False)
    assert (answer.headers["content-length"], answer.content) == ("1000", b"")
    with (
        answering(head("X-A: 1", status="204 No Content")) as upstream,
        gateway(upstream.url) as url,
    ):
        answer = ask(url)
    assert (answer.status_code, answer.headers["x-a"], answer.content) == (204, "1", b"")


# -- faults of the upstream ----------------------------------------------------------------------


def test_an_error_of_the_upstream_passes_byte_for_byte(gateway):
    with fake_gemini(HTTPFault(500)) as upstream, gateway(upstream.url) as url:
        plain = patient.post(upstream.url + CHAT, json=BODY)
        answer = ask(url)
    assert (answer.status_code, answer.content) == (500, plain.content)


def test_half_a_json_passes_byte_for_byte(gateway):
    before = failures("conversion")
    with (
        fake_gemini(Reply(PARTS, fault=HalfJSON())) as upstream,
        gateway(upstream.url, default="content") as url,
    ):
        plain = patient.post(upstream.url + CHAT, json=BODY)
        answer = ask(url)
    assert len(answer.content) == len(plain.content)
    assert answer.content[40:] == plain.content[40:]  # the fake numbers its replies
    assert "x-image-format" not in answer.headers
    assert failures("conversion") == before + 1


def test_a_reply_that_is_cut_off_is_cut_off_for_the_client(gateway):
    cut = [head("Content-Type: application/json", "Content-Length: 99"), b'{"choices": [']
    with answering(*cut, then=close) as upstream, gateway(upstream.url) as url:
        with pytest.raises(httpx.RemoteProtocolError, match="closed"):
            ask(url)
        assert patient.get(f"{url}/healthz").text == "ok\n"


EVENT = b'data: {"choices":[{"index":0,"delta":{"content":"hello"}}]}\n\n'
STREAM = head("Content-Type: text/event-stream", "Connection: close")


def chunked(data):
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def test_a_stream_that_dies_gives_all_that_came_and_then_dies_for_the_client(gateway):
    start = head("Content-Type: text/event-stream", "Transfer-Encoding: chunked")
    half = EVENT[:30]
    with (
        answering(start, chunked(EVENT + half), then=close) as upstream,
        gateway(upstream.url, default="content") as url,
        patient.stream("POST", url + CHAT, json=BODY) as answer,
    ):
        got = []
        with pytest.raises(httpx.RemoteProtocolError):
            got.extend(answer.iter_raw())
    assert b"".join(got) == EVENT + half


def test_an_upstream_that_is_silent_is_given_up_with_504(gateway):
    with (
        answering(then=wait_until_left) as upstream,
        gateway(upstream.url, read_timeout=2) as url,
    ):
        answer = ask(url)
        assert upstream.left.wait(10)
    assert answer.status_code == 504
    assert answer.json()["error"]["code"] == "upstream_timeout"


def test_a_stream_that_falls_silent_is_cut_off(gateway):
    with (
        answering(STREAM, EVENT, then=wait_until_left) as upstream,
        gateway(upstream.url, read_timeout=2) as url,
        patient.stream("POST", url + CHAT, json=BODY) as answer,
    ):
        pieces = answer.iter_raw()
        assert next(pieces) == EVENT
        with pytest.raises(httpx.RemoteProtocolError):
            next(pieces)
        assert upstream.left.wait(10)


def test_an_upstream_that_is_not_there_is_answered_502(gateway):
    with answering() as gone:
        pass
    with gateway(gone.url) as url:
        answer = ask(url)
        ready = patient.get(f"{url}/readyz")
    assert answer.status_code == 502
    assert answer.json()["error"]["message"] == "the upstream cannot be reached"
    assert ready.status_code == 503


def test_an_upstream_that_speaks_no_http_is_answered_502(gateway):
    with answering(b"SSH-2.0-x\r\n", then=close) as upstream, gateway(upstream.url) as url:
        assert ask(url).status_code == 502


MANY = 40
MEGABYTE = b"x" * 1_000_000


@pytest.mark.parametrize("media_type", ["application/json", "text/plain"])
def test_megabytes_pass_piece_by_piece(gateway, media_type):
    """The upstream does not send the second half before the client has seen the first."""
    half_read = threading.Event()

    async def wait(_server, _reader, writer):
        await asyncio.get_running_loop().run_in_executor(None, half_read.wait, 20)
        for _ in range(MANY // 2):
            writer.write(MEGABYTE)
            await writer.drain()

    start = head(f"Content-Type: {media_type}", f"Content-Length: {MANY * len(MEGABYTE)}")
    digest, size = hashlib.sha256(), 0
    with (
        answering(start, *[MEGABYTE] * (MANY // 2), then=wait) as upstream,
        gateway(upstream.url, max_reply=4_000_000) as url,
        patient.stream("POST", url + CHAT, json=BODY) as answer,
    ):
        for piece in answer.iter_raw():
            digest.update(piece)
            size += len(piece)
            if size >= MANY // 2 * len(MEGABYTE):
                half_read.set()
    assert digest.digest() == hashlib.sha256(MEGABYTE * MANY).digest()


def test_connections_that_only_a_burst_needed_are_given_up(gateway):
    at_once, waiting, all_there = 48, itertools.count(1), asyncio.Event()

    async def together(_server, _reader, writer):
        if next(waiting) == at_once:
            all_there.set()
        await all_there.wait()
        writer.write(head("Content-Length: 0"))

    with (
        RawServer(together) as upstream,
        gateway(upstream.url) as url,
        ThreadPoolExecutor(at_once) as clients,
    ):
        for answer in [clients.submit(ask, url) for _ in range(at_once)]:
            assert answer.result().status_code == 200
        assert upstream.left.wait(10)  # the gateway runs, and would keep it for seconds
        assert ask(url).status_code == 200


# -- clients -----------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [CHAT, "/v1/completions"])
def test_when_the_client_leaves_a_stream_the_call_to_the_upstream_ends(gateway, asked):
    with answering(STREAM, EVENT, then=wait_until_left) as upstream, gateway(upstream.url) as url:
        with patient.stream("POST", url + asked, json=BODY) as answer:
            pieces = answer.iter_raw()
            assert next(pieces) == EVENT
            assert not upstream.left.is_set()
        assert upstream.left.wait(10)


def test_when_the_client_leaves_before_the_answer_the_call_to_the_upstream_ends(gateway):
    asked = threading.Event()

    async def wait(_server, reader, _writer):
        asked.set()
        await reader.read()

    with answering(then=wait) as upstream, gateway(upstream.url) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc)
        connection.request("POST", CHAT, json.dumps(BODY))
        assert asked.wait(10)
        connection.close()
        assert upstream.left.wait(10)


def test_a_request_that_is_too_large_is_refused(gateway):
    with answering(head("Content-Length: 0")) as upstream:
        with gateway(upstream.url, max_request=1000) as url:
            declared = patient.post(url + CHAT, content=b"x" * 1001)
            pieces = [b"x" * 600] * 2
            streamed = patient.post(f"{url}/files", content=iter(pieces))
            just = patient.post(url + CHAT, content=b"x" * 1000)
        assert [declared.status_code, streamed.status_code, just.status_code] == [413, 413, 200]
        assert declared.json()["error"]["code"] == "request_too_large"
        assert declared.headers["connection"] == "close"


def test_a_request_that_does_not_come_in_is_refused(gateway):
    with (
        answering(head("Content-Length: 0")) as upstream,
        gateway(upstream.url, request_timeout=2) as url,
    ):
        connection = http.client.HTTPConnection(urlsplit(url).netloc)
        connection.putrequest("POST", CHAT)
        connection.putheader("Content-Length", "10")
        connection.endheaders(b"half")
        answer = connection.getresponse()
        assert answer.status == 408
        assert json.load(answer)["error"]["code"] == "request_timeout"
        connection.close()
    assert upstream.heads == []


# -- its own pages ---------------------------------------------------------------------------


def test_it_is_not_ready_while_the_port_of_the_upstreams_kind_cannot_be_reached(
    gateway, monkeypatch
):
    asked = []

    async def refuse(host, port):
        asked.append((host, port))
        raise ConnectionRefusedError

    monkeypatch.setattr(anyio, "connect_tcp", refuse)
    for upstream in ("http://a.example", "https://a.example", "https://a.example:8443"):
        with gateway(upstream) as url:
            assert patient.get(f"{url}/readyz").status_code == 503
    assert asked == [("a.example", 80), ("a.example", 443), ("a.example", 8443)]


def test_it_is_ready_once_the_upstream_could_be_reached_and_stays_so(gateway):
    with answering() as upstream, gateway(upstream.url) as url:
        assert patient.get(f"{url}/readyz").status_code == 200
        upstream.__exit__()
        assert patient.get(f"{url}/readyz").status_code == 200
        upstream._thread = threading.Thread(target=lambda: asyncio.run(upstream._main()))
        upstream._ready.clear()
        upstream.__enter__()


def test_the_metrics_tell_who_got_what(gateway):
    with fake_gemini(PARTS[:2]) as upstream, gateway(upstream.url) as url:
        ask(url, {"User-Agent": "metric-reader/2.1.7", "X-Image-Format": "content"})
        metrics = patient.get(f"{url}/metrics")
    line = 'imageshim_replies_total{client="metric-reader/2.1",format="content",source="header"} '
    assert line in metrics.text
    assert metrics.headers["content-type"].startswith("text/plain")


def test_a_websocket_is_refused(gateway):
    with fake_gemini() as upstream, gateway(upstream.url) as url:
        answer = patient.get(
            f"{url}/v1/realtime",
            headers={"Connection": "Upgrade", "Upgrade": "websocket"},
        )
    assert answer.status_code in {400, 404, 426}


def test_one_gateway_behind_another_changes_nothing_more(gateway):
    with (
        fake_gemini(PARTS[:2]) as upstream,
        gateway(upstream.url) as inner,
        gateway(inner, default="content") as url,
    ):
        answer = ask(url)
        plain = ask(inner)
    assert answer.headers["x-image-format"] == "content"
    assert answer.json()["choices"] == convert(plain.json(), "content")["choices"]


def test_a_path_with_an_escaped_line_end_reaches_the_upstream_as_it_came(gateway):
    with answering(head("Content-Length: 0")) as upstream, gateway(upstream.url) as url:
        assert patient.get(f"{url}/a%0Ab/").status_code == 200
    assert upstream.heads[0].startswith("GET /a%0Ab/ ")


def test_what_the_gateway_will_do_is_said_in_one_line():
    said = Settings("https://up/api", default="content", max_look=7).summary()
    assert "\n" not in said
    for part in ("upstream https://up/api", "default content", "rules none", "max_look 7",
                 "max_head 65536", "max_clients 2000", "read_timeout 600"):  # fmt: skip
        assert part in said
    assert (
        "default as the rules say, rules r.toml" in Settings("http://up", rules="r.toml").summary()
    )


def test_the_server_has_the_limits_of_the_settings_and_they_are_told(monkeypatch, capsys):
    given = {}
    monkeypatch.setattr("uvicorn.run", lambda *_, **options: given.update(options))
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setenv("IMAGESHIM_GATEWAY", "")  # so that it is put back
    serve(Settings("http://up", max_head=4096, max_clients=7, idle_timeout=3))
    assert (given["http"], given["ws"]) == (protocol("h11"), "none")
    assert given["h11_max_incomplete_event_size"] == 4096
    assert given["timeout_keep_alive"] == 3
    said = capsys.readouterr().err
    assert said.startswith("imageshim gateway: upstream http://up, default images")


def test_the_gateway_and_the_upstream_to_try_it_with_have_ports_of_their_own(capsys):
    ports = []
    for main in (gateway_main, fake_main):
        with pytest.raises(SystemExit):
            main(["--help"])
        ports += re.findall(r"default:\s+(\d{4,5})\)", capsys.readouterr().out)[:1]
    assert ports == [str(Settings("http://up").port), "8081"]
