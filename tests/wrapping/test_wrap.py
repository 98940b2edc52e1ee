"""What can be wrapped, and what the caller gets."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import inspect
import pickle
import warnings
from types import SimpleNamespace

import openai
import pytest
from openai.types.chat import ChatCompletion

import imageshim
from imageshim.testing import pictures
from imageshim.testing.strategies import write_message

PICTURES = (pictures.png(), pictures.jpeg())
FORMATS = ("content", "image", "images", "parts")
LEGACY = {"content", "image"}
REQUEST = {"model": "m", "messages": [{"role": "user", "content": "Draw."}]}


def reply(emit, parts=None):
    if parts is None:
        parts = ("Two: ", *PICTURES[: 1 if emit == "image" else None])
    message = write_message(parts, emit)
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}


def urls(message):
    """The images of a canonical message, dict or object."""
    images = message["images"] if isinstance(message, dict) else message.images
    return [item["image_url"]["url"] for item in images]


def expected_urls(emit):
    return [picture.url for picture in PICTURES[: 1 if emit == "image" else None]]


def expecting_legacy(emit):
    """Expect the warning of a call that asks for an old format, if it does."""
    if emit in LEGACY:
        return pytest.warns(imageshim.LegacyImageFormatWarning)
    return contextlib.nullcontext()


@pytest.mark.parametrize("emit", FORMATS)
@pytest.mark.parametrize("came", FORMATS)
def test_a_client_gives_every_format_whatever_comes(client, server, came, emit):
    server.format = came
    wrapped = imageshim.wrap(client, emit=emit)

    with expecting_legacy(emit):
        got = wrapped.chat.completions.create(**REQUEST)

    plain = client.chat.completions.create(**REQUEST)
    assert type(got) is ChatCompletion
    wanted = imageshim.convert(plain, emit).choices[0]
    assert got.choices[0].to_dict(warnings=False) == wanted.to_dict(warnings=False)


@pytest.mark.parametrize("emit", FORMATS)
@pytest.mark.parametrize("came", FORMATS)
def test_a_stream_of_every_format_collects_to_the_same(client, server, came, emit):
    server.format = came
    wrapped = imageshim.wrap(client, emit=emit)

    with expecting_legacy(emit), wrapped.chat.completions.create(**REQUEST, stream=True) as stream:
        collected = imageshim.collect(list(stream))

    found = imageshim.read(collected)
    assert found.text == "Two: "
    assert [image.url for image in found.images] == expected_urls("images")


async def test_an_asynchronous_client_does_the_same(async_client):
    wrapped = imageshim.wrap(async_client)

    got = await wrapped.chat.completions.create(**REQUEST)
    async with await wrapped.chat.completions.create(**REQUEST, stream=True) as stream:
        chunks = [chunk async for chunk in stream]

    assert urls(got.choices[0].message) == expected_urls("images")
    assert len(imageshim.read(imageshim.collect(chunks)).images) == 2


def test_the_stream_helper_keeps_two_images_apart(client):
    with imageshim.wrap(client).chat.completions.stream(**REQUEST) as stream:
        final = stream.until_done().get_final_completion()

    assert urls(final.choices[0].message) == expected_urls("images")


async def test_the_asynchronous_stream_helper_does_too(async_client):
    async with imageshim.wrap(async_client).chat.completions.stream(**REQUEST) as stream:
        final = await stream.get_final_completion()

    assert urls(final.choices[0].message) == expected_urls("images")


def test_parse_converts(client, server):
    server.format = "image"

    got = imageshim.wrap(client).chat.completions.parse(**REQUEST)

    assert urls(got.choices[0].message) == expected_urls("image")


def test_raw_responses_parse_to_converted_replies_and_keep_their_bytes(client, server):
    server.format = "image"
    wrapped = imageshim.wrap(client)

    raw = wrapped.chat.completions.with_raw_response.create(**REQUEST)
    also = wrapped.with_raw_response.chat.completions.create(**REQUEST)

    assert type(raw) is type(client.chat.completions.with_raw_response.create(**REQUEST))
    assert raw.parse() is raw.parse()
    assert urls(raw.parse().choices[0].message) == expected_urls("image")
    assert urls(also.parse().choices[0].message) == expected_urls("image")
    assert '"image":' in raw.text
    assert urls(raw.parse(to=ChatCompletion).choices[0].message) == expected_urls("image")


async def test_asynchronous_raw_responses_do_the_same(async_client, server):
    server.format = "image"
    wrapped = imageshim.wrap(async_client)

    raw = await wrapped.chat.completions.with_raw_response.create(**REQUEST)
    async with wrapped.chat.completions.with_streaming_response.create(**REQUEST) as streamed:
        parsed = await streamed.parse()

    assert urls(raw.parse().choices[0].message) == expected_urls("image")
    assert urls(parsed.choices[0].message) == expected_urls("image")


def test_streaming_responses_and_raw_streams_convert(client, server):
    server.format = "image"
    wrapped = imageshim.wrap(client)

    with wrapped.chat.completions.with_streaming_response.create(**REQUEST) as response:
        parsed = response.parse()
    raw = wrapped.chat.completions.with_raw_response.create(**REQUEST, stream=True)
    collected = imageshim.collect(list(raw.parse()))

    assert urls(parsed.choices[0].message) == expected_urls("image")
    assert urls(collected.choices[0].message) == expected_urls("images")


@pytest.mark.parametrize("copied", ["copy", "with_options"])
def test_copies_of_a_client_are_wrapped_too(client, server, copied):
    server.format = "image"
    wrapped = imageshim.wrap(client)

    again = getattr(getattr(wrapped, copied)(timeout=5), copied)(max_retries=1)

    assert again.timeout == 5
    assert again.max_retries == 1
    assert urls(again.chat.completions.create(**REQUEST).choices[0].message) == expected_urls(
        "image"
    )


def test_the_client_itself_does_not_change(client, server):
    server.format = "image"

    wrapped = imageshim.wrap(client)

    assert wrapped is not client
    assert type(wrapped) is openai.OpenAI
    assert wrapped._client is client._client  # one pool of connections
    assert client.chat.completions.create(**REQUEST).choices[0].message.image["url"]
    with pytest.raises(AttributeError):
        _ = client.chat.completions.create(**REQUEST).choices[0].message.images


@pytest.mark.parametrize("cls", [openai.AzureOpenAI, openai.AsyncAzureOpenAI])
def test_azure_clients_stay_azure_clients(server, cls):
    client = cls(azure_endpoint=server.url, api_key="any", api_version="2024-10-21", base_url=None)

    wrapped = imageshim.wrap(client)

    assert type(wrapped) is cls
    assert wrapped.with_options(max_retries=7).max_retries == 7


def test_parts_of_a_client_and_its_methods_can_be_wrapped_alone(client, server):
    server.format = "image"
    targets = [
        imageshim.wrap(client.chat).completions.create,
        imageshim.wrap(client.chat.completions).create,
        imageshim.wrap(client.chat.completions.create),
        imageshim.wrap(client.chat.completions.parse),
        lambda **asked: imageshim.wrap(client.chat.completions.with_raw_response.create)(
            **asked
        ).parse(),
    ]

    for create in targets:
        assert urls(create(**REQUEST).choices[0].message) == expected_urls("image")
    with imageshim.wrap(client.chat.completions.stream)(**REQUEST) as stream:
        assert urls(stream.get_final_completion().choices[0].message) == expected_urls("images")
    manager = imageshim.wrap(client.chat.completions.with_streaming_response.create)(**REQUEST)
    with manager as response:
        assert urls(response.parse().choices[0].message) == expected_urls("image")


def test_a_function_of_the_users_keeps_what_makes_it_a_function():
    def ask(model, *, n=1):
        """Ask."""
        return reply("image") if (model, n) == ("m", 1) else None

    wrapped = imageshim.wrap(ask)

    assert urls(wrapped("m")["choices"][0]["message"]) == expected_urls("image")
    assert inspect.isfunction(wrapped)
    assert inspect.signature(wrapped) == inspect.signature(ask)
    assert (wrapped.__name__, wrapped.__doc__, wrapped.__wrapped__) == ("ask", "Ask.", ask)
    assert copy.copy(wrapped) is copy.deepcopy(wrapped) is wrapped


async def test_a_coroutine_function_stays_one():
    async def ask():
        await asyncio.sleep(0)
        return reply("image")

    wrapped = imageshim.wrap(ask)
    waiting = wrapped()

    assert inspect.iscoroutinefunction(wrapped)
    assert asyncio.iscoroutinefunction(wrapped)
    assert inspect.iscoroutine(waiting)
    assert waiting.__qualname__ == ask.__qualname__
    assert urls((await waiting)["choices"][0]["message"]) == expected_urls("image")


async def test_a_future_and_a_task_are_waited_for():
    async def ask():
        return reply("image")

    got = await imageshim.wrap(lambda: asyncio.ensure_future(ask()))()

    assert urls(got["choices"][0]["message"]) == expected_urls("image")


def module_level():
    return reply("image")


def test_a_wrapped_function_can_be_pickled():
    wrapped = pickle.loads(pickle.dumps(imageshim.wrap(module_level)))  # noqa: S301  # our own

    assert urls(wrapped()["choices"][0]["message"]) == expected_urls("image")


def test_methods_and_callable_objects_are_wrapped():
    class Caller:
        def ask(self):
            return reply("image")

        def __call__(self):
            return self.ask()

    caller = Caller()

    assert urls(imageshim.wrap(caller.ask)()["choices"][0]["message"]) == expected_urls("image")
    assert urls(imageshim.wrap(caller)()["choices"][0]["message"]) == expected_urls("image")
    assert isinstance(imageshim.wrap(caller), Caller)


def test_a_generator_of_chunks_is_converted():
    def ask():
        for part in ("Here: ", pictures.png()):
            delta = write_message((part,), "image")
            yield {"id": "x", "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}

    chunks = list(imageshim.wrap(ask)())

    assert chunks[0]["choices"][0]["delta"]["content"] == "Here: "
    assert urls(chunks[1]["choices"][0]["delta"]) == [pictures.png().url]


def test_lists_of_replies_and_what_instructor_returns_are_converted():
    model = SimpleNamespace(_raw_response=reply("image"))

    several = imageshim.wrap(lambda: [reply("image"), [reply("content")]])()
    pair = imageshim.wrap(lambda: ("model", reply("image")))()
    held = imageshim.wrap(lambda: model)()

    for found in (several[0], several[1][0], pair[1], held._raw_response):
        assert urls(found["choices"][0]["message"])
    assert pair[0] == "model"
    assert held is model


@pytest.mark.parametrize(
    "answer", [None, "text", b"bytes", 3, {"no": "reply"}, [], (), object(), {"choices": []}]
)
def test_what_is_no_reply_is_the_same_object(answer):
    assert imageshim.wrap(lambda: answer)() is answer


def test_a_reply_without_images_is_the_same_object():
    plain = reply("images", ("Only text.",))

    assert imageshim.wrap(lambda: plain)() is plain


@pytest.mark.parametrize("emit", FORMATS)
@pytest.mark.parametrize("came", FORMATS)
def test_what_the_library_returned_does_not_change(came, emit):
    original = reply(came)
    before = copy.deepcopy(original)
    carrier = ChatCompletion.construct(**copy.deepcopy(original))
    dumped = carrier.model_dump(warnings=False)

    with expecting_legacy(emit):
        imageshim.wrap(lambda: original, emit=emit)()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        imageshim.wrap(lambda: carrier, emit=emit)()

    assert original == before
    assert carrier.model_dump(warnings=False) == dumped
    assert type(carrier.choices[0].message).__module__.startswith("openai")


def test_source_says_where_replies_come_from():
    quoted = reply("content", (f'"{PICTURES[0].url} it is',))

    as_text = imageshim.wrap(lambda: quoted)()
    as_image = imageshim.wrap(lambda: quoted, source="1.75.9")()

    assert as_text is quoted
    assert urls(as_image["choices"][0]["message"]) == [PICTURES[0].url]


def test_a_request_for_images_says_it_too():
    quoted = reply("content", (f'"{PICTURES[0].url} it is',))
    ask = imageshim.wrap(lambda **_asked: quoted)

    assert urls(ask(modalities=["image", "text"])["choices"][0]["message"])
    assert urls(ask(extra_body={"modalities": ["image"]})["choices"][0]["message"])
    assert ask(modalities=["text"]) is quoted


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"emit": "picture"}, "'picture' is not a format"),
        ({"source": "yesterday"}, "'yesterday' is neither a format"),
        ({"on_loss": "weep"}, "on_loss is 'weep'"),
    ],
)
def test_wrong_options_are_told_at_once(options, message):
    with pytest.raises(imageshim.ImageShimError, match=message):
        imageshim.wrap(print, **options)


@pytest.mark.parametrize("target", [openai.OpenAI, 3, "litellm.completion", None, {}])
def test_what_cannot_be_wrapped_is_refused(target):
    with pytest.raises(imageshim.ImageShimError, match=r"cannot be wrapped|is a class"):
        imageshim.wrap(target)
