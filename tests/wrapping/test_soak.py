"""Many streamed calls that end in every way: nothing is left of them.

As many calls as IMAGESHIM_SOAK says; twenty otherwise.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import sys
import tracemalloc
from collections import Counter

import pytest
from openai import APIConnectionError, AsyncOpenAI, OpenAI

import imageshim
from imageshim.testing import pictures
from imageshim.testing.strategies import write_message
from imageshim.wrapping.streams import _Flow, _Proxy

try:
    import httpx2
except ImportError:  # before version 3 of the SDK
    import httpx as httpx2

CALLS = int(os.environ.get("IMAGESHIM_SOAK", "20"))
REQUEST = {"model": "m", "messages": [{"role": "user", "content": "Draw."}], "stream": True}


def body():
    """An event stream with text and an image, as a LiteLLM proxy of 1.76.3 sends it."""
    import json

    lines = []
    for part in ("Here: ", pictures.png(), "that is it"):
        choice = {"index": 0, "delta": write_message((part,), "image"), "finish_reason": None}
        chunk = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        lines.append("data: " + json.dumps({**chunk, "choices": [choice]}) + "\n\n")
    return "".join([*lines, "data: [DONE]\n\n"]).encode()


class Body(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """The bytes in pieces; counts how many bodies are open."""

    open = 0

    def __init__(self, data, *, fails):
        self._data, self._fails = data, fails
        self._closed = False
        Body.open += 1

    def __iter__(self):
        for at in range(0, len(self._data), 97):
            yield self._data[at : at + 97]
            if self._fails:
                raise httpx2.ReadError("cut")

    async def __aiter__(self):
        for piece in self:
            await asyncio.sleep(0)
            yield piece

    def close(self):
        if not self._closed:
            self._closed = True
            Body.open -= 1

    async def aclose(self):
        self.close()


def transport():
    data = body()
    calls = iter(range(10**9))

    def answer(_request):
        fails = next(calls) % 5 == 4
        headers = {"content-type": "text/event-stream"}
        return httpx2.Response(200, headers=headers, stream=Body(data, fails=fails))

    return httpx2.MockTransport(answer)


class EarlyError(Exception):
    pass


KEPT_BY_THE_SDK = 0 if sys.version_info >= (3, 11) else 3
"""Responses of streams that ended early: as many without imageshim, and no more for more calls."""


def read_sync(client, number):
    with (
        contextlib.suppress(EarlyError, APIConnectionError),
        client.chat.completions.create(**REQUEST) as stream,
    ):
        for place, _ in enumerate(stream):
            if number % 3 == 0 and place == 1:
                break
            if number % 3 == 1 and place == 1:
                raise EarlyError


async def read_async(client, number):
    async with await client.chat.completions.create(**REQUEST) as stream:
        place = 0
        async for _ in stream:
            place += 1
            if number % 3 == 0 and place == 1:
                break


def living():
    gc.collect()
    kinds = Counter(type(one) for one in gc.get_objects())
    return {
        "proxies": sum(n for kind, n in kinds.items() if issubclass(kind, _Proxy)),
        "flows": kinds[_Flow],
        "responses": kinds[httpx2.Response],
        "bodies": Body.open,
        "all": sum(kinds.values()),
    }


def more(after, first, *names):
    """Tell of which there are more; what a test before left in this process is not ours."""
    return {name: after[name] for name in names if after[name] > first[name]}


@pytest.fixture(params=["wrapped", pytest.param("installed", marks=pytest.mark.deep)])
def make(request):
    """Wrap a client, or the process."""
    if request.param == "wrapped":
        yield imageshim.wrap
    else:
        with imageshim.install():
            yield lambda client: client


def test_synchronous_streams_leave_nothing(make):
    with OpenAI(
        base_url="http://127.0.0.1/v1", api_key="any", max_retries=0,
        http_client=httpx2.Client(transport=transport()),
    ) as plain:  # fmt: skip
        client = make(plain)
        first = living()
        for number in range(CALLS // 5):
            read_sync(client, number)
        before = living()
        tracemalloc.start()
        start = tracemalloc.get_traced_memory()[0]
        for number in range(CALLS):
            read_sync(client, number)
        after = living()
        grown = tracemalloc.get_traced_memory()[0] - start
        tracemalloc.stop()

    assert more(after, first, "proxies", "flows", "bodies") == {}
    assert after["responses"] - first["responses"] <= KEPT_BY_THE_SDK
    assert after["all"] - before["all"] < 200
    assert grown < 200_000


async def test_asynchronous_streams_leave_nothing(make):
    async with AsyncOpenAI(
        base_url="http://127.0.0.1/v1", api_key="any", max_retries=0,
        http_client=httpx2.AsyncClient(transport=transport()),
    ) as plain:  # fmt: skip
        client = make(plain)

        async def call(number):
            task = asyncio.ensure_future(read_async(client, number))
            if number % 3 == 1:
                for _ in range(number % 11):
                    await asyncio.sleep(0)
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError, APIConnectionError):
                await task

        first = living()
        for number in range(CALLS // 5):
            await call(number)
        before = living()
        for start in range(0, CALLS, 20):
            await asyncio.gather(*(call(start + place) for place in range(20)))
        for _ in range(3):
            gc.collect()
            for _ in range(10):  # asyncio closes collected generators in tasks of their own
                await asyncio.sleep(0)
        after = living()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    assert more(after, first, "proxies", "flows", "responses", "bodies") == {}
    assert after["all"] - before["all"] < 300
