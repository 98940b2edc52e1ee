import gzip
import importlib
import json
import logging
import sys
import threading
import tracemalloc

import brotli
import httpx
import pytest
import zstandard
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

import captured
from asgi_calls import CHAT, Application, call
from imageshim import Format, ImageShimError, convert, convert_bytes
from imageshim.server.asgi import ImageFormatMiddleware
from imageshim.server.metrics import Metrics
from imageshim.server.negotiation import Negotiation
from imageshim.server.request_bodies import look
from imageshim.server.rules import Rules
from imageshim.testing.pictures import KINDS
from imageshim.testing.strategies import write_message

PICTURE = KINDS["png"]()
PARTS = ("Here: ", PICTURE)
FORMATS = [member.value for member in Format]


def reply(name, parts=PARTS):
    message = write_message(parts, name)
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return json.dumps(
        {"id": "r1", "object": "chat.completion", "model": "m", "choices": [choice]}
    ).encode()


IMAGES = reply("images")


def message_of(answer):
    return answer.json["choices"][0]["message"]


def untouched(answer, app):
    """Whether everything came as the application sent it."""
    start, *bodies = app._messages
    return (
        answer.messages[0] == start
        and answer.body == b"".join(body.get("body", b"") for body in bodies)
        and (answer.is_complete or not app._ends)
    )


# -- who gets what ---------------------------------------------------------------------------


@pytest.mark.parametrize("before", FORMATS)
@pytest.mark.parametrize("after", FORMATS)
async def test_a_client_gets_the_format_that_its_header_asks_for(shim, before, after):
    app = Application(reply(before), headers={"x-litellm-version": "1.75.9"})
    answer = await call(shim(app), headers={"X-Image-Format": after})
    assert answer.json == convert(json.loads(reply(before)), after, source="1.75.9")
    assert answer.is_complete
    assert answer.headers["x-image-format"] == after
    assert ("deprecation" in answer.headers) == (after in {"content", "image"})


async def test_the_bodys_metadata_asks_too_and_the_application_never_sees_it(shim):
    app = Application(IMAGES)
    request = {"model": "m", "metadata": {"image_format": "image", "user": "ü"}, "n": 1}
    answer = await call(shim(app), request, {"Content-Length": "999", "Authorization": "Bearer x"})
    assert message_of(answer)["image"]["url"] == PICTURE.url
    assert app.asked == {"model": "m", "metadata": {"user": "ü"}, "n": 1}
    assert app.headers["content-length"] == str(len(app.request))
    assert app.headers["authorization"] == "Bearer x"


async def test_a_request_that_asks_for_nothing_reaches_the_application_byte_for_byte(shim):
    request = b'{ "model":"m", "n" : 1e0, "metadata": {"a": 1} }'
    app = Application(IMAGES)
    await call(shim(app), request)
    assert app.request == request


async def test_rules_see_user_agent_model_and_path(shim):
    rules = Rules.model_validate(
        {
            "rules": [
                {"format": "content", "user_agent": "OpenAI/Python 1.*", "model": "gemini-*"},
                {"format": "image", "path": "/old/*"},
            ]
        }
    )
    app = shim(Application(IMAGES), rules=rules)
    old = {"User-Agent": "OpenAI/Python 1.60.0"}
    given = [
        (await call(app, {"model": "gemini-x"}, old)).headers,
        (await call(app, {"model": "gpt"}, old)).headers,
        (await call(app, {"model": "gpt"}, path="/old/chat/completions")).headers,
    ]
    assert [headers["x-image-format"] for headers in given] == ["content", "images", "image"]
    assert given[0]["vary"] == "X-Image-Format, User-Agent"


@pytest.mark.parametrize("path", [CHAT, "/chat/completions", f"{CHAT}/", "/openai/x" + CHAT])
async def test_chat_completions_are_converted_wherever_they_are_mounted(shim, path):
    answer = await call(shim(Application(IMAGES), default="image"), path=path)
    assert "image" in message_of(answer)


@pytest.mark.parametrize(
    "how",
    [
        {"path": "/v1/images/generations"},
        {"path": "/v1/chat/completions/chatcmpl-1"},
        {"method": "GET"},
        {"method": "HEAD"},
        {"type": "websocket"},
        {"type": "lifespan"},
    ],
)
async def test_everything_else_goes_straight_through(shim, how):
    seen = []

    async def app(scope, receive, send):
        seen.append((scope, receive, send))

    def receive():
        pass

    def send():
        pass

    scope = {"type": "http", "method": "POST", "path": CHAT, "headers": [], **how}
    await shim(app)(scope, receive, send)
    assert seen[0] == (scope, receive, send)
    assert seen[0][0] is scope


