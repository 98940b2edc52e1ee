"""Checked by mypy and pyright: what is wrapped keeps its type.

In ``mistakes`` every comment is needed: a checker that sees no error there fails.
"""
# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from openai import AsyncAzureOpenAI, AsyncOpenAI, AzureOpenAI, OpenAI, Stream
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from typing_extensions import assert_type

import imageshim


def ask(model: str, *, n: int = 1) -> ChatCompletion:
    raise NotImplementedError(model, n)


async def ask_later(model: str) -> ChatCompletion:
    raise NotImplementedError(model)


def clients(
    sync: OpenAI, later: AsyncOpenAI, azure: AzureOpenAI, azure_later: AsyncAzureOpenAI
) -> None:
    assert_type(imageshim.wrap(sync), OpenAI)
    assert_type(imageshim.wrap(later), AsyncOpenAI)
    assert_type(imageshim.wrap(azure, emit="content"), AzureOpenAI)
    assert_type(imageshim.wrap(azure_later, emit=imageshim.Format.PARTS), AsyncAzureOpenAI)
    reply = imageshim.wrap(sync).chat.completions.create(model="m", messages=[])
    assert_type(reply, ChatCompletion)
    chunks = imageshim.wrap(sync).chat.completions.create(model="m", messages=[], stream=True)
    assert_type(chunks, Stream[ChatCompletionChunk])


def images(client: OpenAI) -> None:
    reply = imageshim.wrap(client).chat.completions.create(model="m", messages=[])
    assert_type(imageshim.read(reply).images, tuple[imageshim.GeneratedImage, ...])
    assert_type(imageshim.read(reply).images[0].url, str)
    assert_type(imageshim.first_image_url(reply.choices[0].message), str | None)
    for chunk in imageshim.wrap(client).chat.completions.create(
        model="m", messages=[], stream=True
    ):
        assert_type(imageshim.read(chunk).images[0].data, bytes)


async def functions() -> None:
    assert_type(imageshim.wrap(ask)("m", n=2), ChatCompletion)
    assert_type(await imageshim.wrap(ask_later)("m"), ChatCompletion)
    one: Callable[[str], ChatCompletion] = imageshim.wrap(ask)
    later: Callable[[str], Coroutine[Any, Any, ChatCompletion]] = imageshim.wrap(
        ask_later, source="1.75.9", on_loss="drop", history=False, strict=True
    )
    del one, later


def whole_process() -> None:
    with imageshim.install(emit="images", callers={"shop.*": "content"}) as installation:
        assert_type(installation, imageshim.Installation)
        assert_type(installation.installed, bool)
    assert_type(imageshim.sites(), list[imageshim.Site])
    assert_type(imageshim.sites()[0].line, int)


def mistakes(client: OpenAI) -> None:
    imageshim.wrap(ask)(3)  # type: ignore[arg-type]
    imageshim.wrap(client, emit="picture")  # type: ignore[arg-type]
    imageshim.install(callers={"shop": 3})  # type: ignore[dict-item]
    imageshim.wrap(client, on_loss="ignore")  # type: ignore[arg-type]
    imageshim.wrap(client, keep_images="2")  # type: ignore[arg-type]
    reply = imageshim.wrap(client).chat.completions.create(model="m", messages=[])
    del reply.choices[0].message.images  # type: ignore[attr-defined]
    imageshim.wrap(client, history="no")  # type: ignore[arg-type]
    imageshim.install(emit="imags")  # type: ignore[arg-type]
    imageshim.install(on_loss="warn")  # type: ignore[arg-type]
    imageshim.install(callers={"shop": "picture"})  # type: ignore[dict-item]
