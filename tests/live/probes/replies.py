"""Plain calls of LiteLLM against the fake Gemini."""

from __future__ import annotations

import asyncio
from typing import Any

import litellm

litellm.suppress_debug_info = True

MESSAGES = [{"role": "user", "content": "Draw a picture."}]


def request(url: str, model: str = "gemini/gemini-2.5-flash-image-preview") -> dict[str, Any]:
    """The arguments of a call; ``url`` is where the model answers."""
    return {
        "model": model,
        "messages": MESSAGES,
        "api_base": url,
        "api_key": "any",
        "modalities": ["image", "text"],
    }


def version() -> str:
    from importlib.metadata import version as installed

    return installed("litellm")


def complete(url: str) -> dict[str, Any]:
    """A whole reply, as ``model_dump()``."""
    return litellm.completion(**request(url)).model_dump()


def stream(url: str) -> list[dict[str, Any]]:
    """A streamed reply: each chunk's ``model_dump()``."""
    chunks = litellm.completion(**request(url), stream=True)
    return [chunk.model_dump() for chunk in chunks]


def complete_async(url: str) -> dict[str, Any]:
    async def ask() -> dict[str, Any]:
        return (await litellm.acompletion(**request(url))).model_dump()

    return asyncio.run(ask())


def stream_async(url: str) -> list[dict[str, Any]]:
    async def ask() -> list[dict[str, Any]]:
        chunks = await litellm.acompletion(**request(url), stream=True)
        return [chunk.model_dump() async for chunk in chunks]

    return asyncio.run(ask())


def through(
    url: str, key: str, model: str, headers: dict[str, str], *, stream: bool = False
) -> Any:
    """A reply by way of a LiteLLM proxy, whole or as chunks."""
    answer = litellm.completion(
        model=f"litellm_proxy/{model}", messages=MESSAGES, api_base=url, api_key=key,
        extra_headers=headers, stream=stream,
    )  # fmt: skip
    return [chunk.model_dump() for chunk in answer] if stream else answer.model_dump()