async def test_as_is_leaves_a_reply_alone_but_still_takes_the_wish_out(shim):
    app = Application(IMAGES)
    answer = await call(shim(app, default="as-is"))
    assert untouched(answer, app)


@pytest.mark.parametrize(
    ("request_", "headers", "param"),
    [
        ({}, {"X-Image-Format": "webp"}, "X-Image-Format"),
        ({"metadata": {"image_format": "webp"}}, {}, "metadata.image_format"),
    ],
)
async def test_an_unknown_format_is_answered_400_as_openai_does(
    shim, registry, request_, headers, param
):
    app = Application(IMAGES)
    answer = await call(shim(app), request_, headers)
    assert answer.status == 400
    assert answer.is_complete
    error = answer.json["error"]
    assert error["message"].endswith("choose one of content, image, images, parts")
    assert (error["type"], error["param"]) == ("invalid_request_error", param)
    assert app.scope is None
    assert registry.get_sample_value("imageshim_failures_total", {"reason": "refused"}) == 1


async def test_the_options_are_checked_when_it_is_made(tmp_path):
    app = Application()
    for options in ({"on_loss": "x"}, {"markdown": "x"}, {"default": "x"}):
        with pytest.raises(ImageShimError):
            ImageFormatMiddleware(app, **options)
    with pytest.raises(ImageShimError, match="only one"):
        ImageFormatMiddleware(app, default="image", negotiation=Negotiation())
    with pytest.raises(ImageShimError, match="No such file"):
        ImageFormatMiddleware(app, rules=tmp_path / "rules.toml")


# -- where the reply comes from --------------------------------------------------------------


@pytest.mark.parametrize("version", captured.PROXIES)
@pytest.mark.parametrize("after", FORMATS)
async def test_real_replies_of_a_proxy_are_converted_by_the_version_in_their_headers(
    shim, version, after
):
    for file in sorted((captured.FOLDER / "proxy" / version).glob("*.json")):
        body = file.read_bytes()
        app = Application(body, headers={"x-litellm-version": version})
        answer = await call(shim(app, default=after))
        assert answer.body == convert_bytes(body, after, source=version), file.name
        assert answer.headers["x-image-format"] == after


UNKNOWN = "Here: data:image/png;base64,AAAABBBB"  # as LiteLLM joins them, but no PNG


@pytest.mark.parametrize(
    ("headers", "request_", "is_image"),
    [
        ({"x-litellm-version": "1.75.9"}, {}, True),
        ({"x-litellm-version": "1.80.0"}, {}, False),
        ({"x-litellm-version": "nightly"}, {}, False),
        ({}, {}, False),
        ({}, {"modalities": ["image", "text"]}, True),
        ({}, {"modalities": ["text"]}, False),
        ({"x-litellm-version": "1.80.0"}, {"modalities": ["image"]}, False),
    ],
)
async def test_what_may_be_text_is_an_image_where_the_version_or_the_request_says_so(
    shim, headers, request_, is_image
):
    body = json.dumps(
        {"choices": [{"message": {"role": "assistant", "content": UNKNOWN}}]}
    ).encode()
    answer = await call(shim(Application(body, headers=headers)), request_)
    assert bool(message_of(answer).get("images")) is is_image


async def test_images_in_markdown_are_converted_where_the_operator_says_so(shim):
    body = json.dumps({"choices": [{"message": {"content": f"![image]({PICTURE.url})"}}]}).encode()
    answer = await call(shim(Application(body), markdown=True))
    assert message_of(answer)["images"][0]["image_url"]["url"] == PICTURE.url
    assert not message_of(await call(shim(Application(body)))).get("images")


# -- headers -----------------------------------------------------------------------------------


