"""Bodies of many small pieces cost what they weigh."""

import json
import threading
import tracemalloc
import weakref

import httpx
import pytest

from asgi_calls import Application, call
from imageshim import ImageShimError
from imageshim.server import replies
from imageshim.server.metrics import Metrics
from imageshim.server.pieces import Body, count_values
from imageshim.server.reverse_proxy import ReverseProxy, upstream_url

WISH = b'{"metadata":{"image_format":"image"},"a":"'
IMAGES = (
    b'{"choices":[{"message":{"images":[{"image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}'
)
MANY = IMAGES + b'],"a":[' + b"[]," * 600_000 + b"0]}}]}"
DECLARED = {"content-type": "text/event-stream"}


def pieces_of(body, size):
    for at in range(0, len(body), size):
        yield {"type": "http.request", "body": body[at : at + size], "more_body": True}
    yield {"type": "http.request"}


def peak_of(run):
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_body_is_what_its_pieces_were_however_many():
    for count in (0, 1, 255, 256, 257, 1000):
        body = Body()
        for number in range(count):
            body.add(b"%d," % number)
        whole = b"".join(b"%d," % number for number in range(count))
        assert (body.size, body.take()) == (len(whole), whole)
        assert body.take() == b""


def test_pieces_of_two_bytes_take_no_more_memory_than_their_bytes():
    def fill():
        body = Body()
        for at in range(200_000):
            body.add(at.to_bytes(2, "big", signed=False) if at < 65536 else b"%d" % (at % 90 + 10))
        body.take()

    assert peak_of(fill) < 2_000_000


async def test_a_request_in_many_pieces_is_searched_and_passes_whole(shim):
    app = Application(IMAGES + b"]}}]}")
    body = WISH + b"x" * 3000 + b'"}'
    answer = await call(shim(app), received=list(pieces_of(body, 1)))
    assert answer.headers["x-image-format"] == "image"
    assert app.asked == {"a": "x" * 3000}


@pytest.mark.parametrize("size", [100, 4000])
async def test_a_request_that_is_too_large_passes_as_it_came(shim, size):
    app = Application(b"{}")
    body = WISH + b"x" * 3000 + b'"}'
    await call(shim(app, max_look=1000), received=list(pieces_of(body, size)))
    assert app.request == body


async def test_a_request_that_is_too_large_passes_in_the_pieces_that_came(shim):
    sent = list(pieces_of(WISH + b"x" * 1_000_000 + b'"}', 100_000))
    seen = []

    async def app(_scope, receive, send):
        while not seen or seen[-1].get("more_body"):
            seen.append(await receive())
        await Application(b"{}")(_scope, receive, send)

    await call(shim(app, max_look=500_000), received=[dict(message) for message in sent])
    assert len(seen) == len(sent)
    # None was copied: nothing on the event loop takes as long as the body is large.
    assert all(
        ours["body"] is theirs["body"] for ours, theirs in zip(seen, sent[:-1], strict=False)
    )


async def test_no_piece_that_is_handed_on_is_large_whatever_the_size_of_a_body(shim):
    seen = []

    async def app(_scope, receive, send):
        while not seen or seen[-1].get("more_body"):
            seen.append(await receive())
        await Application(b"{" + b" " * 1_000_000)(_scope, receive, send)

    for max_look, max_reply in ((1 << 20, 1 << 20), (1000, 1000)):
        seen.clear()
        whole = {"type": "http.request", "body": WISH + b"x" * 900_000 + b'"}'}
        answer = await call(shim(app, max_look=max_look, max_reply=max_reply), received=[whole])
        assert answer.body == b"{" + b" " * 1_000_000
        assert max(len(message["body"]) for message in seen) <= 1 << 18


async def test_of_a_client_that_leaves_the_application_sees_what_came_and_that_it_left(shim):
    seen = []

    async def app(_scope, receive, _send):
        while not seen or seen[-1]["type"] == "http.request":
            seen.append(await receive())

    left = {"type": "http.disconnect"}
    for sent in ([left], [{"type": "http.request", "body": b"{", "more_body": True}, left]):
        seen.clear()
        await call(shim(app), received=sent)
        assert seen == sent


