"""Blocks: what a worker does at a time, a file or a range of a large one.

A block is read, its records go through a task, and what comes out is written whole: a part of the
file to be, and what was refused. A part depends on nothing but its block, so that it is the same
whoever makes it, wherever and whenever.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import IO, Any, ClassVar, NamedTuple, Protocol, TypeVar

from imageshim.errors import ImageShimError, LossyConversionWarning, UnreadableImageWarning
from imageshim.files.whole import beside

from .packing import writing
from .raw_json import Pieces
from .record import Notes
from .records import LONGEST, Kind, Lines, lines_in, look, too_long
from .sources import BUFFER, Source, SourceError, opened
from .tables import changed_fields, rows_of, write_table

__all__ = ["Block", "Done", "Parts", "Passage", "Reject", "Task", "blocks_of", "run_block"]

BLOCK = 1 << 26
"""Bytes of a range of a large file."""


class Task(Protocol):
    """What is done with each record; it goes to worker processes as it is."""

    writes: ClassVar[bool]
    """Whether records come out; else they are only looked at."""
    ranges: ClassVar[bool]
    """Whether a file may be cut; else its records are counted from its beginning."""

    own_names: ClassVar[tuple[str, ...]]
    """What it writes itself into the output folder."""

    def record(self, body: bytes, notes: Notes) -> bytes | Pieces:
        """Take the JSON of a record, a line feed behind it or not; ImageShimError refuses it."""
        ...

    def events(self, body: bytes, notes: Notes) -> bytes:
        """Take an event stream."""
        ...

    def row(self, row: dict[str, Any], notes: Notes) -> dict[str, Any]:
        """Take the fields of a row."""
        ...


class Block(NamedTuple):
    """A range of a file: the lines that begin in it."""

    source: Source
    start: int = 0
    stop: int | None = None
    """None: to the end of the file."""

    @property
    def key(self) -> str:
        """What tells the block from all others, those of a file that has changed included."""
        source = self.source
        said = [source.name, source.path, source.size, source.changed, self.start, self.stop]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:24]


class Done(NamedTuple):
    """What became of a block."""

    tally: dict[str, int]
    lines: int = 0
    size: int = 0
    """Bytes of the part."""
    fault: str | None = None
    """Why the file cannot be read; then there is no part."""
    damage: str | None = None
    """What ended the file before its time; what is before that is in the part."""


def blocks_of(source: Source, size: int = BLOCK, *, ranges: bool = True) -> list[Block]:
    """Cut a file into blocks; without ``ranges`` it stays whole.

    Raises:
        SourceError: it cannot be read.

    """
    if not ranges or source.size <= size or source.is_compressed or source.is_parquet:
        return [Block(source)]
    with _stream(source) as stream:
        kind, _ = look(lines_in(stream), named_lines=source.is_lines)
    if kind is not Kind.LINES:
        return [Block(source)]
    starts = range(0, source.size, size)
    return [Block(source, at, at + size) for at in starts]


def _stream(source: Source) -> io.BufferedReader:
    try:
        return opened(source)[0]
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror or error}") from None


class Reject(NamedTuple):
    """A record that could not be done: it goes out as it came, or with the loss that is named."""

    line: int | None
    """Its line in the block; None for a whole file."""
    reason: str
    body: bytes | None
    """None where it is too long to be held."""


_OURS = (LossyConversionWarning, UnreadableImageWarning)


R = TypeVar("R")
S = TypeVar("S")


class Output(Protocol):
    """What records are written to."""

    def write(self, data: bytes | memoryview, /) -> int:
        """Write bytes."""
        ...


class Passage:
    """Records on their way through a task: from the lines of a file to where they are written."""

    def __init__(
        self, task: Task, out: Output, refuse: Callable[[Reject], None], file: str = ""
    ) -> None:
        self.notes = Notes()
        self._seen = Notes(file=file)
        self.lines = 0
        self.damage: str | None = None
        self.out = out
        self._task = task
        self._refuse = refuse
        self._caught: list[warnings.WarningMessage] = []

    def take(self, lines: Lines, *, is_rest: bool = False, named_lines: bool = False) -> Kind:
        """Put all that a file holds through the task; ``is_rest``: of lines, but the first ones."""
        kind, head = (Kind.LINES, []) if is_rest else look(lines, named_lines=named_lines)
        lines = chain(head, lines)
        with self._listening():
            if kind is Kind.LINES:
                self._lines(lines)
            else:
                task = self._task
                self._whole(lines, task.record if kind is Kind.DOCUMENT else task.events)
        return kind

    def attempt(self, number: int | None, record: R, do: Callable[[R, Notes], R | S]) -> R | S:
        """Put a record through the task; one that it refuses comes back as it was."""
        tally = self.notes.tally
        tally["records"] += 1
        seen = self._seen
        seen.record = tally["records"]
        out: R | S = record
        problem = None
        try:
            out = do(record, seen)
            for name, count in seen.tally.items():
                tally[name] += count
            if seen.rows:
                self.notes.rows.extend({**row, "record": seen.record} for row in seen.rows)
        except ImageShimError as error:
            problem = str(error)
        except Exception as error:  # noqa: BLE001  # whatever it is, no record is lost
            problem = f"please report this: {type(error).__name__}: {error}"
        seen.tally.clear()
        seen.rows.clear()
        if self._caught:
            problem = problem or self._warned()
        if problem:
            body = record if isinstance(record, bytes) else json.dumps(record).encode()
            self.reject(number, problem, body)
        return out

    def _warned(self) -> str:
        said = [str(one.message) for one in self._caught if issubclass(one.category, _OURS)]
        self._caught.clear()
        return "; ".join(said)

    def _line(self, body: bytes, notes: Notes) -> bytes | Pieces:
        """Check that a line stays one: else there would be more records than there were."""
        out = self._task.record(body, notes)
        if out is not body and _parts_lines(out):
            raise ImageShimError("it would no longer be one line: please report this")
        return out

    def take_table(self, stream: IO[bytes], out: IO[bytes]) -> None:
        """Put the rows of a Parquet file through the task."""
        task = self._task

        def change(number: int, row: dict[str, Any], refused: dict[str, str]) -> dict[str, Any]:
            def do(row: dict[str, Any], notes: Notes) -> dict[str, Any]:
                new = task.row(row, notes)
                for name in changed_fields(row, new):
                    if name in refused:
                        raise ImageShimError(refused[name])
                return new

            return self.attempt(number, row, do)

        def look(row: dict[str, Any]) -> dict[str, Any]:
            with suppress(Exception):  # `change` meets it again, and tells of it
                return task.row(row, Notes())
            return row

        with self._listening():
            if task.writes:
                write_table(stream, out, change, look)
            else:
                for number, row in rows_of(stream):
                    change(number, row, {})

    @contextmanager
    def _listening(self) -> Iterator[None]:
        with warnings.catch_warnings(record=True) as self._caught:
            warnings.simplefilter("always")
            yield

    def _write(self, out: bytes | Pieces) -> None:
        """Write to the part."""
        if not self._task.writes:
            return
        if isinstance(out, bytes):
            self.out.write(out)
            return
        for piece in out:
            self.out.write(piece)

    def reject(self, line: int | None, reason: str, body: bytes | None = None) -> None:
        """List what goes out as it came."""
        self.notes.tally["rejects"] += 1
        self._refuse(Reject(line, reason, body))

    def _lines(self, lines: Lines) -> None:
        """Take a record a line."""
        for line in lines:
            self.lines = line.number
            if line.piece:
                self._write(line.raw)
                if line.last:
                    self.notes.tally["records"] += 1
                    self.reject(line.number, too_long())
            elif line.raw.isspace():
                self._write(line.raw)
            else:
                self._write(self.attempt(line.number, line.raw, self._line))

    def _whole(self, lines: Lines, do: Callable[[bytes, Notes], bytes | Pieces]) -> None:
        """Take a file that is one record, if it is not too long for that."""
        held: list[bytes] = []
        size = 0
        for line in lines:
            held.append(line.raw)
            size += len(line.raw)
            if size > LONGEST:
                for piece in chain(held, (more.raw for more in lines)):
                    self._write(piece)
                self.notes.tally["records"] += 1
                self.reject(None, too_long())
                return
        body = b"".join(held)
        self._write(self.attempt(None, body, do) if body.strip() else body)


def _parts_lines(out: bytes | Pieces) -> bool:
    """Tell whether a line feed stands within a line that a task gives.

    A view is of the line, or of a string in it: it has no other line feed than that at the end.
    """
    if isinstance(out, bytes):
        return out.find(b"\n") not in {-1, len(out) - 1}
    return any(isinstance(piece, bytes) and b"\n" in piece for piece in out)


def _ranged(stream: io.BufferedReader, block: Block) -> Lines:
    """Read the lines that begin in a block, which is all of them but in ranges of large files."""
    if block.stop is None:
        yield from lines_in(stream)
        return
    at, within = max(block.start - 1, 0), False
    lines = lines_in(stream, first=0 if block.start else 1)
    if block.start:
        stream.seek(at)
        for before in lines:
            at += len(before.raw)
            if before.last:
                break
    for line in lines:
        if at >= block.stop and not within:
            return
        yield line
        at, within = at + len(line.raw), not line.last


def _pass_through(block: Block, passage: Passage, raw: IO[bytes]) -> None:
    """Read a block's records and put them through the task."""
    source = block.source
    try:
        stream, salvaged = opened(source)
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror or error}") from None
    with stream, writing(source.name, raw) as out:
        passage.out = out
        if source.is_parquet:
            passage.take_table(stream, out)
            return
        lines = _ranged(stream, block)
        passage.take(lines, is_rest=block.start > 0, named_lines=source.is_lines)
        if salvaged is not None and salvaged.fault is not None:
            if salvaged.is_empty:
                raise SourceError(salvaged.fault)
            passage.damage = salvaged.fault
            passage.reject(passage.lines or None, salvaged.fault)