async def test_the_headers_of_a_changed_reply_are_those_of_the_new_one(shim):
    headers = {
        "etag": '"abc"', "vary": "Origin", "content-md5": "x", "digest": "y", "x-call": "1",
        "link": '<https://a.b>; rel="help"', "x-image-format": "images",
    }  # fmt: skip
    answer = await call(shim(Application(IMAGES, headers=headers), default="image"))
    links = [value for key, value in answer.raw_headers if key == b"link"]
    assert answer.is_complete
    assert answer.headers["etag"] == 'W/"abc"'
    assert answer.headers["vary"] == "Origin, X-Image-Format"
    assert answer.headers["x-call"] == "1"
    assert answer.headers["x-image-format"] == "image"
    assert links[0] == b'<https://a.b>; rel="help"'
    assert links[1].endswith(b'rel="deprecation"')
    assert not {"content-md5", "digest"} & set(answer.headers)


async def test_a_changed_reply_says_that_it_is_utf_8(shim):
    body = IMAGES.decode().encode("utf-16")
    app = Application(body, headers={"content-type": "application/json; charset=UTF-16"})
    answer = await call(shim(app, default="image"))
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert message_of(answer)["image"]
    same = await call(shim(app))
    assert (same.body, same.headers["content-type"]) == (body, "application/json; charset=UTF-16")


async def test_a_reply_that_is_right_already_keeps_its_bytes_and_its_etag(shim):
    app = Application(IMAGES, headers={"etag": '"abc"', "vary": "*"})
    answer = await call(shim(app))
    assert answer.body == IMAGES
    assert answer.headers["etag"] == '"abc"'
    assert answer.headers["vary"] == "*"
    assert answer.headers["x-image-format"] == "images"


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (500, {}),
        (404, {}),
        (302, {}),
        (206, {"content-range": "bytes 0-9/100"}),
        (200, {"content-type": "text/html"}),
        (200, {"content-type": "image/png"}),
        (200, {"content-encoding": "compress"}),
        (200, {"content-encoding": "gzip, br"}),
    ],
)
async def test_what_is_no_whole_reply_passes_byte_for_byte(shim, status, headers):
    app = Application(IMAGES[:9], IMAGES[9:], status=status, headers=headers)
    assert untouched(await call(shim(app, default="content")), app)


@pytest.mark.parametrize("status", [204, 304])
async def test_a_reply_without_a_body_stays_without_one(shim, status):
    app = Application(status=status)
    assert untouched(await call(shim(app, default="content")), app)


async def test_an_empty_json_body_passes(shim):
    app = Application()
    assert untouched(await call(shim(app, default="content")), app)


async def test_a_body_in_many_pieces_is_converted_as_a_whole(shim):
    app = Application(*(IMAGES[at : at + 7] for at in range(0, len(IMAGES), 7)))
    answer = await call(shim(app, default="image"))
    assert message_of(answer)["image"]["url"] == PICTURE.url
    assert answer.is_complete


# -- faults --------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [IMAGES[:-20], b"\xff\xfe", b"[" * 100_000, b"data: x"])
async def test_what_is_no_json_passes_byte_for_byte_with_one_line_in_the_log(
    shim, registry, caplog, body
):
    app = Application(body, headers={"etag": '"abc"'})
    answer = await call(shim(app, default="content"))
    assert untouched(answer, app)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "passed as it came: MalformedReplyError" in caplog.text
    assert registry.get_sample_value("imageshim_failures_total", {"reason": "conversion"}) == 1


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b'{"choices": null}', b'{"error": {}}'])
async def test_json_that_is_no_reply_passes(shim, body):
    answer = await call(shim(Application(body), default="content"))
    assert answer.body == body


async def test_strict_answers_502_to_what_cannot_be_converted(shim):
    answer = await call(shim(Application(IMAGES[:-20]), default="content", strict=True))
    assert answer.status == 502
    assert answer.is_complete
    assert answer.json["error"]["type"] == "api_error"


async def test_a_reply_that_is_too_large_passes_without_being_held(shim, registry):
    app = Application(*[IMAGES] * 5)
    answer = await call(shim(app, default="content", max_reply=2 * len(IMAGES)))
    assert untouched(answer, app)
    assert [len(piece) for piece in answer.pieces[:2]] == [3 * len(IMAGES), len(IMAGES)]
    assert registry.get_sample_value("imageshim_failures_total", {"reason": "too_large"}) == 1


async def test_an_application_that_ends_early_ends_early_for_the_client(shim, registry):
    app = Application(IMAGES[:100], ends=False)
    answer = await call(shim(app, default="content"))
    assert untouched(answer, app)
    assert answer.messages[-1]["more_body"] is True
    assert registry.get_sample_value("imageshim_failures_total", {"reason": "incomplete"}) == 1


