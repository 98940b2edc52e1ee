"""What the subcommands share: the replies of a file, with the place where each stands."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import click

from imageshim.errors import MalformedReplyError
from imageshim.wire import parse

__all__ = [
    "Record",
    "data_error",
    "files_argument",
    "progress",
    "records",
    "replaced_file",
    "source_option",
]

files_argument = click.argument(
    "files", nargs=-1, type=click.Path(path_type=str), metavar="[FILE…|-]"
)
source_option = click.option(
    "--from",
    "source",
    metavar="VERSION|FORMAT",
    help="Where the replies come from: a LiteLLM version such as 1.75.9, or a format.",
)


class Record(NamedTuple):
    """One reply of a file."""

    file: str
    line: int | None
    """Its line in a JSON Lines file, from 1; None in a JSON file."""
    raw: bytes
    value: Any
    error: str | None
    """Why it could not be parsed; ``value`` is None then."""

    @property
    def place(self) -> str:
        """The place for people: ``FILE`` or ``FILE:LINE``."""
        return self.file if self.line is None else f"{self.file}:{self.line}"


def data_error(message: str) -> None:
    """Print a problem in the data."""
    click.secho(message, fg="red", err=True)


def read_bytes(file: str) -> bytes:
    """Read a file, or standard input for ``-``; exits with 2 where it cannot be read."""
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise click.UsageError(f"cannot read {file}: {error.strerror}") from error


def records(file: str) -> Iterator[Record]:
    """Read the replies of a JSON or JSON Lines file.

    A file whose whole is one JSON value is JSON; else each line that is not blank is a reply.
    """
    body = read_bytes(file)
    name = "<stdin>" if file == "-" else file
    try:
        value = parse(body)
    except MalformedReplyError as error:
        lines = body.split(b"\n")
        if sum(bool(line.strip()) for line in lines) < 2 or not _first_line_is_json(lines):
            yield Record(name, None, body, None, str(error))
            return
    else:
        yield Record(name, None, body, value, None)
        return
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield Record(name, number, line, parse(line), None)
        except MalformedReplyError as error:
            yield Record(name, number, line, None, str(error))


def _first_line_is_json(lines: list[bytes]) -> bool:
    first = next(line for line in lines if line.strip())
    try:
        json.loads(first)
    except ValueError:
        return first.lstrip()[:1] == b"{" and first.rstrip()[-1:] == b"}"
    return True


@contextmanager
def progress(total: int, label: str) -> Iterator[Any]:
    """Show a progress bar on a terminal, for what takes more than a second."""
    if not sys.stderr.isatty():
        yield lambda _step=1: None
        return
    from rich.progress import Progress

    with Progress(transient=True, redirect_stdout=False) as bar:
        task = bar.add_task(label, total=total, visible=False)

        def advance(step: int = 1) -> None:
            bar.advance(task, step)
            if bar.tasks[0].elapsed and bar.tasks[0].elapsed > 1:
                bar.update(task, visible=True)

        yield advance


@contextmanager
def replaced_file(path: Path) -> Iterator[IO[bytes]]:
    """Write a file whole or not at all: a temporary one takes its place at the end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as out:
            yield out
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
