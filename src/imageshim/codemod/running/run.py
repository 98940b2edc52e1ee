"""The second pass over the files: a look at each that is worth one.

In this process or, where that is more than a second's work, in several; no more files than are
worked on are in memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from imageshim.codemod.inputs.discovery import InputError
from imageshim.codemod.inputs.problems import Problem
from imageshim.codemod.inputs.sources import Sources
from imageshim.codemod.project.settings import Settings
from imageshim.errors import ImageShimError, MissingExtraError

from .inspection import How, inspect
from .reports import FileReport

if TYPE_CHECKING:
    from imageshim.codemod.project.trace import Trace, TracedRead

    from .cache import Cache

__all__ = ["RunError", "Work", "inspect_all"]

# Starting workers takes about 50 ms; a megabyte of source, a third of a second of analysis.
_POOL_FROM = 1_000_000  # bytes
# What is smaller is looked at in the time that asking the cache takes.
_CACHE_FROM = 50_000  # bytes
# How many files are with each worker: enough that none waits, few enough to stay small.
_IN_FLIGHT = 4


class RunError(ImageShimError):
    """A run that could not be ended."""


class Work(NamedTuple):
    """A file to look at."""

    path: str
    data: bytes
    trace: Sequence[TracedRead] = ()


def inspect_all(
    paths: Sequence[str],
    how: How,
    *,
    trace: Trace | None = None,
    jobs: int = 1,
    cache: Callable[[], Cache | None] = lambda: None,
) -> Iterator[FileReport]:
    """Look at each file; yields the reports in the order of the paths.

    Raises:
        TraceError: a file is not what it was when the trace was recorded.
        RunError: a worker ended.

    """
    size = _size(paths)
    begin = partial(
        _begin,
        sources=how.sources or Sources(),
        trace=trace,
        cache=cache() if size >= _CACHE_FROM else None,
    )
    if jobs < 2 or len(paths) < 2 or size < _POOL_FROM:
        for path in paths:
            yield begin(path, lambda work: partial(_guarded, work, how))()
        return
    from concurrent.futures import BrokenExecutor, ProcessPoolExecutor  # noqa: PLC0415  # slow

    try:
        with ProcessPoolExecutor(
            min(jobs, len(paths)), initializer=_start, initargs=(how,)
        ) as pool:
            waiting: deque[_Report] = deque()
            for path in paths:
                waiting.append(begin(path, lambda work: pool.submit(_in_worker, work).result))
                if len(waiting) >= jobs * _IN_FLIGHT:
                    yield waiting.popleft()()
            while waiting:
                yield waiting.popleft()()
    except BrokenExecutor:
        raise RunError("a worker ended before its time (out of memory?); try --jobs 1") from None


_Report = Callable[[], FileReport]


def _begin(
    path: str,
    submit: Callable[[Work], _Report],
    *,
    sources: Sources,
    trace: Trace | None,
    cache: Cache | None,
) -> _Report:
    """Start the look at a file; what it returns waits for the report."""
    try:
        data = sources.read(path)
    except InputError as error:
        report = FileReport(path, problems=(Problem(1, "", str(error)),))
        return lambda: report
    work = Work(path, data, trace.of(Path(path), data) if trace is not None else ())
    if cache is None:
        return submit(work)
    key = cache.key(*work)
    known = cache.get(key, data)
    if known is not None:
        return lambda: known
    finish = submit(work)

    def kept() -> FileReport:
        made = finish()
        cache.put(key, made)
        return made

    return kept


def _size(paths: Sequence[str]) -> int:
    return sum(Path(path).stat().st_size for path in paths if Path(path).is_file())


def _guarded(work: Work, how: How) -> FileReport:
    """Look at a file; a mistake of ours in one is told, and does not end the run."""
    try:
        return inspect(work.path, work.data, how, work.trace)
    except MissingExtraError:
        raise
    except Exception as error:  # noqa: BLE001  # whatever it is, the other files are looked at
        what = f"internal error, please report it: {type(error).__name__}: {error}"
        return FileReport(work.path, problems=(Problem(1, "", what),))


_how: How | None = None


def _start(how: How) -> None:
    """Prepare a worker."""
    global _how  # noqa: PLW0603  # a worker is a process of its own
    _how = how


def _in_worker(work: Work) -> FileReport:
    return _guarded(work, _how or How(Settings()))
