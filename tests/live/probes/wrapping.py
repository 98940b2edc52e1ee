"""Every way of calling LiteLLM, with imageshim around it."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

import litellm
import openai
from replies import MESSAGES

import imageshim

litellm.suppress_debug_info = True

# LiteLLM leaves streams of OpenAI-compatible servers unread at their end. Collected by the garbage
# collector while httpcore holds the lock of its pool, they want that lock too: the process stands
# still (seen on 1.75.9). So garbage is collected between the jobs.
gc.disable()

Ask = dict[str, Any]
MODEL = "gemini/gemini-2.5-flash-image-preview"


_LOOP = asyncio.new_event_loop()
"""One for all calls: LiteLLM keeps a client for each loop, and makes one in 30 ms."""


class Library:
    """LiteLLM's functions as a program has them: wrapped one by one, or installed."""

    def __init__(self, how: str, emit: str) -> None:
        self.how, self.emit = how, emit

    def of(self, target: Any) -> Any:
        return imageshim.wrap(target, emit=self.emit) if self.how == "wrap" else target

    @property
    def router(self) -> Any:
        return self.of(_router_of_all())

    def around(self) -> AbstractContextManager[Any]:
        installed = self.how == "install"
        return imageshim.install(emit=self.emit) if installed else nullcontext()


@cache
def _router_of_all() -> litellm.Router:
    painter = {"model": MODEL, "api_key": "any"}
    return litellm.Router(model_list=[{"model_name": "painter", "litellm_params": painter}])


def _complete(library: Library, ask: Ask) -> Any:
    return library.of(litellm.completion)(**ask)


async def _acomplete(library: Library, ask: Ask) -> Any:
    return await library.of(litellm.acompletion)(**ask)


def _stream(library: Library, ask: Ask) -> Any:
    return list(library.of(litellm.completion)(**ask, stream=True))


async def _astream(library: Library, ask: Ask) -> Any:
    return [chunk async for chunk in await library.of(litellm.acompletion)(**ask, stream=True)]


def _router(library: Library, ask: Ask) -> Any:
    return library.router.completion(**{**ask, "model": "painter"})


async def _arouter(library: Library, ask: Ask) -> Any:
    return await library.router.acompletion(**{**ask, "model": "painter"})


def _router_stream(library: Library, ask: Ask) -> Any:
    return list(library.router.completion(**{**ask, "model": "painter"}, stream=True))


async def _router_astream(library: Library, ask: Ask) -> Any:
    stream = await library.router.acompletion(**{**ask, "model": "painter"}, stream=True)
    return [chunk async for chunk in stream]


def _build(library: Library, ask: Ask) -> Any:
    chunks = _stream(library, ask)
    return library.of(litellm.stream_chunk_builder)(chunks, messages=ask["messages"])


def _batch(library: Library, ask: Ask) -> Any:
    more = {key: value for key, value in ask.items() if key not in {"model", "messages"}}
    batch = library.of(litellm.batch_completion)
    (reply,) = batch(model=ask["model"], messages=[ask["messages"]], **more)
    return reply


WAYS: dict[str, Callable[[Library, Ask], Any]] = {
    "completion": _complete,
    "acompletion": _acomplete,
    "stream": _stream,
    "astream": _astream,
    "Router.completion": _router,
    "Router.acompletion": _arouter,
    "Router stream": _router_stream,
    "Router astream": _router_astream,
    "stream_chunk_builder": _build,
    "batch_completion": _batch,
}


def _dumped(answer: Any) -> Any:
    if isinstance(answer, list):
        return [chunk.model_dump() for chunk in answer]
    # The builder gives None for no chunks.
    return None if answer is None else answer.model_dump()


def _run(way: str, library: Library, ask: Ask) -> Any:
    try:
        answer = WAYS[way](library, ask)
        if isinstance(answer, Awaitable):
            answer = _LOOP.run_until_complete(answer)
    except openai.OpenAIError as error:  # what LiteLLM refuses is told to the test
        return {"raised": type(error).__name__}
    return _dumped(answer)


def call(how: str, way: str, emits: list[str], asks: list[Ask]) -> list[list[Any]]:
    """Call in one way for each format and each request; the answers as ``model_dump()``."""
    whole = [{"messages": MESSAGES, "modalities": ["image", "text"], **ask} for ask in asks]
    answers = []
    for emit in emits:
        library = Library(how, emit)
        with library.around():
            answers.append([_run(way, library, ask) for ask in whole])
        gc.collect()
    return answers


def cached(how: str, emit: str, entries: list[dict[str, Any]]) -> list[Any]:
    """Ask where LiteLLM's cache has an answer already, as some version wrote it."""
    before, litellm.cache = litellm.cache, litellm.Cache(type="local")
    library = Library(how, emit)
    try:
        answers = []
        for place, entry in enumerate(entries):
            ask = {
                "model": MODEL,
                "messages": [{"role": "user", "content": f"Draw picture {place}."}],
                "modalities": ["image", "text"],
                "api_key": "any",
                "api_base": "http://127.0.0.1:9",  # nobody answers there
            }
            key = litellm.cache.get_cache_key(**ask)
            kept = {"timestamp": time.time(), "response": json.dumps(entry)}
            litellm.cache.cache.set_cache(key, kept)
            with library.around():
                answers.append(_run("completion", library, ask))
        return answers
    finally:
        litellm.cache = before
