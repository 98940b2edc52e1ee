"""What LiteLLM's own handlers read, while a wrapped call runs: with stand-ins for their classes."""

from __future__ import annotations

import asyncio
import pickle
import sys
import types
import warnings

import pytest

import imageshim
from imageshim.testing import pictures
from imageshim.wrapping import handlers
from imageshim.wrapping.reentrancy import INSIDE

PNG, JPEG, REMOTE = pictures.png().url, pictures.jpeg().url, "https://a.example/b.png"


def item(url, index=0):
    return {"image_url": {"url": url, "detail": "auto"}, "index": index, "type": "image_url"}


class Response:
    def __init__(self, body):
        self.body = body

    def json(self, **_options):
        return self.body


class HTTPHandler:
    def post(self, body):
        return Response(body)


class AsyncHTTPHandler:
    async def post(self, body):
        return Response(body)


class BaseModelResponseIterator:
    @staticmethod
    def _string_to_dict_parser(str_line):
        return str_line


CLASSES = {
    "litellm.llms.custom_httpx.http_handler": (HTTPHandler, AsyncHTTPHandler),
    "litellm.llms.base_llm.base_model_iterator": (BaseModelResponseIterator,),
}


@pytest.fixture(autouse=True)
def _litellm(monkeypatch):
    for name, classes in CLASSES.items():
        module = types.ModuleType(name)
        for cls in classes:
            setattr(module, cls.__name__, cls)
        monkeypatch.setitem(sys.modules, name, module)
    handlers.WATCH.stop()
    yield
    handlers.WATCH.stop()


def body(message):
    return {"id": "x", "choices": [{"index": 0, "message": {"role": "assistant", **message}}]}


def chunk(delta):
    return {"id": "x", "choices": [{"index": 0, "delta": delta}]}


def completion(read):
    """A function of LiteLLM's, whose handler reads something."""

    def completion():
        return read()

    completion.__module__ = "litellm"
    return imageshim.wrap(completion)


def posted(given):
    seen = []
    completion(lambda: seen.append(HTTPHandler().post(given).json()))()
    return seen[0]


def parsed(given):
    seen = []
    parse = BaseModelResponseIterator
    completion(lambda: seen.append(parse._string_to_dict_parser(str_line=given)))()
    return seen[0]


SPELLINGS = [
    [{"type": "image_url", "image_url": {"url": PNG}}, {"image_url": {"url": REMOTE}}],
    [{"url": PNG}, {"type": "image_url", "image_url": REMOTE}],
    [item(PNG), item(REMOTE)],
]


@pytest.mark.parametrize("images", SPELLINGS)
def test_images_of_a_whole_reply_are_written_as_litellm_knows_them(images):
    message = {"content": "Here", "images": images, "reasoning": "hm"}
    assert posted(body(message)) == body({**message, "images": [item(PNG), item(REMOTE, 1)]})


@pytest.mark.parametrize("images", SPELLINGS)
@pytest.mark.parametrize("version", ["1.75.9", "1.76.3", "1.77.0", "1.110.2"])
def test_images_of_a_chunk_are_where_litellm_lets_them_pass(monkeypatch, images, version):
    monkeypatch.setattr(handlers, "format_of_installed", lambda: imageshim.format_of(version))
    specific = {"signature": "s"}
    delta = {"content": "", "images": images, "provider_specific_fields": specific}
    written = [item(PNG), item(REMOTE, 1)]
    expected = (
        {"content": "", "images": written, "provider_specific_fields": specific}
        if version in {"1.77.0", "1.110.2"}
        else {"content": "", "provider_specific_fields": {**specific, "images": written}}
    )
    assert parsed(chunk(delta)) == chunk(expected)


def test_a_list_of_parts_becomes_text_and_images():
    text, picture = (
        {"type": "text", "text": "Here"},
        {"type": "image_url", "image_url": {"url": PNG}},
    )
    whole = posted(body({"content": [text, picture]}))["choices"][0]["message"]
    assert whole == {"role": "assistant", "content": "Here", "images": [item(PNG)]}
    assert parsed(chunk({"content": [text]})) == chunk({"content": "Here"})


@pytest.mark.parametrize(
    "given",
    [
        body({"content": f"Here {PNG}"}),
        body({"content": "Here"}),
        {"candidates": [{"content": {"parts": [{"inlineData": {"data": "AAAA"}}]}}]},
        {"error": {"message": "no"}},
        {"choices": "odd"},
        ["a"],
        None,
    ],
)
def test_everything_else_passes(given):
    assert posted(given) is given


@pytest.mark.parametrize(
    "given",
    [
        chunk({"content": "data:image/png;base64,iVBO"}),
        chunk(None),
        chunk({"content": [{"type": "audio"}]}),
        {"choices": []},
        {"choices": [None]},
        None,
    ],
)
def test_every_other_line_passes(given):
    assert parsed(given) == given


def test_outside_of_a_wrapped_call_nothing_changes():
    given = body({"content": "Here", "images": SPELLINGS[0]})
    completion(lambda: None)()
    assert HTTPHandler().post(given).json() is given
    assert BaseModelResponseIterator._string_to_dict_parser(given) is given
    assert INSIDE.get() is None


async def test_an_asynchronous_handler_too():
    given = body({"content": "Here", "images": [{"image_url": {"url": PNG}}]})

    async def acompletion():
        return (await AsyncHTTPHandler().post(given)).json(strict=False)

    acompletion.__module__ = "litellm"
    reply = await imageshim.wrap(acompletion)()
    assert imageshim.normalize(reply) == body({"content": "Here", "images": [item(PNG)]})
    assert asyncio.iscoroutinefunction(AsyncHTTPHandler().post)


