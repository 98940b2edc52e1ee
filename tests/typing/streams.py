"""Checked by mypy and pyright: streams stay synchronous or asynchronous, as they came.

In ``mistakes`` every comment is needed: a checker that sees no error there fails.
"""
# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from typing import Any

from openai import AsyncStream, Stream
from openai.types.chat import ChatCompletionChunk
from typing_extensions import assert_type

import imageshim
from imageshim.streaming.iterators import AsyncConvertedStream, ConvertedStream


def conversions(
    chunks: list[dict[str, Any]],
    later: AsyncIterator[dict[str, Any]],
    stream: Stream[ChatCompletionChunk],
    stream_later: AsyncStream[ChatCompletionChunk],
) -> None:
    assert_type(imageshim.convert_stream(chunks), ConvertedStream)
    assert_type(imageshim.convert_stream(stream, "content", on_loss="drop"), ConvertedStream)
    assert_type(imageshim.convert_stream(later, source="1.75.9"), AsyncConvertedStream)
    assert_type(
        imageshim.convert_stream(stream_later, imageshim.Format.PARTS), AsyncConvertedStream
    )


async def collected(
    chunks: list[dict[str, Any]], stream_later: AsyncStream[ChatCompletionChunk]
) -> None:
    assert_type(imageshim.collect(stream_later, source="images"), Awaitable[Any])
    reply = await imageshim.collect(imageshim.convert_stream(stream_later))
    whole = imageshim.collect(imageshim.convert_stream(chunks))
    del reply, whole


def converters(chunk: dict[str, Any]) -> None:
    converter = imageshim.StreamConverter("images", source="content")
    assert_type(converter.feed(chunk), list[Any])
    assert_type(imageshim.SSEConverter("content", on_loss="raise").feed(b""), bytes)


def mistakes(chunks: list[dict[str, Any]], stream_later: AsyncStream[ChatCompletionChunk]) -> None:
    imageshim.convert_stream(chunks, "picture")  # type: ignore[call-overload]
    imageshim.convert_stream(chunks, on_loss="ignore")  # type: ignore[call-overload]
    imageshim.convert_stream(3)  # type: ignore[call-overload]
    imageshim.collect(3)  # type: ignore[call-overload]
    imageshim.StreamConverter("imags")  # type: ignore[arg-type]
    imageshim.SSEConverter("images", on_loss="")  # type: ignore[arg-type]
    for _ in imageshim.convert_stream(stream_later):  # type: ignore[attr-defined]
        pass
