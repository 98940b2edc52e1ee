"""The server as a server: what it keeps of requests, what goes wrong on request, how it ends."""

import http.client
import itertools
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import openai
import pytest

from imageshim.testing.fake_gemini import (
    Drop,
    HalfJSON,
    HTTPFault,
    Image,
    Reply,
    Stall,
    Text,
    fake_gemini,
)

from .calling import CHAT, PROMPT, call, call_json, events

WHOLE = "/v1beta/models/m:generateContent"
STREAM = "/v1beta/models/m:streamGenerateContent?alt=sse"
THREE = [Text("one"), Text("two"), Text("three")]


def test_requests_are_kept_with_what_the_model_was_sent():
    body = {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "Draw."}]},
            {"role": "model", "parts": [{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]},
            {
                "role": "user",
                "parts": [{"inline_data": {"mime_type": "image/gif", "data": "BBBB"}}],
            },
        ],
    }
    with fake_gemini([Text("ok")]) as server:
        call_json(server.url + WHOLE, body)

    (request,) = server.requests
    assert (request.method, request.path, request.protocol) == ("POST", WHOLE, "gemini")
    assert request.body == body
    assert request.texts == ["Be brief.", "Draw."]
    assert request.images == [("image/png", "AAAA"), ("image/gif", "BBBB")]
    assert request.completed


def test_the_texts_and_images_of_a_chat_are_found():
    url = {"url": "data:image/png;base64,AAAA"}
    content = [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": url},
        {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}},
    ]
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": content}]
    with fake_gemini([Text("ok")]) as server:
        call_json(f"{server.openai_url}/chat/completions", {"model": "m", "messages": messages})

    (request,) = server.requests
    assert request.texts == ["Be brief.", "What is it?"]
    assert request.images == [("image/png", "AAAA"), ("", "https://example.com/cat.png")]


def test_credentials_are_not_kept():
    headers = {"Authorization": "Bearer hush", "x-goog-api-key": "hush", "X-Mine": "kept"}
    with fake_gemini() as server:
        call(f"{server.url}{WHOLE}?key=hush&a=b", PROMPT, headers=headers)

    (request,) = server.requests
    assert "hush" not in repr(request)
    assert request.headers["authorization"] == "Bearer ***"
    assert request.headers["x-goog-api-key"] == "***"
    assert request.headers["x-mine"] == "kept"
    assert request.path == f"{WHOLE}?key=***&a=b"


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
def test_a_body_that_is_no_json_object_is_refused(body):
    with fake_gemini() as server:
        status, _, answer = call(server.url + WHOLE, body)
        chat, _, said = call(f"{server.openai_url}/chat/completions", body)
    assert (status, json.loads(answer)["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert (chat, json.loads(said)["error"]["code"]) == (400, "400")
    assert server.requests == []


def test_an_unknown_url_is_told():
    with fake_gemini() as server:
        status, _, body = call(f"{server.url}/v1/embeddings?key=hush", {})
    assert status == 404
    assert b"nothing is served at POST /v1/embeddings?key=***" in body


def test_the_front_page_says_what_there_is():
    with fake_gemini(models={"a": [Text("a")]}) as server:
        page = call_json(server.url)
    assert page["models"] == ["a"]
    assert "images" in page["formats"]


def test_a_connection_serves_many_requests():
    with fake_gemini() as server:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
        bodies = []
        for path in (WHOLE, STREAM, WHOLE):
            connection.request("POST", path, json.dumps(PROMPT))
            bodies.append(connection.getresponse().read())
            used = connection.sock
        assert bodies[0].startswith(b"{")
        assert used is not None
        connection.close()
    assert len(server.requests) == 3


def test_a_request_can_come_in_chunks():
    with fake_gemini([Text("ok")]) as server:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
        pieces = iter([b'{"contents"', b": []}"])
        connection.request("POST", WHOLE, pieces, encode_chunked=True,
                           headers={"Transfer-Encoding": "chunked"})  # fmt: skip
        assert connection.getresponse().status == 200
        connection.close()
    assert server.requests[0].body == {"contents": []}


def test_an_old_client_gets_a_stream_that_ends_with_the_connection():
    with (
        fake_gemini(THREE) as server,
        socket.create_connection(("127.0.0.1", urlsplit(server.url).port)) as client,
    ):
        body = json.dumps(PROMPT).encode()
        head = f"POST {STREAM} HTTP/1.0\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        client.sendall(head + body)
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    head, _, data = answer.partition(b"\r\n\r\n")
    assert b"chunked" not in head
    assert len(events(data)) == 3


def test_many_clients_are_served_at_once():
    arrived = threading.Barrier(8)

    def together(_request):
        arrived.wait(20)  # passes only when all eight are being answered
        return [Text("ok")]

    with fake_gemini(together) as server, ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: call_json(server.url + WHOLE, PROMPT), range(8)))
    assert len(replies) == 8
    assert len(server.requests) == 8


