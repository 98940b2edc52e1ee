"""Streams of LiteLLM, converted and collected, on the release's own objects."""

from __future__ import annotations

import asyncio
from typing import Any

import litellm
from replies import request

import imageshim


def converted(url: str, to: str, *, is_async: bool = False) -> dict[str, Any]:
    """A streamed reply in a format, and what it is when it is collected."""
    if is_async:
        chunks = asyncio.run(_converted(url, to))
    else:
        stream = litellm.completion(**request(url), stream=True)
        chunks = list(imageshim.convert_stream(stream, to, source=litellm_version()))
    reply = imageshim.collect(chunks)
    return {
        "chunks": sorted({type(chunk).__name__ for chunk in chunks}),
        "reply": type(reply).__name__,
        "said": [
            (reading.text, [image.url for image in reading.images])
            for reading in imageshim.read_all(reply)
        ],
        "finish": [choice.finish_reason for choice in reply.choices],
        "dump": reply.model_dump(),
    }


async def _converted(url: str, to: str) -> list[Any]:
    stream = await litellm.acompletion(**request(url), stream=True)
    async with imageshim.convert_stream(stream, to, source=litellm_version()) as chunks:
        return [chunk async for chunk in chunks]


def litellm_version() -> str:
    from importlib.metadata import version

    return version("litellm")
