"""Every way of calling the OpenAI SDK, with imageshim around it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import openai

import imageshim

Ask = dict[str, Any]

_LOOP = asyncio.new_event_loop()


def _create(client: Any, ask: Ask) -> Any:
    return client.chat.completions.create(**ask)


def _stream(client: Any, ask: Ask) -> Any:
    with client.chat.completions.create(**ask, stream=True) as stream:
        return list(stream)


def _parse(client: Any, ask: Ask) -> Any:
    return client.chat.completions.parse(**ask)


def _helper(client: Any, ask: Ask) -> Any:
    with client.chat.completions.stream(**ask) as stream:
        for _ in stream:
            pass
        return stream.get_final_completion()


def _raw(client: Any, ask: Ask) -> Any:
    raw = client.chat.completions.with_raw_response.create(**ask)
    assert raw.headers["content-type"].startswith("application/json")
    assert raw.parse() is raw.parse()
    return raw.parse()


def _raw_stream(client: Any, ask: Ask) -> Any:
    return list(client.chat.completions.with_raw_response.create(**ask, stream=True).parse())


def _streaming(client: Any, ask: Ask) -> Any:
    with client.chat.completions.with_streaming_response.create(**ask) as response:
        return response.parse()


def _client_raw(client: Any, ask: Ask) -> Any:
    return client.with_raw_response.chat.completions.create(**ask).parse()


def _options(client: Any, ask: Ask) -> Any:
    return client.with_options(max_retries=1).chat.completions.create(**ask)


def _copy(client: Any, ask: Ask) -> Any:
    return client.copy().with_options(timeout=60).chat.completions.create(**ask)


async def _acreate(client: Any, ask: Ask) -> Any:
    return await client.chat.completions.create(**ask)


async def _astream(client: Any, ask: Ask) -> Any:
    async with await client.chat.completions.create(**ask, stream=True) as stream:
        return [chunk async for chunk in stream]


async def _aparse(client: Any, ask: Ask) -> Any:
    return await client.chat.completions.parse(**ask)


async def _ahelper(client: Any, ask: Ask) -> Any:
    async with client.chat.completions.stream(**ask) as stream:
        async for _ in stream:
            pass
        return await stream.get_final_completion()


async def _araw(client: Any, ask: Ask) -> Any:
    return (await client.chat.completions.with_raw_response.create(**ask)).parse()


async def _astreaming(client: Any, ask: Ask) -> Any:
    async with client.chat.completions.with_streaming_response.create(**ask) as response:
        return await response.parse()


async def _aoptions(client: Any, ask: Ask) -> Any:
    return await client.with_options(max_retries=1).chat.completions.create(**ask)


WAYS: dict[str, Callable[[Any, Ask], Any]] = {
    "create": _create,
    "stream": _stream,
    "parse": _parse,
    "stream helper": _helper,
    "raw": _raw,
    "raw stream": _raw_stream,
    "streaming response": _streaming,
    "raw client": _client_raw,
    "with_options": _options,
    "copy": _copy,
    "async create": _acreate,
    "async stream": _astream,
    "async parse": _aparse,
    "async stream helper": _ahelper,
    "async raw": _araw,
    "async streaming response": _astreaming,
    "async with_options": _aoptions,
}


def _around(how: str, emit: str) -> AbstractContextManager[Any]:
    return imageshim.install(emit=emit) if how == "install" else nullcontext()


def _client(way: str, how: str, emit: str) -> Any:
    cls = openai.AsyncOpenAI if way.startswith("async") else openai.OpenAI
    client = cls(base_url="http://127.0.0.1:9", api_key="any")
    return imageshim.wrap(client, emit=emit) if how == "wrap" else client


def _run(way: str, client: Any, ask: Ask) -> Any:
    more = {key: value for key, value in ask.items() if key != "base_url"}
    client.base_url = ask["base_url"]
    answer = WAYS[way](client, more)
    if isinstance(answer, Awaitable):
        answer = _LOOP.run_until_complete(answer)
    if isinstance(answer, list):
        return [chunk.model_dump() for chunk in answer]
    return answer.model_dump()


def call(how: str, way: str, emits: list[str], asks: list[Ask]) -> list[list[Any]]:
    """Call in one way for each format and each request; the answers as ``model_dump()``."""
    answers = []
    for emit in emits:
        with _around(how, emit):
            client = _client(way, how, emit)
            answers.append([_run(way, client, ask) for ask in asks])
            if way.startswith("async"):
                _LOOP.run_until_complete(client.close())
            else:
                client.close()
    return answers
