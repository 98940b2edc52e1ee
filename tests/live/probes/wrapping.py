"""Every way of calling LiteLLM, with imageshim around it."""

from __future__ import annotations

import asyncio
import copy
import gc
import inspect
import json
import pickle
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
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


@contextmanager
def _cache() -> Iterator[Any]:
    """LiteLLM's cache in memory, empty."""
    before, litellm.cache = litellm.cache, litellm.Cache(type="local")
    try:
        yield litellm.cache
    finally:
        litellm.cache = before


def cached(how: str, emit: str, entries: list[dict[str, Any]]) -> list[Any]:
    """Ask where LiteLLM's cache has an answer already, as some version wrote it."""
    library = Library(how, emit)
    answers = []
    with _cache() as cache, library.around():
        for place, entry in enumerate(entries):
            ask = {
                "model": MODEL,
                "messages": [{"role": "user", "content": f"Draw picture {place}."}],
                "modalities": ["image", "text"],
                "api_key": "any",
                "api_base": "http://127.0.0.1:9",  # nobody answers there
            }
            kept = {"timestamp": time.time(), "response": json.dumps(entry)}
            cache.cache.set_cache(cache.get_cache_key(**ask), kept)
            answers.append(_run("completion", library, ask))
    return answers


def hits(how: str, way: str, emit: str, asks: list[Ask]) -> list[Any]:
    """Ask each twice with a cache: both answers, and what the cache holds."""
    library = Library(how, emit)
    answers = []
    for ask in asks:
        whole = {"messages": MESSAGES, "modalities": ["image", "text"], **ask}
        with _cache() as cache, library.around():
            first = _run(way, library, whole)
            held = [json.loads(v["response"]) for v in cache.cache.cache_dict.values()]
            answers.append([first, _run(way, library, whole), held])
    return answers


def _again(reply: Any) -> Any:
    return pickle.loads(pickle.dumps(reply))  # noqa: S301  # our own


def shapes(asks: list[Ask]) -> dict[str, Any]:
    """What wrapping must not change: classes, hidden parameters, signatures, dumps."""
    plain = [(litellm.completion, litellm.acompletion)]
    wrapped = [tuple(map(imageshim.wrap, pair)) for pair in plain]
    ask = {"messages": MESSAGES, "modalities": ["image", "text"], **asks[0]}
    found = {}
    for name, ((complete, acomplete),) in (("plain", plain), ("wrapped", wrapped)):
        reply, stream = complete(**ask), complete(**ask, stream=True)

        async def streamed(acomplete: Any = acomplete) -> Any:
            stream = await acomplete(**ask, stream=True)
            kind = type(stream).__name__, isinstance(stream, litellm.CustomStreamWrapper)
            return [kind, len([chunk async for chunk in stream])]

        found[name] = {
            "class": [cls.__name__ for cls in type(reply.choices[0]).__mro__],
            "is a reply": isinstance(reply, litellm.ModelResponse),
            "hidden": sorted(reply._hidden_params),
            "cost": reply._hidden_params.get("response_cost"),
            "is a message": isinstance(reply.choices[0].message, litellm.Message),
            "stream": type(stream).__name__,
            "is a stream": isinstance(stream, litellm.CustomStreamWrapper),
            "hidden of the stream": sorted(stream._hidden_params),
            "provider": stream.custom_llm_provider,
            "chunks": len(list(stream)),
            "asynchronous": _LOOP.run_until_complete(streamed()),
            "signature": str(inspect.signature(complete)),
            "name": (
                complete.__name__,
                complete.__module__,
                complete.__doc__ == plain[0][0].__doc__,
            ),
            "coroutine": [inspect.iscoroutinefunction(f) for f in (complete, acomplete)],
            "copy": (copy.copy(reply) == reply, copy.deepcopy(reply) == reply),
            "pickle": _again(reply).model_dump() == reply.model_dump(),
            "json": json.loads(reply.model_dump_json())
            == json.loads(json.dumps(reply.model_dump())),
            "again": type(reply)(**reply.model_dump()).model_dump() == reply.model_dump(),
            "keys": sorted(reply.model_dump()),
            "keys of the message": sorted(
                reply.choices[0].message.model_dump().keys() - {"image", "images"}
            ),
        }
    return found