async def test_a_body_is_not_kept_until_it_is_answered(registry):
    class Message(dict):
        """One that can be watched."""

    sent = [Message(type="http.request", body=b"x" * 10, more_body=more) for more in (True, False)]
    alive = [weakref.ref(message) for message in sent]

    class Upstream(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request):
            async for piece in request.stream:
                assert piece == b"x" * 10
            assert not any((message() or {}).get("body") for message in alive)
            return httpx.Response(200, stream=httpx.ByteStream(b"ok"))

    proxy = ReverseProxy(
        upstream_url("http://up"), Upstream(), timeouts=httpx.Timeout(1), metrics=Metrics(registry)
    )
    answer = await call(proxy, received=sent)
    assert answer.body == b"ok"


# -- replies of many values ------------------------------------------------------------------------


def test_values_are_counted_where_they_can_be_many():
    assert count_values(b"[1,2]") == 0
    assert count_values(b"[" + b"1," * 300_000 + b'"' + b"x" * 1_000_000 + b'"]') == 300_001
    with pytest.raises(ImageShimError, match="more than 524288 values"):
        count_values(MANY)


async def test_a_reply_of_too_many_values_passes_as_it_came(shim, caplog):
    answer = await call(shim(Application(MANY), default="content"))
    assert answer.body == MANY
    assert "x-image-format" not in answer.headers
    assert "it has more than 524288 values" in caplog.text


async def test_a_reply_of_many_values_is_converted_beside_the_event_loop(shim):
    reply = IMAGES + b'],"a":[' + b"[     ]," * 200_000 + b"0]}}]}"
    answer = await call(shim(Application(reply), default="image"))
    assert answer.json["choices"][0]["message"]["image"]["url"].startswith("data:image/png")


@pytest.mark.parametrize(
    ("content", "is_beside"),
    [
        ("x" * 100, False),
        ("x" * 3_000_000, True),
        ("data:image/png;base64,iVBORw0KGgo " * 20, False),
        ("data:image/png;base64,iVBORw0KGgo " * 400, True),
    ],
    ids=["small", "large", "few to weigh", "many to weigh"],
)
async def test_a_reply_that_takes_long_is_converted_beside_the_event_loop(
    shim, monkeypatch, content, is_beside
):
    threads = []

    def noted(body, _do):
        threads.append(threading.get_ident())
        return body

    monkeypatch.setattr(replies, "convert_body", noted)
    reply = json.dumps({"choices": [{"message": {"content": content}}]}).encode()
    answer = await call(shim(Application(reply), default="image"))
    assert answer.body == reply
    assert (threads != [threading.get_ident()]) is is_beside


async def test_an_event_of_too_many_values_passes_as_it_came_with_all_behind_it(shim, caplog):
    event = b"data: " + MANY.replace(b'"message"', b'"delta"') + b"\n\n"
    later = b'data: {"choices":[{"delta":{"content":"x"}}]}\n\n'
    app = Application(event, later, headers=DECLARED)
    answer = await call(shim(app, default="content"))
    assert answer.body == event + later
    assert "it has more than 524288 values" in caplog.text


@pytest.mark.parametrize(("size", "is_beside"), [(1000, False), (3_000_000, True)])
async def test_a_large_reply_is_joined_beside_the_event_loop(shim, monkeypatch, size, is_beside):
    threads = []
    joined = replies.Body.joined

    def noted(self):
        threads.append(threading.get_ident())
        return joined(self)

    monkeypatch.setattr(replies.Body, "joined", noted)
    reply = json.dumps({"choices": [{"message": {"content": "x" * size}}]}).encode()
    half = len(reply) // 2
    answer = await call(shim(Application(reply[:half], reply[half:]), default="image"))
    assert answer.body == reply
    assert (threads != [threading.get_ident()]) is is_beside
