"""The OpenAI SDK reading a stream from a server on loopback."""

from __future__ import annotations

import asyncio
from typing import Any

import openai

ASKED: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Draw."}]}


def created(url: str) -> list[dict[str, Any]]:
    """``create(stream=True)``: the delta of each chunk, in order."""
    client = openai.OpenAI(base_url=url, api_key="any", max_retries=0)
    chunks = client.chat.completions.create(**ASKED, stream=True)
    return [_delta(chunk) for chunk in chunks if chunk.choices]


def created_async(url: str) -> list[dict[str, Any]]:
    async def ask() -> list[dict[str, Any]]:
        client = openai.AsyncOpenAI(base_url=url, api_key="any", max_retries=0)
        chunks = await client.chat.completions.create(**ASKED, stream=True)
        return [_delta(chunk) async for chunk in chunks if chunk.choices]

    return asyncio.run(ask())


def _delta(chunk: Any) -> dict[str, Any]:
    return {
        "index": chunk.choices[0].index,
        **chunk.choices[0].delta.model_dump(exclude_unset=True),
    }


def helper(url: str) -> list[dict[str, Any]]:
    """The ``stream()`` helper, which adds up the deltas itself: the messages of the end."""
    client = openai.OpenAI(base_url=url, api_key="any", max_retries=0)
    completions: Any = client.chat.completions
    if not hasattr(completions, "stream"):
        completions = client.beta.chat.completions
    with completions.stream(**ASKED) as stream:
        for _ in stream:
            pass
        final = stream.get_final_completion()
    return [choice.message.model_dump() for choice in final.choices]
