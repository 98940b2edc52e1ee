"""Threads that are started in a block of `capture_images` belong to it, as tasks do.

Python hands the context on to tasks, to callbacks of the event loop and to ``asyncio.to_thread``,
but not to threads; and agent frameworks run the model in threads. So while a block is open
anywhere, ``Thread.start`` and ``ThreadPoolExecutor.submit`` hand on whose block it is, and nothing
else of the context. Not where a library is calling: what it does in its threads is inside of the
call, which is looked at already.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from .observing import SINKS, OnImage
from .patching import is_under
from .reentrancy import INSIDE

__all__ = ["start", "stop"]


def _own() -> tuple[OnImage, ...]:
    return SINKS.get() if INSIDE.get() is None else ()


def _within(sinks: tuple[OnImage, ...], run: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    token = SINKS.set(sinks)
    try:
        return run(*args, **kwargs)
    finally:
        SINKS.reset(token)


def _carrying_start(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def start(thread: threading.Thread) -> None:
        sinks = _own()
        if sinks:
            run = thread.run

            def within() -> None:
                del thread.run  # a thread that is over holds nothing of ours
                _within(sinks, run)

            thread.run = within  # type: ignore[method-assign]
        original(thread)

    return start


def _carrying_submit(original: Callable[..., Future[Any]]) -> Callable[..., Future[Any]]:
    @functools.wraps(original)
    def submit(
        pool: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> Future[Any]:
        carried = functools.partial(_within, _own(), fn)
        # A thread that the pool starts for it stays when the block is over, and serves others.
        future: Future[Any] = _within((), original, pool, carried, *args, **kwargs)
        return future

    return submit


class _Patch:
    """One method that carries sinks along while a block is open."""

    def __init__(
        self, cls: type, name: str, carrying: Callable[[Callable[..., Any]], Callable[..., Any]]
    ) -> None:
        self._cls, self._name, self._carrying = cls, name, carrying
        self._original: Any = None
        self._ours: Any = None

    def start(self) -> None:
        current = vars(self._cls)[self._name]
        if not is_under(current, self._ours):
            self._original, self._ours = current, self._carrying(current)
            setattr(self._cls, self._name, self._ours)

    def stop(self) -> None:
        # Where somebody has patched above, ours stays beneath, and has nothing to carry.
        if vars(self._cls)[self._name] is self._ours:
            setattr(self._cls, self._name, self._original)
            self._original = self._ours = None


_PATCHES = (
    _Patch(threading.Thread, "start", _carrying_start),
    _Patch(ThreadPoolExecutor, "submit", _carrying_submit),
)


def start() -> None:
    """Carry the blocks of a context into the threads that are started in it."""
    for patch in _PATCHES:
        patch.start()


def stop() -> None:
    """Leave threads as they were."""
    for patch in _PATCHES:
        patch.stop()
