"""Streams: closed in the right order, ended as they end, and what they were in every other way."""

from __future__ import annotations

import asyncio
import gc
import inspect
import types

import openai
import pytest

import imageshim
from imageshim.errors import UnreadableImageWarning
from imageshim.testing import pictures
from imageshim.testing.fake_gemini import Image, Reply, Text
from imageshim.testing.strategies import write_message

PICTURE = pictures.png()
REQUEST = {"model": "m", "messages": [{"role": "user", "content": "Draw."}]}


def chunk(*parts, emit="image"):
    delta = write_message(parts, emit)
    return {"id": "x", "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}


CHUNKS = [chunk("Here: "), chunk(PICTURE), chunk("done")]


class Stream:
    """A stream that notes what is done to it."""

    def __init__(self, chunks=CHUNKS, error=None):
        self.log = []
        self.attribute = "its own"
        self._chunks = list(chunks)
        self._error = error

    def __iter__(self):
        return self

    def __next__(self):
        if self._chunks:
            return self._chunks.pop(0)
        if self._error is not None:
            raise self._error
        raise StopIteration

    def __enter__(self):
        self.log.append("enter")
        return self

    def __exit__(self, *raised):
        self.log.append(("exit", raised[0]))

    def close(self):
        self.log.append("close")


class Iterable(Stream):
    """Its iterator is a generator, as openai.Stream's is."""

    def __iter__(self):
        try:
            yield from self._chunks
        finally:
            self.log.append("iterator closed")


class AsyncStream:
    def __init__(self, chunks=CHUNKS, error=None):
        self.log = []
        self._chunks = list(chunks)
        self._error = error

    async def __aiter__(self):
        try:
            for one in self._chunks:
                await asyncio.sleep(0)
                yield one
            if self._error is not None:
                raise self._error
        finally:
            self.log.append("iterator closed")

    async def __anext__(self):
        if not self._chunks:
            raise self._error or StopAsyncIteration
        return self._chunks.pop(0)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *raised):
        self.log.append(("exit", raised[0]))

    async def close(self):
        self.log.append("close")


def wrapped(stream, **options):
    return imageshim.wrap(lambda: stream, **options)()


def kinds(chunks):
    return ["image" if one["choices"][0]["delta"].get("images") else "text" for one in chunks]


def test_a_proxy_is_its_stream_in_every_other_way():
    stream = Stream()

    proxy = wrapped(stream)

    assert isinstance(proxy, Stream)
    assert proxy.__class__ is Stream
    assert proxy.attribute == "its own"
    proxy.attribute = "changed"
    assert stream.attribute == "changed"
    assert iter(proxy) is proxy
    assert kinds(proxy) == ["text", "image", "text"]
    assert not hasattr(proxy, "__anext__")
    assert not hasattr(proxy, "aclose")
    assert not hasattr(wrapped(AsyncStream()), "__next__")


@pytest.mark.parametrize("cls", [Stream, Iterable])
def test_next_works_without_iter_and_after_it(cls):
    proxy = wrapped(cls())

    first = next(proxy)

    assert kinds([first, *list(proxy)]) == ["text", "image", "text"]


def test_an_exhausted_stream_stays_so():
    proxy = wrapped(Stream())
    list(proxy)

    with pytest.raises(StopIteration):
        next(proxy)


@pytest.mark.parametrize("cls", [Stream, Iterable])
def test_with_and_close_reach_the_stream(cls):
    stream = cls()
    with wrapped(stream) as proxy:
        assert isinstance(proxy, cls)
        for _ in proxy:
            break

    other = cls()
    proxy = wrapped(other)
    for _ in proxy:
        break
    proxy.close()

    before = ["iterator closed"] if cls is Iterable else []
    assert stream.log == ["enter", *before, ("exit", None)]
    assert other.log == [*before, "close"]


def test_the_users_exception_passes_and_closes():
    stream = Stream()

    def read():
        with wrapped(stream) as proxy:
            next(proxy)
            raise KeyError

    with pytest.raises(KeyError):
        read()

    assert stream.log == ["enter", ("exit", KeyError)]


@pytest.mark.parametrize("error", [ValueError("theirs"), KeyboardInterrupt(), GeneratorExit()])
def test_what_a_stream_raises_passes_unchanged(error):
    proxy = wrapped(Stream(error=error))

    got = [next(proxy) for _ in CHUNKS]

    assert kinds(got) == ["text", "image", "text"]
    with pytest.raises(type(error)) as raised:
        next(proxy)
    assert raised.value is error


