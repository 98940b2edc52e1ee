"""The callback's own decisions, beside a stand-in for LiteLLM; tests/live has the real proxies."""

from __future__ import annotations

import importlib
import importlib.metadata
import logging
import sys
from types import ModuleType, SimpleNamespace

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from imageshim import Format, ImageShimError, UnknownFormatError, detect
from imageshim.server import Negotiation
from imageshim.server.metrics import Metrics
from imageshim.testing.pictures import png
from imageshim.testing.strategies import write_message

PARTS = ("Here: ", png())
OURS = ("imageshim.server.litellm_callback", "imageshim.server.litellm_headers")


def joined(response_obj):
    """Join what chunks say, as releases up to at least 1.77.5 do: content must be text."""
    return "".join(choice.delta.content or "" for choice in response_obj.choices)


@pytest.fixture
def litellm(monkeypatch):
    """Give the modules of LiteLLM and FastAPI that the callback imports."""
    names = ("litellm", "litellm.integrations", "litellm.integrations.custom_logger", "fastapi")
    modules = {name: ModuleType(name) for name in names}
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    for name in OURS:
        monkeypatch.delitem(sys.modules, name, raising=False)
    made = modules["litellm"]
    made.cache, made.get_response_string = None, joined
    modules["litellm.integrations.custom_logger"].CustomLogger = type("CustomLogger", (), {})
    modules["fastapi"].HTTPException = HTTPException
    made.version = "1.76.3"
    real = importlib.metadata.version
    monkeypatch.setattr(
        importlib.metadata,
        "version",
        lambda name: made.version if name == "litellm" else real(name),
    )
    yield made
    for name in OURS:
        sys.modules.pop(name, None)


@pytest.fixture
def make(litellm):
    """Make a callback on a release, with metrics of its own."""

    def call(version="1.76.3", **options):
        litellm.version = version
        registry = CollectorRegistry()
        module = importlib.import_module(OURS[0])
        made = module.ImageFormats(Negotiation(), metrics=Metrics(registry), **options)
        made.registry = registry
        return made

    return call


def request(wish=None, **more):
    headers = {} if wish is None else {"X-Image-Format": wish}
    url = "http://proxy/v1/chat/completions"
    return {"model": "m", "proxy_server_request": {"headers": headers, "url": url}, **more}


def reply(name, parts=PARTS, **message):
    choice = {"index": 0, "finish_reason": "stop", "message": write_message(parts, name) | message}
    return ChatCompletion.construct(id="x", created=1, model="m", choices=[choice])


def chunks(name, parts=PARTS):
    deltas = [write_message((part,), name) for part in parts]
    made = []
    for delta, ending in (*((delta, None) for delta in deltas), ({}, "stop")):
        choice = {"index": 0, "delta": delta, "finish_reason": ending}
        made.append(
            ChatCompletionChunk.construct(
                id="x", created=1, model="m", object="chat.completion.chunk", choices=[choice]
            )
        )
    return made


async def asked(callback, data, key=None):
    return await callback.async_pre_call_hook(key, None, data, "acompletion")


async def streamed(callback, data, made):
    closed = []

    class Stream:
        def __init__(self):
            self.left = iter(made)

        def __aiter__(self):
            return self

        async def __anext__(self):
            try:
                return next(self.left)
            except StopIteration:
                raise StopAsyncIteration from None

        async def aclose(self):
            closed.append(True)

    out = [
        one async for one in callback.async_post_call_streaming_iterator_hook(None, Stream(), data)
    ]
    return out, closed


def counted(callback, reason):
    return callback.registry.get_sample_value("imageshim_failures_total", {"reason": reason}) or 0


async def test_a_reply_is_given_in_the_format_that_was_asked_for(make):
    callback, data, response = make(), request("content"), reply("image")
    assert await asked(callback, data) is data
    out = await callback.async_post_call_success_hook(data, None, response)
    assert out is response  # these releases take what is changed in place
    assert detect(response, "content") is Format.CONTENT


async def test_releases_that_take_what_is_returned_keep_their_own_for_the_log(make):
    callback, data, response = make("1.81.4"), request("content"), reply("images")
    await asked(callback, data)
    out = await callback.async_post_call_success_hook(data, None, response)
    assert detect(out, "content") is Format.CONTENT
    assert detect(response) is Format.IMAGES