def test_an_error_comes_in_the_words_of_the_protocol():
    with fake_gemini(HTTPFault(429, "slow down", {"Retry-After": "7"})) as server:
        status, headers, body = call(server.url + STREAM, PROMPT)
        _, _, chat = call(f"{server.openai_url}/chat/completions", CHAT)

    assert (status, headers["Retry-After"]) == (429, "7")
    assert json.loads(body)["error"] == {
        "code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED",
    }  # fmt: skip
    assert json.loads(chat)["error"]["message"] == "slow down"


def test_a_connection_can_be_dropped_before_the_answer():
    with fake_gemini(Drop()) as server:
        with pytest.raises(http.client.RemoteDisconnected):
            call(server.url + WHOLE, PROMPT)
        server.wait_idle()
    assert not server.requests[0].completed


@pytest.mark.parametrize(("path", "kept"), [(WHOLE, 10), (STREAM, 10), (WHOLE, 0)])
def test_a_connection_can_be_dropped_after_bytes(path, kept):
    with (
        fake_gemini(Reply(THREE, fault=Drop(after_bytes=kept))) as server,
        pytest.raises(http.client.IncompleteRead) as raised,
    ):
        call(server.url + path, PROMPT)
    assert len(raised.value.partial) == kept


def test_a_stream_can_be_dropped_after_chunks():
    with (
        fake_gemini(Reply(THREE, fault=Drop(after_chunks=2))) as server,
        pytest.raises(http.client.IncompleteRead) as raised,
    ):
        call(server.url + STREAM, PROMPT)
    assert len(events(raised.value.partial)) == 2
    assert server.requests[0].chunks_sent == 2
    assert not server.requests[0].completed


def test_a_stream_can_be_dropped_where_it_would_have_ended():
    with (
        fake_gemini(Reply(THREE, fault=Drop(after_chunks=3))) as server,
        pytest.raises(http.client.IncompleteRead),
    ):
        call(server.url + STREAM, PROMPT)


def test_a_fault_after_more_chunks_than_there_are_does_not_strike():
    with fake_gemini(Reply(THREE, fault=Drop(after_chunks=4))) as server:
        assert len(events(call(server.url + STREAM, PROMPT)[2])) == 3


def test_json_can_end_in_the_middle():
    with fake_gemini(Reply(THREE, fault=HalfJSON())) as server:
        _, _, whole = call(server.url + WHOLE, PROMPT)
        _, _, stream = call(server.url + STREAM, PROMPT)
        chat = {**CHAT, "stream": True}
        _, _, said = call(f"{server.openai_url}/chat/completions", chat)

    with pytest.raises(json.JSONDecodeError):
        json.loads(whole)
    good, half = stream.rsplit(b"data: ", 1)
    assert len(events(good)) == 2
    with pytest.raises(json.JSONDecodeError):
        json.loads(half)
    assert b"[DONE]" not in said


def test_a_stream_can_stall_until_the_client_leaves():
    with fake_gemini(Reply(THREE, fault=Stall(after_chunks=1))) as server:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
        connection.request("POST", STREAM, json.dumps(PROMPT))
        answer = connection.getresponse()
        assert b"one" in answer.fp.readline() + answer.fp.readline()
        with pytest.raises(TimeoutError, match="1 requests are still being answered"):
            server.wait_idle(0)

        answer.close()
        connection.close()
        server.wait_idle()
    assert (server.requests[0].chunks_sent, server.requests[0].completed) == (1, False)


def test_a_whole_reply_can_stall():
    with fake_gemini(Stall()) as server:
        client = openai.OpenAI(base_url=server.openai_url, api_key="k", max_retries=0, timeout=2)
        with client, pytest.raises(openai.APITimeoutError):
            client.chat.completions.create(model="m", messages=[])
        server.wait_idle()


@pytest.mark.parametrize(
    "answer",
    [
        Stall(),
        Reply(THREE, delay=3600),
        Reply(THREE, chunk_delay=3600),
        Reply(THREE, fault=Stall(after_chunks=1)),
    ],
)
def test_the_end_does_not_wait_for_slow_answers(answer):
    before = threading.active_count()
    server = fake_gemini(answer).start()
    asked = threading.Event()

    def client():
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
        connection.request("POST", STREAM, json.dumps(PROMPT))
        asked.set()
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            connection.getresponse().read()
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        ends = pool.submit(client)
        asked.wait()
        server.stop()
        ends.result()
    assert threading.active_count() == before


