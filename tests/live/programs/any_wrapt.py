"""What we need of wrapt: ``python any_wrapt.py OPENAI_URL``; fails with an AssertionError."""

from __future__ import annotations

import asyncio
import inspect
import pickle
import sys

import openai
import wrapt

import imageshim

REQUEST = {"model": "m", "messages": [{"role": "user", "content": "Draw."}]}
PNG = ["data:image/png;base64,"]


def urls(message):
    return [item["image_url"]["url"][:22] for item in message.images]


def read(stream):
    return [urls(c.choices[0].delta) for c in stream if _has_images(c)]


def _has_images(chunk):
    return bool(chunk.choices) and bool(getattr(chunk.choices[0].delta, "images", None))


def everything(client):
    completions = client.chat.completions
    assert urls(completions.create(**REQUEST).choices[0].message) == PNG
    with completions.create(**REQUEST, stream=True) as stream:
        assert isinstance(stream, openai.Stream)
        assert read(stream) == [PNG]
    raw = completions.with_raw_response.create(**REQUEST)
    assert urls(raw.parse().choices[0].message) == PNG
    with completions.with_streaming_response.create(**REQUEST) as response:
        assert urls(response.parse().choices[0].message) == PNG
    with completions.stream(**REQUEST) as stream:
        assert urls(stream.get_final_completion().choices[0].message) == PNG


async def everything_later(client):
    completions = client.chat.completions
    assert urls((await completions.create(**REQUEST)).choices[0].message) == PNG
    async with await completions.create(**REQUEST, stream=True) as stream:
        assert [urls(c.choices[0].delta) async for c in stream if _has_images(c)] == [PNG]
    async with completions.with_streaming_response.create(**REQUEST) as response:
        assert urls((await response.parse()).choices[0].message) == PNG


async def ask():
    return 3


def main(url):
    client = openai.OpenAI(base_url=url, api_key="any")
    later = openai.AsyncOpenAI(base_url=url, api_key="any")
    everything(imageshim.wrap(client))
    asyncio.run(everything_later(imageshim.wrap(later)))
    with imageshim.install():
        everything(client)
    wrapped = imageshim.wrap(ask)
    assert inspect.iscoroutinefunction(wrapped)
    assert pickle.loads(pickle.dumps(wrapped)).__wrapped__ is ask  # noqa: S301  # our own
    sys.stdout.write(f"done {wrapt.__version__}\n")


main(sys.argv[1])