@pytest.mark.parametrize(
    ("option", "variable", "place"),
    [(None, None, 0), ("final", None, 1), (None, "final", 1), ("first", "final", 0)],
)
@pytest.mark.parametrize("version", ["1.76.3", "1.109.1"])
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
async def test_pick_says_which_of_several_images_the_format_image_holds(
    make, monkeypatch, option, variable, place, version
):
    if variable is not None:
        monkeypatch.setenv("IMAGESHIM_PICK", variable)
    drawn = [png(filling=1), png(filling=2)]
    callback, data = make(version, pick=option), request("image")
    await asked(callback, data)

    whole = await callback.async_post_call_success_hook(data, None, reply("images", drawn))
    out, _ = await streamed(callback, data, chunks("images", drawn))

    wanted = drawn[place].url
    assert whole.choices[0].message.image["url"] == wanted
    deltas = [choice.delta for one in out for choice in one.choices]
    assert [one.image["url"] for one in deltas if getattr(one, "image", None)] == [wanted]


def test_a_wrong_pick_stops_no_proxy_but_is_told(make, monkeypatch, caplog):
    with pytest.raises(ImageShimError, match="'last'"):
        make(pick="last")
    monkeypatch.setenv("IMAGESHIM_PICK", "last")
    make()
    assert "IMAGESHIM_PICK is 'last'; choose one of 'first', 'final'" in caplog.text


async def test_what_no_chat_asked_for_passes(make):
    callback, data = make(), request("content")
    assert await callback.async_pre_call_hook(None, None, data, "embeddings") is None
    response = reply("image")
    assert await callback.async_post_call_success_hook(data, None, response) is response
    out, _ = await streamed(callback, data, made := chunks("image"))
    assert [id(one) for one in out] == [id(one) for one in made]
    assert detect(response) is Format.IMAGE
    assert await callback.async_post_call_response_headers_hook(data, None, response) is None


@pytest.mark.parametrize(
    "data",
    [
        request(metadata={"image_format": "content"}),
        request(metadata={"requester_metadata": {"image_format": "content"}}),
        {"model": "m", "proxy_server_request": {"body": {"metadata": {"image_format": "content"}}}},
    ],
)
async def test_the_wish_in_the_metadata_is_taken_out_of_every_copy(make, data):
    callback = make()
    await asked(callback, data)
    headers = await callback.async_post_call_response_headers_hook(data, None, reply("image"))
    assert headers["X-Image-Format"] == "content"
    assert "image_format" not in repr(data)


@pytest.mark.parametrize("field", ["metadata", "team_metadata"])
async def test_keys_and_teams_decide(make, field):
    callback, data = make(), request()
    key = SimpleNamespace(**{field: {"image_format": "parts"}}, key_alias="a")
    await asked(callback, data, key)
    headers = await callback.async_post_call_response_headers_hook(data, key, reply("image"))
    assert headers["X-Image-Format"] == "parts"


@pytest.mark.parametrize("host", ["[::1", "::1]", "[x]", "[v1.]", "\u2100.com"])
async def test_a_host_that_is_none_stops_no_call(make, host):
    callback, data = make(), request("content")
    data["proxy_server_request"]["url"] = f"http://{host}/v1/chat/completions"
    await asked(callback, data)
    out, _ = await streamed(callback, data, chunks("image"))
    assert PARTS[1].url in "".join(one.choices[0].delta.content or "" for one in out)


async def test_an_unknown_format_is_refused_as_openai_refuses(make):
    callback = make()
    with pytest.raises(HTTPException) as raised:
        await asked(callback, request("pictures"))
    assert raised.value.status_code == 400
    assert (raised.value.type, raised.value.param) == ("invalid_request_error", "X-Image-Format")
    assert counted(callback, "refused") == 1


@pytest.mark.parametrize("cached", [True, False])
async def test_only_the_proxys_own_images_are_where_its_version_says(make, litellm, cached):
    """An image in the text of a cached reply is found, whatever this release itself writes."""
    litellm.cache = object() if cached else None
    callback, data, response = make(), request("images"), reply("content")
    await asked(callback, data)
    await callback.async_post_call_success_hook(data, None, response)
    assert (detect(response) is Format.IMAGES) is cached


