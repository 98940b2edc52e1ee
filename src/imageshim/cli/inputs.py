"""What the subcommands share: the replies of a file, with the place where each stands."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import IO, Any, NamedTuple

from imageshim.errors import MalformedReplyError
from imageshim.files.whole import beside, keep_mode
from imageshim.long_json.reading import parse

from .arguments import file_name
from .event_streams import begins_event_stream, reply_of

__all__ = ["Record", "progress", "records", "replaced_file"]


class Record(NamedTuple):
    """One reply of a file."""

    file: str
    line: int | None
    """Its line in a JSON Lines file, from 1; None in a JSON file."""
    raw: bytes
    value: Any
    error: str | None
    """Why it is no reply; ``value`` is None where it is no JSON either."""
    is_stream: bool = False
    """Whether ``raw`` is an event stream, and ``value`` the whole reply of it."""

    @property
    def place(self) -> str:
        """The place for people: ``FILE`` or ``FILE:LINE``."""
        name = "<stdin>" if self.file == "-" else file_name(self.file)
        return name if self.line is None else f"{name}:{self.line}"

    @property
    def stem(self) -> str:
        """A name for files that are made of the reply."""
        stem = "stdin" if self.file == "-" else Path(self.file).stem
        return stem if self.line is None else f"{stem}-{self.line}"


def _record(file: str, line: int | None, raw: bytes) -> Record:
    try:
        value = parse(raw)
    except MalformedReplyError as error:
        problem = "there is nothing in it" if not raw.strip() else str(error)
        return Record(file, line, raw, None, problem)
    if not isinstance(value, dict):
        problem = f"no reply: its JSON is a {type(value).__name__}, not an object"
        return Record(file, line, raw, value, problem)
    return Record(file, line, raw, value, None)


def _opened(file: str) -> AbstractContextManager[IO[bytes]]:
    return nullcontext(sys.stdin.buffer) if file == "-" else Path(file).open("rb")


def records(file: str) -> Iterator[Record]:
    """Read the replies of a JSON or JSON Lines file, or of standard input for ``-``.

    An event stream (``.sse``, what ``curl -N`` prints) is one reply.
    Where the first line with something in it is a whole JSON object and there are others, each of
    them is a reply, and one line at a time is in memory. Else the file is one JSON value; and if
    it is not, and has a line at its beginning that is, then again each line is a reply.
    """
    with _opened(file) as stream:
        lines = enumerate(stream, 1)
        head = list(_until_two(lines))
        full = [(number, line) for number, line in head if line.strip()]
        if full and begins_event_stream(full[0][1]):
            yield _stream_record(file, b"".join(line for _, line in chain(head, lines)))
            return
        if len(full) < 2:
            yield _record(file, None, b"".join(line for _, line in head))
            return
        first, second = (_record(file, *numbered) for numbered in full)
        if first.error is not None:
            head += lines
            whole = _record(file, None, b"".join(line for _, line in head))
            in_lines = _looks_whole(first.raw) or second.error is None
            if whole.value is not None or not in_lines:
                yield whole
                return
        for number, line in chain(head, lines):
            if line.strip():
                yield _record(file, number, line.rstrip(b"\r\n"))


def _stream_record(file: str, raw: bytes) -> Record:
    try:
        return Record(file, None, raw, reply_of(raw), None, is_stream=True)
    except MalformedReplyError as error:
        return Record(file, None, raw, None, str(error), is_stream=True)


def _until_two(lines: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Take lines up to the second one that has something in it."""
    seen = 0
    for number, line in lines:
        yield number, line
        seen += bool(line.strip())
        if seen == 2:
            return


def _looks_whole(line: bytes) -> bool:
    line = line.strip()
    return line[:1] == b"{" and line[-1:] == b"}"


@contextmanager
def progress(files: list[str], label: str, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Show a progress bar on a terminal, for what takes more than a second.

    It gives a function that takes how many more bytes are done. ``quiet``: the terminal is needed
    for what the command prints.
    """
    if quiet or not sys.stderr.isatty() or find_spec("rich") is None:
        yield lambda _done: None
        return
    from rich.console import Console
    from rich.progress import Progress

    total = None if "-" in files else sum(Path(file).stat().st_size for file in files)
    with Progress(console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task(label, total=total, visible=False)

        def advance(done: int) -> None:
            bar.advance(task, done)
            if (bar.tasks[0].elapsed or 0) > _UNSEEN:
                bar.update(task, visible=True)

        yield advance


_UNSEEN = 1.0
"""Seconds that pass before a progress bar is shown."""


@contextmanager
def replaced_file(path: Path) -> Iterator[IO[bytes]]:
    """Write a file whole or not at all: a temporary one takes its place at the end.

    A link is followed, and the permissions of a file that is replaced are kept. What is no
    regular file (a pipe, a device) is written to.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        with path.open("wb") as out:
            yield out
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with beside(path) as temporary:
        with temporary.open("xb") as out:
            yield out
        keep_mode(path, temporary)
        temporary.replace(path)