async def test_an_application_that_raises_has_sent_what_it_has_sent(shim):
    class Broken(Application):
        async def __call__(self, scope, receive, send):
            await super().__call__(scope, receive, send)
            raise ZeroDivisionError

    app = Broken(IMAGES[:100], ends=False)
    sent = []
    with pytest.raises(ZeroDivisionError):
        await call(collecting(shim(app, default="content"), sent))
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[1]["body"] == IMAGES[:100]


def collecting(app, sent):
    async def outer(scope, receive, send):
        async def keep(message):
            sent.append(message)
            await send(message)

        await app(scope, receive, keep)

    return outer


async def test_a_client_that_leaves_while_it_asks_is_no_fault_of_the_reply(shim, registry):
    received = [
        {"type": "http.request", "body": b'{"model": ', "more_body": True},
        {"type": "http.disconnect"},
    ]
    seen = []

    async def app(_scope, receive, _send):
        seen.extend([await receive(), await receive(), await receive()])

    answer = await call(shim(app), received=received)
    assert seen == [*received, {"type": "http.disconnect"}]
    assert answer.messages == []
    assert registry.get_sample_value("imageshim_failures_total", {"reason": "incomplete"}) is None


async def test_a_client_that_leaves_while_it_waits_is_told_to_the_application(shim, registry):
    async def app(_scope, receive, send):
        await receive()
        await send({"type": "http.response.start", "status": 200,
                    "headers": [(b"content-type", b"application/json")]})  # fmt: skip
        await send({"type": "http.response.body", "body": b'{"a', "more_body": True})
        assert await receive() == {"type": "http.disconnect"}

    await call(shim(app, default="content"))
    assert registry.get_sample_value("imageshim_failures_total", {"reason": "incomplete"}) is None


async def test_a_request_that_is_too_large_to_be_searched_passes(shim):
    app = Application(IMAGES)
    pieces = [b'{"metadata": {"image_format": ', b'"image"}, "x": "', b"x" * 99, b'"}']
    received = [
        {"type": "http.request", "body": piece, "more_body": piece is not pieces[-1]}
        for piece in pieces
    ]
    answer = await call(shim(app, max_look=60), received=received)
    assert app.request == b"".join(pieces)
    assert answer.headers["x-image-format"] == "images"


@pytest.mark.parametrize("depth", [100, 500, 900, 5000])
async def test_a_request_that_is_nested_deeply_reaches_the_application(shim, depth):
    nested = b"[" * depth + b"]" * depth
    app = Application(IMAGES)
    await call(shim(app), b'{"metadata": {"image_format": "image"}, "x": ' + nested + b"}")
    assert nested in app.request


@pytest.mark.parametrize("coding", ["compress", "gzip"])
async def test_a_request_that_cannot_be_unpacked_reaches_the_application_as_it_is(shim, coding):
    request = b'{"metadata": {"image_format": "image"}}'
    app = Application(IMAGES)
    answer = await call(shim(app), request, {"Content-Encoding": coding})
    assert app.request == request
    assert app.headers["content-encoding"] == coding
    assert answer.headers["x-image-format"] == "images"


# -- content codings -----------------------------------------------------------------------------

PACK = {
    "gzip": gzip.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}
UNPACK = {
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
}


@pytest.mark.parametrize("coding", PACK)
@pytest.mark.parametrize("size", [1, 400_000])
async def test_a_packed_reply_is_unpacked_converted_and_packed_again(shim, coding, size):
    body = reply("images", (*PARTS, "x" * size))
    app = Application(PACK[coding](body), headers={"content-encoding": coding})
    answer = await call(shim(app, default="image"))
    assert answer.headers["content-encoding"] == coding
    assert answer.is_complete
    assert json.loads(UNPACK[coding](answer.body)) == convert(json.loads(body), "image")


@pytest.mark.parametrize("coding", PACK)
async def test_a_packed_reply_that_is_right_already_keeps_its_bytes(shim, coding):
    packed = PACK[coding](IMAGES)
    answer = await call(shim(Application(packed, headers={"content-encoding": coding})))
    assert answer.body == packed


