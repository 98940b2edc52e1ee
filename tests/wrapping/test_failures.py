"""When the shim fails, nobody but the log and one warning knows: or, strict, everybody."""

from __future__ import annotations

import asyncio
import logging

import pytest

import imageshim
from imageshim.testing import pictures
from imageshim.testing.strategies import write_message
from imageshim.wrapping import calls, delivery, streams

PICTURE = pictures.png()
REQUEST = {"model": "m", "messages": [{"role": "user", "content": "Draw."}]}


def reply(emit="image"):
    message = write_message(("Here: ", PICTURE), emit)
    return {"id": "x", "choices": [{"index": 0, "finish_reason": "stop", "message": message}]}


def chunks(*texts):
    for text in texts:
        delta = {"content": text}
        yield {"id": "x", "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}


class BrokenError(Exception):
    pass


def broken(*_args, **_options):
    raise BrokenError("a bug of ours")


@pytest.fixture
def broken_conversion(monkeypatch):
    monkeypatch.setattr(delivery, "examine", broken)


@pytest.mark.usefixtures("broken_conversion")
def test_a_reply_comes_as_it_came_with_one_warning_and_the_traceback_in_the_log(caplog):
    original = reply()

    with pytest.warns(imageshim.ReplyUnchangedWarning, match="BrokenError: a bug of ours") as seen:
        got = imageshim.wrap(lambda: original)()

    assert got is original
    assert [(one.category, one.filename) for one in seen] == [
        (imageshim.ReplyUnchangedWarning, __file__)
    ]
    (record,) = [one for one in caplog.records if one.name == "imageshim"]
    assert record.levelno == logging.WARNING
    assert record.exc_info[0] is BrokenError


@pytest.mark.usefixtures("broken_conversion")
async def test_an_awaited_reply_too():
    original = reply()

    async def ask():
        return original

    with pytest.warns(imageshim.ReplyUnchangedWarning) as seen:
        got = await asyncio.create_task(imageshim.wrap(ask)())

    assert got is original
    assert seen[0].filename == __file__


@pytest.mark.usefixtures("broken_conversion")
def test_strict_raises():
    with pytest.raises(BrokenError):
        imageshim.wrap(reply, strict=True)()


def test_an_answer_that_cannot_be_looked_at_is_not_one_without_images():
    class Odd(dict):
        def get(self, *_):
            raise BrokenError

    assert not delivery.has_nothing(Odd(choices=[]))


def test_a_stream_goes_on_as_it_came(monkeypatch):
    head, tail = PICTURE.url[:70], PICTURE.url[70:]
    original = streams.ChunkMachine.feed
    fed = []

    def feed(self, chunk):
        fed.append(chunk)
        if len(fed) == 3:
            raise BrokenError("late")
        return original(self, chunk)

    monkeypatch.setattr(streams.ChunkMachine, "feed", feed)
    texts = ["Here: ", head, tail, " done"]

    with pytest.warns(imageshim.ReplyUnchangedWarning, match="the rest of it"):
        got = list(imageshim.wrap(lambda: chunks(*texts))())

    assert [one["choices"][0]["delta"]["content"] for one in got] == texts


def test_what_a_stream_still_held_comes_as_it_came(monkeypatch):
    monkeypatch.setattr(streams.ChunkMachine, "finish", broken)
    texts = ["Here: ", PICTURE.url[:70]]

    with pytest.warns(imageshim.ReplyUnchangedWarning):
        got = list(imageshim.wrap(lambda: chunks(*texts))())

    assert [one["choices"][0]["delta"]["content"] for one in got] == texts


def test_a_strict_stream_raises(monkeypatch):
    monkeypatch.setattr(streams.ChunkMachine, "feed", broken)
    monkeypatch.setattr(streams.ChunkMachine, "finish", broken)

    with pytest.raises(BrokenError):
        list(imageshim.wrap(lambda: chunks("text"), strict=True)())
    with pytest.raises(BrokenError):
        list(imageshim.wrap(chunks, strict=True)())


def test_a_request_goes_as_it_is(monkeypatch):
    monkeypatch.setattr(calls, "prepare_messages", broken)
    messages = [{"role": "assistant", "content": "Here: "}]

    with pytest.warns(imageshim.ReplyUnchangedWarning, match="messages of a request"):
        got = imageshim.wrap(lambda *, messages: messages)(messages=messages)

    assert got is messages
    with pytest.raises(BrokenError):
        imageshim.wrap(lambda *, messages: messages, strict=True)(messages=messages)


@pytest.mark.parametrize("error", [ValueError("theirs"), KeyboardInterrupt(), SystemExit(3)])
def test_the_callers_own_exceptions_pass(error):
    def ask():
        raise error

    with pytest.raises(type(error)) as raised:
        imageshim.wrap(ask)()

    assert raised.value is error


async def test_a_cancelled_call_is_cancelled():
    async def ask():
        await asyncio.Event().wait()

    task = asyncio.create_task(imageshim.wrap(ask)())
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


def test_a_loss_is_told_as_asked():
    two = {"content": "x", "images": write_message((PICTURE, pictures.jpeg()), "images")["images"]}
    several = {"id": "x", "choices": [{"index": 0, "message": two}]}

    with (
        pytest.warns(imageshim.LossyConversionWarning),
        pytest.warns(imageshim.LegacyImageFormatWarning),
    ):
        imageshim.wrap(lambda: several, emit="image", on_loss="drop")()
    with pytest.raises(imageshim.LossyConversionError):
        imageshim.wrap(lambda: several, emit="image", on_loss="raise", strict=True)()


# -- history -------------------------------------------------------------------------------------

HISTORY = [
    {"role": "user", "content": "Draw."},
    reply("images")["choices"][0]["message"],
    {"role": "user", "content": "Now in blue."},
]


def images_of_users(messages):
    return sum(
        part["type"] == "image_url"
        for message in messages
        if message["role"] == "user" and isinstance(message["content"], list)
        for part in message["content"]
    )


def test_images_of_earlier_replies_go_to_the_model():
    def ask(model, messages):
        return model, messages

    before = [dict(message) for message in HISTORY]

    by_name = imageshim.wrap(ask)(model="m", messages=HISTORY)[1]
    by_place = imageshim.wrap(ask)("m", HISTORY)[1]
    off = imageshim.wrap(ask, history=False)("m", HISTORY)[1]

    assert images_of_users(by_name) == images_of_users(by_place) == 1
    assert off is HISTORY
    assert before == HISTORY


def test_messages_without_images_are_the_same_list():
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hi!"}]

    assert imageshim.wrap(lambda *, messages: messages)(messages=messages) is messages


def test_a_client_sends_them(client, server):
    imageshim.wrap(client).chat.completions.create(model="m", messages=HISTORY)

    assert len(server.requests[-1].images) == 1


def test_a_stream_that_cannot_be_wrapped_comes_as_it_came(monkeypatch):
    monkeypatch.setattr(streams, "ChunkMachine", broken)
    original = chunks("text")

    with pytest.warns(imageshim.ReplyUnchangedWarning):
        got = imageshim.wrap(lambda: original)()

    assert got is original
    with pytest.raises(BrokenError):
        imageshim.wrap(lambda: original, strict=True)()


def test_a_raw_response_that_cannot_be_read_comes_as_it_came(client, monkeypatch):
    from imageshim.wrapping import policy

    monkeypatch.setattr(policy, "announced", broken)

    with pytest.warns(imageshim.ReplyUnchangedWarning):
        raw = imageshim.wrap(client).chat.completions.with_raw_response.create(**REQUEST)

    assert raw.parse().choices[0].message.content == "Two: "


def test_an_odd_answer_comes_as_it_came(monkeypatch):
    monkeypatch.setattr(delivery, "has_no_image", broken)
    original = {"id": "x", "choices": [{"index": 0, "message": {"content": "text"}}]}

    assert imageshim.wrap(lambda: original)() is original


def test_a_source_that_cannot_be_read_stops_no_reader(monkeypatch):
    from imageshim.wrapping import call_sites

    monkeypatch.setattr(call_sites, "expression_at", broken)
    message = imageshim.wrap(reply)()["choices"][0]["message"]

    with pytest.warns(imageshim.LegacyImageFormatWarning):
        assert message["image"]["url"] == PICTURE.url
