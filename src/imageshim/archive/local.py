"""The engine of one machine: worker processes, or this one where that is quicker."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from .blocks import Block, Done, Task, run_block

__all__ = ["Local", "cores"]

_POOL_FROM = 1 << 24
"""Bytes that are worth the third of a second in which workers start."""
_IN_FLIGHT = 2
"""So many blocks are with each worker: none waits, and little is lost where one ends."""
_TRIES = 3


def cores() -> int:
    """Tell how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Local:
    """Does blocks in processes of this machine."""

    def __init__(self, workers: int | None = None) -> None:
        self._workers = workers or cores()

    def __call__(
        self, blocks: list[Block], task: Task, folder: Path
    ) -> Iterator[tuple[Block, Done]]:
        """Do blocks; gives what became of each, as they are done."""
        workers = min(self._workers, len(blocks))
        if workers < 2 or sum(block.source.size for block in blocks) < _POOL_FROM:
            for block in blocks:
                yield block, run_block(block, task, folder)
            return
        left = list(blocks)
        for _ in range(_TRIES):
            try:
                for block, done in _pooled(left, task, folder, workers):
                    left.remove(block)
                    yield block, done
            except BrokenExecutor:
                continue
            return
        fault = "a worker ended before its time (out of memory?); try fewer --workers"
        yield from ((block, Done({}, fault=fault)) for block in left)


def _pooled(
    blocks: list[Block], task: Task, folder: Path, workers: int
) -> Iterator[tuple[Block, Done]]:
    waiting = list(reversed(blocks))
    running: dict[Future[Done], Block] = {}
    context = get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    with (
        theirs,
        ours,
        ProcessPoolExecutor(workers, context, initializer=_end_with, initargs=(theirs,)) as pool,
    ):
        try:
            while waiting or running:
                while waiting and len(running) < workers * _IN_FLIGHT:
                    block = waiting.pop()
                    running[pool.submit(run_block, block, task, folder)] = block
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()
        except BaseException:
            # A block may take half a minute; the next run does it again, from its beginning.
            ours.close()
            raise


def _end_with(started: Connection) -> None:
    """Let this worker end at once when who started it closes its end, or is no more."""
    threading.Thread(target=_watch, args=(started,), daemon=True).start()


def _watch(started: Connection) -> None:
    started.poll(None)
    os._exit(1)
