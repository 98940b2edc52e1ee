"""What becomes of calls and streams that do not end well, with imageshim around them or without."""

from __future__ import annotations

import asyncio
import concurrent.futures
import gc
import threading
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import litellm
from replies import request

import imageshim
from wrapping import _LOOP, Library


class _BoomError(Exception):
    """The program's own."""


def _break(stream: Any) -> None:
    for _ in stream:
        break


def _raise(stream: Any) -> None:
    for _ in stream:
        raise _BoomError


def _interrupt(stream: Any) -> None:
    for _ in stream:
        raise KeyboardInterrupt


def _drop(stream: Any) -> None:
    del stream


async def _abreak(stream: Any) -> None:
    async for _ in stream:
        break


async def _araise(stream: Any) -> None:
    async for _ in stream:
        raise _BoomError


async def _cancel(stream: Any) -> None:
    begun = asyncio.Event()

    async def read() -> None:
        async for _ in stream:
            begun.set()

    reading = asyncio.create_task(read())
    await begun.wait()
    reading.cancel()
    await reading


ENDS = {"break": _break, "raise": _raise, "interrupt": _interrupt, "drop": _drop}
ASYNC_ENDS = {"break": _abreak, "raise": _araise, "cancel": _cancel}


def ends(how: str, url: str) -> dict[str, str]:
    """End streams early in every way; what was raised. The connections are closed afterwards."""
    library = Library(how, "images")
    raised = {}
    for name, end in ENDS.items():
        try:
            end(library.of(litellm.completion)(**request(url), stream=True))
            raised[name] = "nothing"
        except BaseException as error:  # noqa: BLE001  # that is what is asked
            raised[name] = type(error).__name__
        gc.collect()
    return raised


def async_ends(how: str, url: str) -> dict[str, str]:
    """End asynchronous streams early; what was raised."""
    library = Library(how, "images")
    raised = {}

    async def ended(end: Any) -> None:
        await end(await library.of(litellm.acompletion)(**request(url), stream=True))

    for name, aend in ASYNC_ENDS.items():
        try:
            _LOOP.run_until_complete(ended(aend))
            raised[name] = "nothing"
        except BaseException as error:  # noqa: BLE001, PERF203  # that is what is asked
            raised[name] = type(error).__name__
    return raised


def faults(how: str, url: str) -> dict[str, Any]:
    """What is raised, and after how many chunks, where the upstream fails."""
    library = Library(how, "images")

    async def acomplete() -> None:
        await library.of(litellm.acompletion)(**request(url), max_retries=0)

    async def astream(seen: list[Any]) -> None:
        complete = library.of(litellm.acompletion)
        stream = await complete(**request(url), stream=True, max_retries=0)
        async for chunk in stream:
            seen.append(chunk)  # noqa: PERF401  # those before an error count

    def stream(seen: list[Any]) -> None:
        complete = library.of(litellm.completion)
        seen.extend(complete(**request(url), stream=True, max_retries=0))

    ways = {
        "completion": lambda _: library.of(litellm.completion)(**request(url), max_retries=0),
        "acompletion": lambda _: _LOOP.run_until_complete(acomplete()),
        "stream": stream,
        "astream": lambda seen: _LOOP.run_until_complete(astream(seen)),
    }
    found = {}
    for name, way in ways.items():
        seen: list[Any] = []
        try:
            way(seen)
            found[name] = "nothing", len(seen)
        except Exception as error:  # noqa: BLE001  # that is what is asked
            found[name] = type(error).__name__, len(seen) if name == "astream" else 0
    return found


class _Logger(litellm.integrations.custom_logger.CustomLogger):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Any] = []
        self.called = threading.Event()

    def log_success_event(self, **given: Any) -> None:
        self.seen.append(given["response_obj"].model_dump()["choices"][0]["message"])
        self.called.set()


_LOGGER = _Logger()
"""LiteLLM takes one of a class, the first."""


def logged(how: str, emit: str, url: str) -> list[Any]:
    """What LiteLLM's loggers get of a call."""
    litellm.callbacks = [_LOGGER]
    _LOGGER.seen, _LOGGER.called = [], threading.Event()
    library = Library(how, emit)
    with library.around():
        library.of(litellm.completion)(**request(url))
        assert _LOGGER.called.wait(30)
    return _LOGGER.seen


def places(how: str, url: str) -> dict[str, int]:
    """Where calls for an old format were seen, in every way to wait: how often at which number."""
    library = Library(how, "content")
    ask = request(url)
    before = _seen()
    with library.around():
        complete, acomplete = library.of(litellm.completion), library.of(litellm.acompletion)

        async def calls() -> None:
            await acomplete(**ask)  # 1
            await asyncio.create_task(acomplete(**ask))  # 2
            await asyncio.gather(acomplete(**ask))  # 3
            await asyncio.wait_for(acomplete(**ask), 30)  # 4
            [chunk async for chunk in await acomplete(**ask, stream=True)]  # 5

        complete(**ask)  # 6
        list(complete(**ask, stream=True))  # 7
        with concurrent.futures.ThreadPoolExecutor() as pool:
            pool.submit(lambda: complete(**ask)).result()  # 8
        [complete(**ask) for _ in range(2)]  # 9
        _LOOP.run_until_complete(calls())
    lines = Path(__file__).read_text().splitlines()
    return {
        lines[line - 1].rpartition("# ")[2]: count - before.get(line, 0)
        for line, count in _seen().items()
        if count > before.get(line, 0)
    }


def _seen() -> dict[int, int]:
    # Not caught as warnings: LiteLLM's threads change the filters of the process meanwhile.
    return {site.line: site.count for site in imageshim.sites() if site.file == __file__}


def responses(how: str, url: str) -> Any:
    """LiteLLM's Responses API, which calls completion inside."""
    ask = {
        key: value for key, value in request(url).items() if key not in {"messages", "modalities"}
    }
    with imageshim.install(emit="content") if how == "install" else nullcontext():
        answer = litellm.responses(input="Draw.", **ask).model_dump()
    return [
        {key: item.get(key) for key in ("type", "content", "result")} for item in answer["output"]
    ]