async def test_what_cannot_be_converted_passes_with_a_line_in_the_log(make, monkeypatch, caplog):
    def broken(*_args, **_options):
        raise UnknownFormatError("broken")

    callback, strict = make(), make(strict=True)
    monkeypatch.setattr(sys.modules[OURS[0]], "convert", broken)
    data, response = request("content"), reply("image")
    await asked(callback, data)
    with caplog.at_level(logging.WARNING):
        assert await callback.async_post_call_success_hook(data, None, response) is response
    assert "a reply passed as it came: UnknownFormatError: broken" in caplog.text
    assert counted(callback, "conversion") == 1
    with pytest.raises(UnknownFormatError):
        await strict.async_post_call_success_hook(data, None, response)


# The SDK's delta says that its content is text; LiteLLM's does not.
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
@pytest.mark.parametrize("wanted", ["content", "image", "images", "parts"])
async def test_a_stream_is_given_chunk_by_chunk_and_closed(make, wanted):
    callback, data = make(), request(wanted)
    await asked(callback, data)
    out, closed = await streamed(callback, data, chunks("image"))
    texts = [one if isinstance(one, str) else one.model_dump_json(warnings=False) for one in out]
    assert PARTS[1].url in "".join(texts)
    # A list in the content is no text, which these releases join: they get it as JSON.
    assert any(isinstance(one, str) for one in out) is (wanted == "parts")
    assert closed == [True]


async def test_a_stream_that_cannot_be_converted_goes_on_as_it_came(make, monkeypatch):
    callback, strict = make(), make(strict=True)
    module = sys.modules[OURS[0]]

    class Broken(module.ChunkMachine):
        def feed(self, _chunk):
            raise UnknownFormatError("broken")

    monkeypatch.setattr(module, "ChunkMachine", Broken)
    data = request("content")
    await asked(callback, data)
    out, _ = await streamed(callback, data, made := chunks("image"))
    assert [id(one) for one in out] == [id(one) for one in made]
    assert counted(callback, "conversion") == 1
    with pytest.raises(UnknownFormatError):
        await streamed(strict, data, made)


def test_a_subclass_has_the_hooks_as_its_own(make):
    class Mine(type(make())):
        async def async_pre_call_hook(self, *_):
            return None

    assert "async_post_call_success_hook" in Mine.__dict__


def app_of(callback_data):
    """A proxy's application whose endpoint asks the callback."""

    async def endpoint(_request):
        callback, data = callback_data
        await asked(callback, data)
        return PlainTextResponse("ok", status_code=data.get("status", 200))

    return Starlette(routes=[Route("/", endpoint)])


@pytest.fixture
def proxy(monkeypatch):
    def put(app):
        server = ModuleType("litellm.proxy.proxy_server")
        server.app = app
        monkeypatch.setitem(sys.modules, server.__name__, server)
        return app

    return put


@pytest.mark.parametrize("built", [True, False])
@pytest.mark.parametrize(("status", "format_header"), [(200, "content"), (500, None)])
def test_without_a_hook_for_them_a_layer_sets_the_headers(
    make, proxy, built, status, format_header
):
    said = []
    app = proxy(app_of(said))
    if built:
        app.middleware_stack = app.build_middleware_stack()
    callback = make()
    said += [callback, request("content", status=status)]
    with TestClient(app) as client:  # with its lifespan, which the layer lets pass
        answer = client.get("/")
    assert answer.headers.get("x-image-format") == format_header
    # Once, though there are two callbacks: the module's own, and this one.
    put = [one.cls for one in app.user_middleware] + [type(app.middleware_stack)] * built
    assert [one.__name__ for one in put] == ["Announcer"]


def test_a_release_with_the_hook_gets_no_layer(make, proxy):
    logger = sys.modules["litellm.integrations.custom_logger"].CustomLogger
    logger.async_post_call_response_headers_hook = None
    app = proxy(app_of([]))
    make("1.109.1")
    assert (app.middleware_stack, app.user_middleware) == (None, [])


def test_an_application_that_takes_no_layer_is_told(make, proxy, caplog):
    proxy(SimpleNamespace())
    with caplog.at_level(logging.WARNING):
        make()
    assert "takes no response headers" in caplog.text