def test_what_was_held_comes_before_the_error():
    head, tail = PICTURE.url[:60], PICTURE.url[60:90]
    error = ValueError("cut")
    proxy = wrapped(Stream([chunk(head, emit="content"), chunk(tail, emit="content")], error))

    got = []
    with (
        pytest.warns(UnreadableImageWarning),
        pytest.raises(ValueError, match="cut"),
    ):
        got.extend(proxy)

    assert "".join(one["choices"][0]["delta"].get("content") or "" for one in got) == head + tail


def test_a_context_manager_that_gives_another_stream_gives_a_proxy_of_that():
    inner = Stream()

    class Manager(Stream):
        def __enter__(self):
            return inner

    with wrapped(Manager()) as proxy:
        assert proxy.__wrapped__ is inner
        assert kinds(proxy) == ["text", "image", "text"]


def test_generators_stay_generators():
    closed = []

    def ask():
        try:
            got = yield CHUNKS[0]
            assert got == "sent"
            yield CHUNKS[1]
        finally:
            closed.append(True)

    proxy = imageshim.wrap(ask)()

    assert inspect.isgenerator(proxy)
    assert isinstance(proxy, types.GeneratorType)
    assert kinds([next(proxy), proxy.send("sent")]) == ["text", "image"]
    proxy.close()
    assert closed == [True]


async def test_asynchronous_generators_too():
    closed = []

    async def ask():
        try:
            for one in CHUNKS:
                yield one
        finally:
            closed.append(True)

    proxy = imageshim.wrap(ask)()
    async for _ in proxy:
        break
    await proxy.aclose()

    assert closed == [True]
    assert isinstance(proxy, types.AsyncGeneratorType)


async def test_asynchronous_streams_are_converted_and_closed_in_order():
    stream, other = AsyncStream(), AsyncStream()

    async with wrapped(stream) as proxy:
        async for _ in proxy:
            break
    proxy = wrapped(other)
    async for _ in proxy:
        break
    await proxy.close()

    assert stream.log == ["iterator closed", ("exit", None)]
    assert other.log == ["iterator closed", "close"]
    assert kinds([one async for one in wrapped(AsyncStream())]) == ["text", "image", "text"]


@pytest.mark.parametrize("error", [ValueError("theirs"), asyncio.CancelledError()])
async def test_what_an_asynchronous_stream_raises_passes_unchanged(error):
    got = []

    async def read():
        async for one in wrapped(AsyncStream(error=error)):
            got.append(one)  # noqa: PERF401  # what came before the error counts

    with pytest.raises(type(error)) as raised:
        await read()

    assert raised.value is error
    assert kinds(got) == ["text", "image", "text"]


async def test_a_cancelled_task_cancels_the_stream():
    class Slow(AsyncStream):
        async def __aiter__(self):
            try:
                yield CHUNKS[0]
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.log.append("cancelled")
                raise

    stream = Slow()
    started = asyncio.Event()

    async def read():
        async for _ in wrapped(stream):
            started.set()

    task = asyncio.create_task(read())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert stream.log == ["cancelled"]


def test_a_stream_that_is_both_is_both():
    class Both(Stream):
        def __aiter__(self):
            return self

        async def __anext__(self):
            try:
                return next(self)
            except StopIteration:
                raise StopAsyncIteration from None

    async def read():
        return [one async for one in wrapped(Both())]

    assert kinds(wrapped(Both())) == kinds(asyncio.run(read())) == ["text", "image", "text"]


def test_the_sdks_stream_is_one_still(client):
    stream = imageshim.wrap(client).chat.completions.create(**REQUEST, stream=True)

    assert isinstance(stream, openai.Stream)
    assert stream.response.status_code == 200
    with stream:
        for _ in stream:
            break
    assert stream.response.is_closed


async def test_the_asynchronous_one_too(async_client):
    stream = await imageshim.wrap(async_client).chat.completions.create(**REQUEST, stream=True)

    assert isinstance(stream, openai.AsyncStream)
    async for _ in stream:
        break
    await stream.close()
    assert stream.response.is_closed


def test_a_dropped_stream_is_collected(client, server):
    import weakref

    server.enqueue(Reply([Text("word "), Image("png")]))
    stream = imageshim.wrap(client).chat.completions.create(**REQUEST, stream=True)
    inner = weakref.ref(stream.__wrapped__)
    next(stream)
    response = stream.response

    del stream
    gc.collect()

    assert inner() is None
    response.close()


def test_the_header_of_a_litellm_proxy_says_what_its_text_is():
    quoted = f'"{PICTURE.url} it is'

    class Announced(Stream):
        def __init__(self, version):
            super().__init__([chunk(quoted, emit="content")])
            self.response = types.SimpleNamespace(headers={"x-litellm-version": version})

    found = {version: kinds(wrapped(Announced(version))) for version in ("1.75.9", "1.80.0", "odd")}

    assert "image" in found["1.75.9"]
    assert found["1.80.0"] == found["odd"] == ["text"]
