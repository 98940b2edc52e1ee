"""Streams of every kind, converted and closed."""

import asyncio

import pytest

from chunks_of_streams import RED, chunk, item, texts
from imageshim import LossyConversionError, MalformedReplyError, collect, convert_stream

WANTED = [chunk({"content": "a"}), chunk({"images": [item(RED.url)]}), chunk({}, finish="stop")]
CHUNKS = texts("a", RED.url)


class Stream:
    """As the OpenAI SDK's: iterating over it makes a generator, closing it is another matter."""

    def __init__(self, chunks=CHUNKS, *, error=None, close_error=None):
        self.chunks, self.error, self.close_error = chunks, error, close_error
        self.closed = 0

    def __iter__(self):
        yield from self.chunks
        if self.error:
            raise self.error

    def close(self):
        self.closed += 1
        if self.close_error:
            raise self.close_error


class AsyncStream(Stream):
    __iter__ = None

    async def __aiter__(self):
        for one in self.chunks:
            yield one
        if self.error:
            raise self.error

    async def close(self):
        Stream.close(self)


class Both(Stream):
    """As LiteLLM's CustomStreamWrapper."""

    async def __aiter__(self):
        for one in self.chunks:
            yield one

    async def aclose(self):
        Stream.close(self)


async def alist(stream):
    return [one async for one in stream]


@pytest.mark.parametrize("chunks", [CHUNKS, tuple(CHUNKS), iter(CHUNKS), Stream(), Both()])
def test_a_synchronous_stream_gives_one(chunks):
    stream = convert_stream(chunks)
    assert iter(stream) is stream
    assert list(stream) == WANTED
    assert next(stream, None) is None


async def test_an_asynchronous_stream_gives_one():
    stream = convert_stream(AsyncStream())
    assert not hasattr(stream, "__next__")
    assert await alist(stream) == WANTED
    assert await alist(convert_stream(Both())) == WANTED


def test_nothing_is_read_before_it_is_asked_for():
    def chunks():
        raise AssertionError
        yield

    convert_stream(chunks())


def test_what_was_held_comes_at_the_end():
    assert list(convert_stream(texts("dat", finish=None))) == texts("dat", finish=None)


async def test_what_was_held_comes_at_the_end_of_an_asynchronous_stream():
    stream = AsyncStream(texts("dat", finish=None))
    assert await alist(convert_stream(stream)) == texts("dat", finish=None)


async def test_pieces_of_an_image_are_absorbed_in_an_asynchronous_stream():
    from imageshim.testing.pictures import png

    url = png(filling=3000).url
    pieces = [url[at : at + 50] for at in range(0, len(url), 50)]
    assert await alist(convert_stream(AsyncStream(texts(*pieces, finish=None)))) == [
        chunk({"images": [item(url)]})
    ]


def test_leaving_early_closes_the_stream():
    source = Stream()
    for _ in convert_stream(source):
        break
    assert source.closed == 1


def test_closing_closes_the_stream_begun_or_not():
    for begin in (True, False):
        source = Stream()
        stream = convert_stream(source)
        if begin:
            next(stream)
        stream.close()
        stream.close()
        assert source.closed == 1
        assert next(stream, None) is None


def test_a_with_block_closes_the_stream():
    source = Stream()
    with convert_stream(source) as stream:
        assert next(stream) == WANTED[0]
    assert source.closed == 1


def test_an_error_of_the_stream_closes_it_and_is_seen():
    source = Stream(error=KeyError("x"), close_error=OSError("y"))
    with pytest.raises(KeyError):
        list(convert_stream(source))
    assert source.closed == 1


def test_an_error_of_the_conversion_closes_the_stream():
    source = Stream([chunk({"images": [item(RED.url)] * 2})])
    with pytest.raises(LossyConversionError):
        list(convert_stream(source, "image", on_loss="raise"))
    assert source.closed == 1


def test_generators_are_closed():
    closed = []

    def chunks():
        try:
            yield from CHUNKS
        finally:
            closed.append(True)

    stream = convert_stream(chunks())
    next(stream)
    stream.close()
    assert closed == [True]


async def test_leaving_an_asynchronous_stream_early_closes_it():
    for begin in (True, False):
        source = AsyncStream()
        stream = convert_stream(source)
        if begin:
            await anext(stream)
        await stream.aclose()
        await stream.aclose()
        assert source.closed == 1
    source = AsyncStream()
    async with convert_stream(source) as stream:
        assert await anext(stream) == WANTED[0]
    assert source.closed == 1


async def test_an_asynchronous_stream_can_be_closed_at_once():
    class Quick(AsyncStream):
        def close(self):
            Stream.close(self)

    source = Quick()
    await convert_stream(source).aclose()
    assert source.closed == 1


async def test_an_error_of_an_asynchronous_stream_closes_it_and_is_seen():
    source = AsyncStream(error=KeyError("x"), close_error=OSError("y"))
    with pytest.raises(KeyError):
        await alist(convert_stream(source))
    assert source.closed == 1


async def test_cancelling_closes_the_stream():
    waiting = asyncio.Event()

    class Slow(AsyncStream):
        async def __aiter__(self):
            yield CHUNKS[0]
            waiting.set()
            await asyncio.Event().wait()

    source = Slow()
    task = asyncio.ensure_future(alist(convert_stream(source)))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert source.closed == 1


async def test_a_stream_of_both_kinds_is_closed_either_way():
    source = Both()
    stream = convert_stream(source)
    assert next(stream) == WANTED[0]
    stream.close()
    assert source.closed == 1
    source = Both()
    stream = convert_stream(source)
    assert await anext(stream) == WANTED[0]
    await stream.aclose()
    assert source.closed == 1


def test_what_cannot_be_closed_is_left():
    stream = convert_stream(CHUNKS)
    next(stream)
    stream.close()


async def test_what_cannot_be_closed_is_left_asynchronously():
    class Endless:
        def __aiter__(self):
            return self

        async def __anext__(self):
            return CHUNKS[0]

    stream = convert_stream(Endless())
    await anext(stream)
    await stream.aclose()
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ({"choices": []}, r"not dict; use convert\(\)"),
        (b"data: {}", r"not bytes; use SSEConverter"),
        ("data: {}", r"not str; use SSEConverter"),
        (None, "not NoneType$"),
        (7, "not int$"),
    ],
)
def test_what_is_no_stream_is_refused(wrong, hint):
    with pytest.raises(MalformedReplyError, match=rf"convert_stream\(\) takes .*{hint}"):
        convert_stream(wrong)


def test_calls_that_nobody_awaited_are_refused():
    async def call():
        """Never run."""

    waiting = call()
    with pytest.raises(MalformedReplyError, match="not coroutine; await it first"):
        convert_stream(waiting)
    with pytest.raises(MalformedReplyError, match="await it first"):
        collect(waiting)
    waiting.close()


def test_what_is_converted_is_iterated_as_what_it_is_made_of():
    assert not hasattr(convert_stream(iter([]), "images"), "__aiter__")
