"""What the subcommands share: the replies of files, with the place where each stands."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import chain
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeVar, cast

from imageshim.archive.extraction import Inlining, extracted_root
from imageshim.archive.places import Found, every_reply, place_of
from imageshim.archive.record import Notes, Sought
from imageshim.archive.records import (
    Kind,
    Lines,
    cut_off,
    lines_in,
    look,
    reply_of_events,
    too_long,
    whole,
)
from imageshim.archive.sources import Source, SourceError, find_files, opened
from imageshim.archive.tables import rows_of
from imageshim.errors import ImageShimError, MalformedReplyError
from imageshim.files.whole import beside, keep_mode, open_temporary, remove_leftovers
from imageshim.long_json.reading import parse

from .arguments import data_error, file_name

__all__ = [
    "Record",
    "inputs",
    "not_an_object",
    "records",
    "replaced_file",
    "stream_of",
    "total_size",
]

_STDIN = "-"
R = TypeVar("R", bytes, dict[str, Any])


class Record(NamedTuple):
    """One reply of a file."""

    file: str
    line: int | None
    """Its line in a JSON Lines file, from 1; None in a JSON file."""
    raw: bytes
    """The bytes of what it stands in; of several replies there, the first has them."""
    value: Any
    error: str | None
    """Why it is no reply; ``value`` is None where it is no JSON either."""
    path: str = ""
    """Its place in a record that holds several."""
    cut: str | None = None
    """Where the stream that it comes from breaks off inside an event."""
    source: str | None = None
    """Where it comes from, as far as that is known."""
    is_reply: bool = True
    """Whether a reply was found in what it stands in."""

    @property
    def place(self) -> str:
        """The place for people: ``FILE`` or ``FILE:LINE``."""
        name = "<stdin>" if self.file == _STDIN else file_name(self.file)
        where = (str(self.line or ""), self.path)
        return ":".join([name, *filter(None, where)])

    @property
    def stem(self) -> str:
        """A name for files that are made of the reply."""
        stem = "stdin" if self.file == _STDIN else Path(self.file).stem
        path = "".join(letter if letter.isalnum() else "-" for letter in self.path).strip("-")
        return "-".join([stem, *filter(None, (str(self.line or ""), path))])


def inputs(files: Sequence[str]) -> list[Source]:
    """Find the files that are meant: folders are walked, globs and URLs are looked up.

    Raises:
        SourceError: there is no such file.

    """
    found: list[Source] = []
    for file in dict.fromkeys(files):
        if file == _STDIN:
            found.append(Source(_STDIN, "stdin.json", 0))
            continue
        sources, notes = find_files([file])
        found += sources
        for note in notes:
            data_error(note)
    return found


def total_size(sources: Sequence[Source]) -> int | None:
    """Tell how many bytes there are to read; None where that is not known."""
    if any(source.path == _STDIN for source in sources):
        return None
    return sum(source.size for source in sources)


@contextmanager
def stream_of(source: Source) -> Iterator[tuple[io.BufferedReader, Callable[[], str | None]]]:
    """Open a file or standard input; with a function that tells what ended it too soon."""
    if source.path == _STDIN:
        yield cast("io.BufferedReader", sys.stdin.buffer), lambda: None
        return
    stream, salvaged = opened(source)
    with stream:
        yield stream, lambda: salvaged.fault if salvaged is not None else None


_NOTHING = "there is nothing in it"
_ANY = Sought()
"""Nothing is known of the replies."""


def records(file: str | Source, sought: Sought = _ANY) -> Iterator[Record]:
    """Read the replies of a file, or of standard input for ``-``.

    One line of JSON Lines is in memory at a time, and each has a reply, or what may hold some. An
    event stream (``.sse``, what ``curl -N`` prints) is one reply. What cannot be read is a record
    with an ``error``.
    """
    source = Source(file, file, 0) if isinstance(file, str) else file
    try:
        yield from _in_file(source, sought)
    except SourceError as error:
        yield Record(source.path, None, b"", None, str(error))
    except OSError as error:
        yield Record(source.path, None, b"", None, f"cannot be read: {error.strerror or error}")


def _in_file(source: Source, sought: Sought) -> Iterator[Record]:
    with stream_of(source) as (stream, fault):
        unpack = _unpacking(source)
        if source.is_parquet:
            for number, row in rows_of(stream):
                whole_row = unpack(number, row)
                found = every_reply(whole_row, sought.where_in(row))
                for one in _each(source.path, number, b"", whole_row, found):
                    yield one._replace(source=sought.source_in(whole_row))
            return
        for record in _records(source, lines_in(stream), unpack, sought):
            if record.error != _NOTHING or not fault():  # else the fault says why
                yield record
        if said := fault():
            yield Record(source.path, None, b"", None, said)


def _unpacking(source: Source) -> Callable[[int, R], R]:
    """Put the images back that `archive extract` took out of a file, a record at a time."""
    root = extracted_root(Path(source.path)) if source.is_local else None
    if root is None:
        return lambda _number, record: record
    task = Inlining(str(root))
    name = Path(source.path).absolute().relative_to(root).as_posix()

    def unpack(number: int, record: R) -> R:
        notes = Notes(file=name, record=number)
        try:
            if isinstance(record, bytes):
                return task.record(record, notes)
            return task.row(record, notes)
        except ImageShimError as error:
            data_error(f"{file_name(source.path)}: record {number}: {error}")
            return record

    return unpack


def _records(
    source: Source, lines: Lines, unpack: Callable[[int, bytes], bytes], sought: Sought
) -> Iterator[Record]:
    file = source.path
    kind, head = look(lines, named_lines=source.is_lines)
    lines = chain(head, lines)
    if kind is not Kind.LINES:
        body = unpack(1, whole(lines))
        is_stream = kind is Kind.EVENTS
        yield from _events(file, body, sought) if is_stream else _replies(file, None, body, sought)
        return
    number = 0
    for line in lines:
        number += line.last and (line.piece or not line.raw.isspace())
        if line.piece:
            if line.last:
                yield Record(file, line.number, line.raw, None, too_long())
        elif not line.raw.isspace():
            body = unpack(number, line.raw.rstrip(b"\r\n"))
            yield from _replies(file, line.number, body, sought)


def not_an_object(value: object) -> str:
    """Say why JSON without a reply in it is none itself."""
    return f"not a reply: its JSON is of type {type(value).__name__}, not an object"


def _replies(file: str, line: int | None, raw: bytes, sought: Sought) -> Iterator[Record]:
    try:
        value = parse(raw)
    except MalformedReplyError as error:
        problem = _NOTHING if not raw.strip() else str(error)
        yield Record(file, line, raw, None, problem)
        return
    found = every_reply(value, sought.where)
    if not found and not isinstance(value, dict):
        yield Record(file, line, raw, value, not_an_object(value), is_reply=False)
        return
    for one in _each(file, line, raw, value, found):
        yield one._replace(source=sought.source_in(value))


def _each(
    file: str, line: int | None, raw: bytes, value: Any, found: list[Found]
) -> Iterator[Record]:
    """Give each reply of a record; a record without one is given as it is."""
    if len(found) < 2:
        only = found[0].value if found else value
        yield Record(file, line, raw, only, None, is_reply=bool(found))
        return
    for number, one in enumerate(found):
        yield Record(file, line, b"" if number else raw, one.value, None, place_of(one.path))


def _events(file: str, raw: bytes, sought: Sought) -> Iterator[Record]:
    try:
        reply = reply_of_events(raw)
        yield Record(file, None, raw, reply, None, cut=cut_off(raw), source=sought.source)
    except MalformedReplyError as error:
        said = filter(None, (str(error), cut_off(raw)))
        yield Record(file, None, raw, None, "; ".join(said))


_clean = cache(remove_leftovers)
"""Remove what runs that were killed left in a folder; once, however many files go there."""


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
    _clean(path.parent)
    with beside(path) as temporary:
        with open_temporary(temporary) as out:
            yield out
        keep_mode(path, temporary)
        temporary.replace(path)