@pytest.mark.parametrize("coding", PACK)
@pytest.mark.parametrize("damage", [lambda b: b[:-4], lambda b: b"\0" + b, lambda b: b + b"x"])
async def test_a_damaged_packed_reply_passes_byte_for_byte(shim, registry, coding, damage):
    app = Application(damage(PACK[coding](IMAGES)), headers={"content-encoding": coding})
    answer = await call(shim(app, default="image"))
    assert untouched(answer, app)
    assert registry.get_sample_value("imageshim_failures_total", {"reason": "coding"}) == 1


@pytest.mark.parametrize("coding", PACK)
async def test_a_reply_that_unpacks_to_more_than_is_allowed_passes_packed(shim, coding):
    bomb = PACK[coding](b" " * 3_000_000 + IMAGES)
    app = Application(bomb, headers={"content-encoding": coding})
    assert untouched(await call(shim(app, default="image", max_reply=1_000_000)), app)


async def test_the_application_is_offered_the_codings_that_can_be_unpacked(shim):
    app = Application(IMAGES)
    await call(shim(app), headers={"Accept-Encoding": "compress, gzip;q=0.5, br, zstd, *;q=0"})
    assert app.headers["accept-encoding"] == "gzip;q=0.5, br, zstd"
    await call(shim(app), headers={"Accept-Encoding": "compress"})
    assert app.headers["accept-encoding"] == "identity"


async def test_a_packed_request_is_searched_too_and_passed_on_unpacked(shim):
    request = gzip.compress(b'{"metadata": {"image_format": "image"}, "model": "m"}')
    app = Application(IMAGES)
    answer = await call(shim(app), request, {"Content-Encoding": "gzip"})
    assert answer.headers["x-image-format"] == "image"
    assert app.asked == {"model": "m"}
    assert "content-encoding" not in app.headers


# -- extensions of ASGI ------------------------------------------------------------------------


async def test_an_application_is_asked_to_send_files_itself(shim):
    app = Application(IMAGES)
    extensions = {"http.response.pathsend": {}, "http.response.early_hint": {}}
    await call(shim(app, default="image"), extensions=extensions)
    assert app.scope["extensions"] == {"http.response.early_hint": {}}
    assert len(extensions) == 2


async def test_a_file_that_the_server_sends_all_the_same_passes_with_its_headers(shim):
    start = {
        "type": "http.response.start", "status": 200,
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"7")],
    }  # fmt: skip
    path = {"type": "http.response.pathsend", "path": "/x"}

    async def app(_scope, _receive, send):
        await send(start)
        await send(path)

    assert (await call(shim(app, default="image"))).messages == [start, path]


async def test_early_hints_and_trailers_pass(shim):
    hint = {"type": "http.response.early_hint", "links": []}
    trailers = {"type": "http.response.trailers", "headers": [], "more_trailers": False}

    async def app(scope, receive, send):
        await send(hint)
        await Application(IMAGES)(scope, receive, send)
        await send(trailers)

    messages = (await call(shim(app, default="image"))).messages
    assert (messages[0], messages[-1]) == (hint, trailers)
    assert messages[1]["type"] == "http.response.start"


# -- counting ------------------------------------------------------------------------------------


async def test_replies_are_counted_by_format_source_and_client(shim, registry):
    app = shim(Application(IMAGES))
    agent = {"User-Agent": "OpenAI/Python 1.60.0"}
    await call(app, headers={**agent, "X-Image-Format": "content"})
    await call(app, headers=agent)
    await call(app, headers=agent)
    client = {"client": "OpenAI/Python 1.60"}
    value = registry.get_sample_value
    labels = {"format": "content", "source": "header", **client}
    assert value("imageshim_replies_total", labels) == 1
    labels = {"format": "images", "source": "default", **client}
    assert value("imageshim_replies_total", labels) == 2
    assert value("imageshim_conversions_total", {"format": "content", **client}) == 1
    assert value("imageshim_conversions_total", {"format": "images", **client}) == 0
    assert value("imageshim_bytes_total", {"direction": "in"}) == 3 * len(IMAGES)
    assert value("imageshim_conversion_seconds_count") == 3
    assert value("imageshim_last_seen_timestamp_seconds", {"format": "images", **client}) > 1e9


# -- beside other middleware -------------------------------------------------------------------