def test_the_end_leaves_no_thread_and_no_socket():
    before = threading.active_count()
    with fake_gemini() as server:
        address = urlsplit(server.url).netloc
        idle = [http.client.HTTPConnection(address) for _ in range(5)]
        for connection in idle:
            connection.request("POST", WHOLE, json.dumps(PROMPT))
            connection.getresponse().read()
        assert threading.active_count() == before + 6

    assert threading.active_count() == before
    for connection in idle:
        connection.close()
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection(address).connect()


def test_stopping_twice_is_no_mistake():
    server = fake_gemini().start()
    server.stop()
    server.stop()


def test_a_client_that_leaves_in_the_middle_does_no_harm(capfd):
    picture = Image(b"x" * 4_000_000, "image/png")
    with fake_gemini([picture] * 4) as server:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
        connection.request("POST", STREAM, json.dumps(PROMPT))
        connection.getresponse().close()
        connection.close()
        server.wait_idle()
        assert not server.requests[0].completed

        assert call_json(server.url + WHOLE, PROMPT)
    assert capfd.readouterr() == ("", "")


def test_a_slow_answer_arrives_whole():
    reply = Reply(THREE, delay=0.01, chunk_delay=0.01)
    with fake_gemini(reply) as server:
        assert len(events(call(server.url + STREAM, PROMPT)[2])) == 3


def test_the_environment_turns_clients_to_the_server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "example.com")
    with fake_gemini([Text("hi")]) as server:
        environment = server.environment()
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with openai.OpenAI() as client:
            reply = client.chat.completions.create(model="m", messages=[])
    assert environment["NO_PROXY"] == "example.com,127.0.0.1"
    assert reply.choices[0].message.content == "hi"


def test_each_request_is_told_to_the_log():
    told = []
    with fake_gemini(log=told.append) as server:
        call_json(server.url + WHOLE, PROMPT)
        server.wait_idle()
    assert told == server.requests


def test_a_port_can_be_chosen_and_used_again():
    with fake_gemini() as server:
        port = urlsplit(server.url).port
        call_json(server.url + WHOLE, PROMPT)
        with pytest.raises(OSError, match="in use"):
            fake_gemini(port=port).start()
    with fake_gemini(port=port) as server:
        assert urlsplit(server.url).port == port
        call_json(server.url + WHOLE, PROMPT)


DEEP = b'{"model": "m", "messages": ' + b"[" * 900 + b"]" * 900 + b"}"
STRANGE = {
    "deep": DEEP,
    "no messages": b'{"model": "m", "messages": 5}',
    "no parts": b'{"contents": 5, "model": "m"}',
    "a model that is no text": b'{"model": {}, "messages": []}',
    "pictures that are none": b'{"messages": [{"content": [{"image_url": {"data": 5}}]}]}',
    "texts that are none": b'{"model": "m", "messages": [{"content": [{"text": {}}]}, 5, null]}',
    "nesting": b"[" * 100_000,
    "digits": b'{"model": ' + b"9" * 5000 + b"}",
    "n": b'{"model": "m", "messages": [], "n": "x", "stream": 5, "stream_options": 7}',
}
LENGTHS = [
    b"Content-Length: x\r\n\r\n",
    b"Content-Length: -5\r\n\r\n",
    b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n-4\r\nabcd\r\n",
]


def test_requests_that_make_no_sense_are_answered_and_leave_no_traceback(capsys):
    with fake_gemini() as server:
        for name, body in STRANGE.items():
            for url in (server.url + WHOLE, f"{server.openai_url}/chat/completions"):
                status, _, answer = call(url, body)
                assert status in {200, 400}, (name, answer)
                assert json.loads(answer)
        for length in LENGTHS:
            where = urlsplit(server.url)
            with socket.create_connection((where.hostname, where.port), 20) as connection:
                connection.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n" + length)
                assert connection.recv(65536).startswith(b"HTTP/1.1 400 "), length
        for method, target in itertools.product(("GET", "POST"), ("http://[::1", "http://a]/b")):
            with socket.create_connection((where.hostname, where.port), 20) as connection:
                connection.sendall(f"{method} {target} HTTP/1.1\r\n\r\n".encode())
                assert connection.recv(65536).startswith(b"HTTP/1.1 404 "), (method, target)
        server.wait_idle()
    assert capsys.readouterr().err == ""
