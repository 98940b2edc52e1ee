"""`convert_stream`: the converter over an iterable, which it closes."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Generator,
    Iterable,
    Iterator,
    Mapping,
)
from typing import TYPE_CHECKING, Any, overload

from imageshim.errors import MalformedReplyError
from imageshim.messages.options import FormatLike, OnLoss, Pick
from imageshim.timeline import Format

from .converter import ChunkMachine

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["AsyncConvertedStream", "ConvertedStream", "aclose", "close", "convert_stream", "kinds"]


def close(chunks: Any) -> None:
    """Close what is iterated over, if it can be closed."""
    method = getattr(chunks, "close", None)
    if callable(method):
        method()


async def aclose(chunks: Any) -> None:
    """Close what is iterated over, if it can be closed: generators, the SDKs' streams."""
    method = getattr(chunks, "aclose", None) or getattr(chunks, "close", None)
    if callable(method):
        closing = method()
        if inspect.isawaitable(closing):
            await closing


def _converted(chunks: Iterable[Any], converter: ChunkMachine) -> Generator[Any, None, None]:
    passes = converter.passes
    try:
        for chunk in chunks:
            if converter.patience > 0 and converter.absorbs(chunk):
                continue
            if passes(chunk):
                yield chunk
            else:
                yield from converter.take(chunk)
        yield from converter.finish()
    except GeneratorExit:
        close(chunks)
        raise
    except BaseException:
        with contextlib.suppress(Exception):  # the error that came first is the one to see
            close(chunks)
        raise


async def _aconverted(
    chunks: AsyncIterable[Any], converter: ChunkMachine
) -> AsyncGenerator[Any, None]:
    passes = converter.passes
    try:
        async for chunk in chunks:
            if converter.patience > 0 and converter.absorbs(chunk):
                continue
            if passes(chunk):
                yield chunk
            else:
                for made in converter.take(chunk):
                    yield made
        for made in converter.finish():
            yield made
    except GeneratorExit:
        await aclose(chunks)
        raise
    except BaseException:  # cancellation too
        with contextlib.suppress(Exception):
            await aclose(chunks)
        raise


class ConvertedStream(Iterator[Any]):
    """The chunks of a stream, converted; closing it closes the stream."""

    def __init__(self, chunks: Iterable[Any], converter: ChunkMachine) -> None:
        self._chunks = chunks
        self._generator = _converted(chunks, converter)

    def __next__(self) -> Any:
        return next(self._generator)

    def close(self) -> None:
        """Close the stream, begun or not; no more chunks come."""
        begun = inspect.getgeneratorstate(self._generator) != inspect.GEN_CREATED
        self._generator.close()
        if not begun:
            close(self._chunks)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.close()


class AsyncConvertedStream(AsyncIterator[Any]):
    """The chunks of an asynchronous stream, converted; closing it closes the stream."""

    def __init__(self, chunks: AsyncIterable[Any], converter: ChunkMachine) -> None:
        self._achunks = chunks
        self._agenerator = _aconverted(chunks, converter)
        self._begun = False

    async def __anext__(self) -> Any:
        self._begun = True
        return await self._agenerator.__anext__()

    async def aclose(self) -> None:
        """Close the stream, begun or not; no more chunks come."""
        await self._agenerator.aclose()
        if not self._begun:
            self._begun = True
            await aclose(self._achunks)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_raised: object) -> None:
        await self.aclose()


class _EitherConvertedStream(ConvertedStream, AsyncConvertedStream):
    """What LiteLLM gives, which both ``for`` and ``async for`` take: so does this."""

    def __init__(self, chunks: Any, converter: ChunkMachine) -> None:
        ConvertedStream.__init__(self, chunks, converter)
        AsyncConvertedStream.__init__(self, chunks, converter)


def kinds(chunks: object, function: str, instead: str) -> tuple[bool, bool]:
    """Tell whether a stream is synchronous, and whether it is asynchronous; it can be both.

    Raises:
        MalformedReplyError: it is neither: a whole reply, bytes, a call that nobody has awaited.

    """
    hint = ""
    if isinstance(chunks, (Mapping, str, bytes, bytearray)) or hasattr(chunks, "choices"):
        hint = f"; use {instead}"
    elif inspect.isawaitable(chunks):
        hint = "; await it first"
    cls = type(chunks)
    found = bool(getattr(cls, "__iter__", None)), bool(getattr(cls, "__aiter__", None))
    if hint or not any(found):
        raise MalformedReplyError(
            f"{function}() takes an iterable of chunks, not {type(chunks).__name__}{hint}"
        )
    return found


@overload
def convert_stream(
    chunks: Iterable[Any],
    to: FormatLike = ...,
    *,
    source: str | Format | None = ...,
    on_loss: OnLoss = ...,
    markdown: bool = ...,
    pick: Pick = ...,
) -> ConvertedStream: ...


@overload
def convert_stream(
    chunks: AsyncIterable[Any],
    to: FormatLike = ...,
    *,
    source: str | Format | None = ...,
    on_loss: OnLoss = ...,
    markdown: bool = ...,
    pick: Pick = ...,
) -> AsyncConvertedStream: ...


def convert_stream(  # noqa: PLR0913  # each option is a word of its own
    chunks: Iterable[Any] | AsyncIterable[Any],
    to: FormatLike = Format.IMAGES,
    *,
    source: str | Format | None = None,
    on_loss: OnLoss = "stash",
    markdown: bool = False,
    pick: Pick = "first",
) -> ConvertedStream | AsyncConvertedStream:
    """Convert a stream, chunk by chunk, as it comes.

    Args:
        chunks: a synchronous or an asynchronous iterable of chunks: dicts, LiteLLM or OpenAI SDK
            objects. Nothing is read before the first chunk is asked for.
        to: the format to give; the options are those of :class:`StreamConverter`.
        source: see there.
        on_loss: see there.
        markdown: see there.
        pick: see there.

    Returns:
        An iterator of the same kind; of both kinds for LiteLLM's ``CustomStreamWrapper``, which is
        both. When it is closed, left early by an error, or cancelled, ``chunks`` is closed too
        (``close()`` or ``aclose()``, where it has them).

    Raises:
        UnknownFormatError: ``to`` or ``source`` is unknown.
        MalformedReplyError: ``chunks`` is no iterable of chunks.

    """
    converter = ChunkMachine(to, source=source, on_loss=on_loss, markdown=markdown, pick=pick)
    instead = "SSEConverter" if isinstance(chunks, (str, bytes, bytearray)) else "convert()"
    is_sync, is_async = kinds(chunks, "convert_stream", instead)
    made: Any = _EitherConvertedStream if is_sync and is_async else ConvertedStream
    if not is_sync:
        made = AsyncConvertedStream
    stream: ConvertedStream | AsyncConvertedStream = made(chunks, converter)
    return stream