def test_a_new_watch_begins_when_it_is_told_to():
    plain = HTTPHandler.post
    watch = handlers._Watch()
    watch.start()
    assert HTTPHandler.post is not plain
    watch.stop()
    assert HTTPHandler.post is plain


def test_it_is_taken_back_when_an_installation_ends(monkeypatch):
    before = vars(HTTPHandler)["post"]
    completion(lambda: None)()
    wrapper = vars(HTTPHandler)["post"]
    assert wrapper is not before
    assert pickle.loads(pickle.dumps(wrapper)) is not None  # noqa: S301  # our own
    litellm = types.ModuleType("litellm")
    litellm.completion = types.FunctionType((lambda: None).__code__, vars(litellm), "completion")
    monkeypatch.setitem(sys.modules, "litellm", litellm)
    with imageshim.install(libraries=["litellm"]):
        pass
    assert vars(HTTPHandler)["post"] is before
    assert isinstance(vars(BaseModelResponseIterator)["_string_to_dict_parser"], staticmethod)


def test_a_layer_of_somebody_else_stays():
    original = vars(HTTPHandler)["post"]
    completion(lambda: None)()
    ours = vars(HTTPHandler)["post"]
    HTTPHandler.post = theirs = lambda self, body: ours.__get__(self)(body)
    try:
        handlers.WATCH.stop()
        assert vars(HTTPHandler)["post"] is theirs
    finally:
        HTTPHandler.post = original


def test_versions_without_these_classes_are_left_alone(monkeypatch):
    for name in CLASSES:
        monkeypatch.setitem(sys.modules, name, None)
    given = body({"content": "Here", "images": [{"image_url": {"url": PNG}}]})
    assert posted(given) is given


def test_what_cannot_be_read_comes_as_it_came(monkeypatch):
    def broken(*_args):
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(handlers, "convert_message", broken)
    given = body({"content": "Here", "images": [{"image_url": {"url": PNG}}]})
    with pytest.warns(imageshim.ReplyUnchangedWarning, match="a bug of ours"):
        assert posted(given) is given
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert posted({"error": "no"}) == {"error": "no"}


class Dropping:
    """LiteLLM's answer without the images that its handler has read."""

    def __init__(self, **fields):
        self.fields = fields

    def complete(self, bodies):
        for given in bodies:
            HTTPHandler().post(given).json()
        return {"id": "x", "choices": [{"index": 0, "message": {"content": "Here"}}], **self.fields}


PAINTED = body({"content": "Here", "images": [{"image_url": {"url": PNG}}]})
OTHER = {**body({"content": "Here", "images": [{"image_url": {"url": JPEG}}]}), "id": "y"}


@pytest.mark.parametrize("bodies", [[PAINTED], [OTHER, PAINTED], [PAINTED, OTHER]])
def test_images_that_litellm_dropped_are_given_back(bodies):
    reply = completion(lambda: Dropping().complete(bodies))()
    assert reply["choices"][0]["message"] == {"content": "Here", "images": [item(PNG)]}


@pytest.mark.parametrize(
    ("fields", "bodies"),
    [
        ({"id": "z"}, [PAINTED]),
        ({"id": None}, [PAINTED]),
        ({}, [OTHER]),
        ({}, [body({"content": "Here"})]),
        ({}, [{**PAINTED, "choices": []}]),
        (
            {"choices": [{"index": 0, "message": {"content": "", "images": [item(JPEG)]}}]},
            [PAINTED],
        ),
    ],
)
def test_a_reply_of_another_body_and_one_that_has_images_stays(fields, bodies):
    answer = Dropping(**fields).complete(bodies)
    reply = completion(lambda: Dropping(**fields).complete(bodies))()
    assert reply == answer


async def test_images_that_an_asynchronous_handler_dropped_too():
    async def acompletion():
        (await AsyncHTTPHandler().post(PAINTED)).json()
        return Dropping().complete([])

    acompletion.__module__ = "litellm"
    reply = await imageshim.wrap(acompletion)()
    assert reply["choices"][0]["message"]["images"] == [item(PNG)]


ASKS = {"modalities": ["image", "text"], "messages": []}


@pytest.mark.parametrize(
    ("asked", "lost"),
    [
        ({"model": "oobabooga/m", **ASKS}, "images are lost"),
        ({"model": "m", "custom_llm_provider": "aiohttp_openai", **ASKS}, "images are lost"),
        ({"model": "maritalk/m", "stream": True, **ASKS}, "images of streams are lost"),
        ({"model": "maritalk/m", **ASKS}, None),
        ({"model": "oobabooga/m", "messages": []}, None),
        ({"model": "openrouter/m", "stream": True, **ASKS}, None),
        ({"model": "oobabooga/m", "custom_llm_provider": "openai", **ASKS}, None),
        ({"model": None, **ASKS}, None),
    ],
)
def test_a_provider_whose_images_are_lost_is_told_once(monkeypatch, asked, lost):
    monkeypatch.setattr(handlers, "_warned", set())

    def ask(**_options):
        return None

    ask.__module__ = "litellm"
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        imageshim.wrap(ask)(**asked)
        imageshim.wrap(ask)(**asked)
    assert [(one.category, one.filename) for one in seen] == (
        [(imageshim.LossyConversionWarning, __file__)] if lost else []
    )
    assert lost is None or lost in str(seen[0].message)


class Fixed:
    """A response that takes no attributes."""

    __slots__ = ()

    def json(self):
        return PAINTED


@pytest.mark.parametrize("answer", [Fixed(), None, object()])
def test_a_response_of_another_kind_passes(monkeypatch, answer):
    monkeypatch.setattr(HTTPHandler, "post", lambda _self: answer)
    seen = []
    completion(lambda: seen.append(HTTPHandler().post()))()
    assert seen == [answer]
