"""A whole run: which files are worth a look, and a look at each, on as many processors as it pays.

Two passes. The first reads every file and asks the prefilter, which takes little longer than
reading; what it remembers is paths. The second analyses what is left, in this process or, where
that is more than a second's work, in several; no more files than are worked on are in memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from imageshim.errors import ImageShimError

from . import prefilter, shell
from .discovery import InputError, Kind, discover, kind_of
from .inspection import How, inspect
from .pieces import Problem
from .reports import FileReport
from .settings import Project, Settings

if TYPE_CHECKING:
    from .cache import Cache
    from .trace import Trace, TracedRead

__all__ = ["Candidates", "RunError", "Work", "gate", "inspect_all", "read_file", "scan"]

# Starting workers takes about 50 ms; a megabyte of source, a third of a second of analysis.
_POOL_FROM = 1_000_000  # bytes
_SPOKEN_TO = b"imageshim:"
# How many files are with each worker: enough that none waits, few enough to stay small.
_IN_FLIGHT = 4


class RunError(ImageShimError):
    """A run that could not be ended."""


class Candidates(NamedTuple):
    """What the first pass found."""

    strong: list[str]
    """Files that name LiteLLM, and what can be judged on its own."""
    modules: list[str]
    """Every file of Python: a reply may be handed to it by another."""
    scanned: int
    problems: list[FileReport]


class Work(NamedTuple):
    """A file to look at."""

    path: str
    data: bytes
    trace: Sequence[TracedRead] = ()


def gate(path: str, data: bytes, settings: Settings) -> bool:
    """Tell whether a file of any kind may have to do with images of replies on its own."""
    kind = kind_of(path)
    if kind in {Kind.DOCUMENT, Kind.SHELL} and shell.may_read(data):
        return True
    if kind is Kind.SHELL or (kind is Kind.DOCUMENT and not settings.documents):
        return False
    if _SPOKEN_TO in data:  # a mark has to be seen in any file
        return True
    assume = bool(settings.assume_litellm)
    return prefilter.level(data, assume=assume) is prefilter.Level.STRONG


def read_file(path: str) -> bytes:
    """Read a file.

    Raises:
        InputError: it cannot be read.

    """
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123  # a third faster, per file
            return file.readall()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None


def scan(
    inputs: Iterable[str],
    project: Project,
    progress: Callable[[int], None],
    traced: Collection[str] = (),
) -> Candidates:
    """Read every file once, and tell which are worth a second look.

    Args:
        inputs: files and folders.
        project: its settings, and what their paths are relative to.
        progress: is told how many more files were read.
        traced: absolute paths of files that are worth a look whatever they name.

    """
    settings = project.settings
    strong: list[str] = []
    modules: list[str] = []
    problems: list[FileReport] = []
    scanned = 0
    for path in discover(inputs, project.root, settings.exclude):
        scanned += 1
        if kind_of(path) is Kind.PYTHON:
            modules.append(path)
        try:
            is_strong = gate(path, read_file(path), settings)
        except InputError as error:
            problems.append(FileReport(path, problems=(Problem(1, "", str(error)),)))
            continue
        if is_strong or (traced and str(Path(path).resolve()) in traced):
            strong.append(path)
        if scanned % 256 == 0:
            progress(256)
    progress(scanned % 256)
    return Candidates(strong, modules, scanned, problems)


def inspect_all(
    paths: Sequence[str], how: How, *, trace: Trace | None, jobs: int, cache: Cache | None
) -> Iterator[FileReport]:
    """Look at each file; yields the reports in the order of the paths.

    Raises:
        TraceError: a file is not what it was when the trace was recorded.
        RunError: a worker ended.

    """
    begin = partial(_begin, trace=trace, cache=cache)
    if jobs < 2 or len(paths) < 2 or _size(paths) < _POOL_FROM:
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
    path: str, submit: Callable[[Work], _Report], *, trace: Trace | None, cache: Cache | None
) -> _Report:
    """Start the look at a file; what it returns waits for the report."""
    try:
        data = read_file(path)
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