def _refuser(source: Source, rejects: IO[bytes]) -> Callable[[Reject], None]:
    def refuse(reject: Reject) -> None:
        said: dict[str, Any] = {"file": source.path, "line": reject.line, "reason": reject.reason}
        if reject.body is not None:
            try:
                said["record"] = reject.body.rstrip(b"\r\n").decode()
            except UnicodeDecodeError:
                said["record_base64"] = base64.b64encode(reject.body).decode()
        rejects.write(json.dumps(said, ensure_ascii=False).encode() + b"\n")

    return refuse


class Parts(NamedTuple):
    """The files that a block gives."""

    out: Path
    rejects: Path
    rows: Path

    @classmethod
    def of(cls, block: Block, folder: Path) -> Parts:
        """Name the files of a block."""
        return cls(*(folder / f"{block.key}.{kind}" for kind in cls._fields))


def run_block(block: Block, task: Task, folder: Path) -> Done:
    """Do a block: write its parts into a folder, whole or not at all.

    Raises:
        OSError: they cannot be written.

    """
    parts = Parts.of(block, folder)
    with ExitStack() as stack:
        made = Parts(*(stack.enter_context(beside(path)) for path in parts))
        raw, rejects = (
            stack.enter_context(one.open("wb", BUFFER)) for one in (made.out, made.rejects)
        )
        passage = Passage(task, raw, _refuser(block.source, rejects), block.source.name)
        try:
            _pass_through(block, passage, raw)
        except SourceError as error:
            return Done({}, fault=str(error))
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, the other files are done
            return Done({}, fault=f"please report this: {type(error).__name__}: {error}")
        rejects.close()
        raw.close()
        made.rows.write_text("".join(f"{json.dumps(row)}\n" for row in passage.notes.rows), "utf-8")
        done = Done(
            dict(passage.notes.tally), passage.lines, made.out.stat().st_size,
            damage=passage.damage,
        )  # fmt: skip
        for temporary, path in zip(reversed(made), reversed(parts), strict=True):
            if path == parts.out or temporary.stat().st_size:
                temporary.replace(path)
    return done