def application(*middleware):
    async def answer(_request):
        return Response(IMAGES, media_type="application/json")

    async def stream(_request):
        async def events():
            yield b'data: {"choices":[{"index":0,"delta":{"images":[{"url":"'
            yield PICTURE.url.encode() + b'"}]}}]}\n\n'
            yield b"data: [DONE]\n\n"

        return StreamingResponse(events(), media_type="text/event-stream")

    async def file(_request):
        return FileResponse(captured.FOLDER / "proxy/1.109.1/b_text_image.json")

    routes = [
        Route(CHAT, answer, methods=["POST"]),
        Route(f"/stream{CHAT}", stream, methods=["POST"]),
        Route(f"/file{CHAT}", file, methods=["POST"]),
    ]
    return Starlette(routes=routes, middleware=middleware)


def shims(registry):
    return Middleware(ImageFormatMiddleware, default="image", metrics=Metrics(registry))


GZIP = Middleware(GZipMiddleware, minimum_size=100)


@pytest.mark.parametrize("place", ["alone", "outside", "inside"])
@pytest.mark.parametrize("path", ["", "/stream", "/file"])
async def test_it_stands_outside_and_inside_of_a_middleware_that_packs(registry, place, path):
    shim = shims(registry)
    middleware = {"alone": [shim], "outside": [shim, GZIP], "inside": [GZIP, shim]}[place]
    transport = httpx.ASGITransport(application(*middleware))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        answer = await client.post(path + CHAT, json={}, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["x-image-format"] == "image"
    assert '"image":{"url":"data:image/png;base64,' in answer.text
    if place != "alone" and path != "/stream":
        assert answer.headers["content-encoding"] == "gzip"
        assert "Accept-Encoding" in answer.headers["vary"]
    if path != "/stream":
        assert int(answer.headers["content-length"]) == answer.num_bytes_downloaded
        assert answer.json()["choices"][0]["message"]["image"]["detail"] == "auto"


# -- requests that weigh more than they seem -----------------------------------------------------

BOMB = b'{"metadata":{"image_format":"image"},"a":[' + b"[]," * 5_000_000 + b"0]}"


async def test_a_small_request_that_unpacks_to_much_passes_unread_and_its_header_decides(
    shim, caplog
):
    packed = gzip.compress(BOMB, 1)
    app = Application(IMAGES)
    tracemalloc.start()
    try:
        answer = await call(
            shim(app), packed, {"Content-Encoding": "gzip", "X-Image-Format": "content"}
        )
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert app.request == packed
    assert answer.headers["x-image-format"] == "content"
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert peak < 40 * 2**20


async def test_a_request_of_many_small_pieces_takes_no_more_memory_than_its_text(shim, caplog):
    request = b'{"metadata":{"image_format":"image"},"a":[' + b"[]," * 1_000_000 + b"0]}"
    app = Application(IMAGES)
    tracemalloc.start()
    try:
        await call(shim(app), request)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert app.request == request
    assert "was not searched" in caplog.text
    assert peak < 6 * len(request)


async def test_a_large_request_is_looked_through_beside_the_event_loop(shim, monkeypatch):
    threads = []

    def looking(body):
        threads.append(threading.get_ident())
        return look(body)

    monkeypatch.setattr("imageshim.server.asgi.look", looking)
    for size in (10, 200_000):
        app = Application(IMAGES)
        request = {"metadata": {"image_format": "image"}, "x": "x" * size}
        assert "image" in message_of(await call(shim(app), request))
    assert threads[0] == threading.get_ident() != threads[1]


async def test_a_request_that_cannot_hold_what_is_looked_for_is_not_parsed(shim, monkeypatch):
    monkeypatch.setattr("imageshim.server.asgi.look", None)
    app = Application(IMAGES)
    request = {"model": "m", "metadata": {"user": "1"}}
    await call(shim(app), request)
    await call(shim(app), gzip.compress(json.dumps(request).encode()), {"Content-Encoding": "gzip"})


@pytest.mark.parametrize("number", [b"1e400", b"-0", b"9" * 5000, b"0.10000000000000000000001"])
async def test_a_clients_numbers_and_blanks_reach_the_application_as_they_came(shim, number):
    app = Application(IMAGES)
    await call(shim(app), b'{ "n" : %s,\t"metadata": {"image_format": "image"}}' % number)
    assert app.request == b'{ "n" : %s}' % number


def test_the_middleware_names_the_extra_that_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "anyio", None)
    monkeypatch.delitem(sys.modules, "imageshim.server.asgi")
    with pytest.raises(ImageShimError, match=r"imageshim\[server\]"):
        importlib.import_module("imageshim.server.asgi")
