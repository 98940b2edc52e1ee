"""What wrapping costs: a call, a chunk, `install()`; in µs and ms above the bare one."""

from __future__ import annotations

import copy
import json
import math
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial

from openai.resources.chat.completions import Completions
from openai.types.chat import ChatCompletion, ChatCompletionChunk

import imageshim
from imageshim.testing.strategies import write_message
from imageshim.wrapping import content_sites

from .bench_core import picture, reply
from .rows import Row, best

REQUEST = {"model": "m", "messages": [{"role": "user", "content": "Draw."}]}


def run() -> list[Row]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [*_calls(), *_watched(), *_captured(), *_chunks(), *_install()]


def above(wrapped: Callable[[], object], bare: Callable[[], object], times: int = 200) -> float:
    """Microseconds that one call takes above the bare one, measured in turns."""

    def many(call: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            for _ in range(times):
                call()

        return run

    pairs = [(best(many(wrapped), 0.1), best(many(bare), 0.1)) for _ in range(4)]
    return (min(pair[0] for pair in pairs) - min(pair[1] for pair in pairs)) / times * 1e6


def _calls() -> list[Row]:
    """What a wrapped call adds, in units of a small `json.dumps`.

    Where there is no image, what `convert` takes to see it is most of it, and of an object it takes
    twice as long as of a dict. Where there is one, it is what comes on top of the conversion, which
    has rows of its own in bench_core (both together were held to 60 µs, and took 90 to 140).
    """
    plain = reply({"content": "I can only talk: " * 8, "role": "assistant", "images": []})
    unit = best(lambda: [json.dumps(plain) for _ in range(100)]) * 1e4
    rows = []
    for name, answer, limit in (("dict", plain, 1.0), ("object", _object(plain), 1.5)):
        cost = _added(answer, lambda reply: reply)
        rows.append(Row(f"a wrapped call adds, no image, {name} / json.dumps", cost / unit, limit))
    for name in imageshim.Format:
        answer = _object(reply(write_message(("Here: ", picture()), name)))
        cost = _added(answer, partial(imageshim.convert, to="images"))
        # One slice of 5 MB more or less hides it: bench_core has the limit of `content`.
        limit = math.inf if name is imageshim.Format.CONTENT else 12.0
        what = f"a wrapped call adds to convert(), 5 MB, {name.value} / json.dumps"
        rows.append(Row(what, cost / unit, limit))
    return rows


def _added(answer: object, convert: Callable[[object], object]) -> float:
    """Microseconds of a wrapped call above the bare one, and what is done with its reply."""

    def ask(**_asked: object) -> object:
        return answer

    wrapped = imageshim.wrap(ask)
    return above(lambda: wrapped(**REQUEST), lambda: convert(ask(**REQUEST)))


def _watched() -> list[Row]:
    """A call whose `content` is watched, as a report asks for, by one whose is not."""
    answer = _object(reply(write_message(("Here: ", picture()), "images")))
    wrapped = imageshim.wrap(lambda **_asked: answer, emit="content")

    def ask() -> object:
        return wrapped(**REQUEST)

    def watched() -> object:
        content_sites.watch()
        try:
            return ask()
        finally:
            content_sites.watch(on=False)

    pairs = [(best(watched, 0.2), best(ask, 0.2)) for _ in range(4)]
    ratio = min(pair[0] for pair in pairs) / min(pair[1] for pair in pairs)
    return [Row("a wrapped call whose content is watched / the same unwatched", ratio, 2)]


def _captured() -> list[Row]:
    """A call of the OpenAI SDK whose reply has no image, in a block of `capture_images` and after.

    What the SDK itself does would hide it: a function that answers at once stands in its place.
    """
    answer = _object(reply({"content": "I can only talk: " * 8, "role": "assistant"}))

    def create(_self: object, **_asked: object) -> object:
        return answer

    create.__module__ = Completions.__module__
    original, Completions.create = Completions.create, create  # type: ignore[method-assign]
    resource = object.__new__(Completions)
    bare = resource.create
    try:
        with imageshim.capture_images():
            inside = resource.create
            cost = above(lambda: inside(**REQUEST), lambda: bare(**REQUEST))
        after = resource.create
        rest = above(lambda: after(**REQUEST), lambda: bare(**REQUEST))
    finally:
        Completions.create = original  # type: ignore[method-assign]
    what = "a call without image, {} a block of capture_images: µs above the bare one"
    return [Row(what.format("in"), cost, 5), Row(what.format("after"), rest, 0.1)]


def _object(value: dict[str, object]) -> ChatCompletion:
    return ChatCompletion.construct(**copy.deepcopy(value))


def _chunks() -> list[Row]:
    delta = {"content": "word ", "role": "assistant"}
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    made = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    chunk = ChatCompletionChunk.construct(**made, choices=[choice])
    chunks = [chunk] * 1000

    class Stream:
        def __init__(self) -> None:
            self._chunks = iter(chunks)

        def __iter__(self) -> Iterator[object]:
            return self

        def __next__(self) -> object:
            return next(self._chunks)

    wrapped = imageshim.wrap(lambda **_asked: Stream())
    cost = above(lambda: list(wrapped(**REQUEST)), lambda: list(Stream()), 1)
    return [Row("a chunk of a wrapped stream: µs above the bare one", cost / 1000, 1.5)]


def _install() -> list[Row]:
    """`install()` in a program that never calls, by what it takes to import pydantic.

    10 ms were allowed once, where pydantic took 38 to 65 ms as the machine's speed went.
    """
    rows = []
    pydantic = _least("import time; a = time.process_time(); import pydantic; ")
    for before, limit in (("", 0.2), ("openai", math.inf)):
        load = f"import {before}; " if before else ""
        code = f"{load}import imageshim, time; a = time.process_time(); imageshim.install(); "
        what = f"install(), {before or 'nothing'} imported before / import pydantic"
        rows.append(Row(what, _least(code) / pydantic, limit))
    return rows


def _least(code: str) -> float:
    """The least processor time of several programs, from the ``a`` that they take."""
    command = [sys.executable, "-c", f"{code}print(time.process_time() - a)"]
    runs = [subprocess.run(command, capture_output=True, check=True) for _ in range(7)]
    return min(float(run.stdout) for run in runs)
