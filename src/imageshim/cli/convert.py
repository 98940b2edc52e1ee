"""`imageshim convert`: stored replies from one format to another."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from imageshim.archive.blocks import Passage, Reject
from imageshim.archive.raw_json import Pieces
from imageshim.archive.record import Conversion, Notes
from imageshim.archive.records import Kind, Lines, lines_in
from imageshim.archive.sources import Source
from imageshim.errors import MalformedReplyError
from imageshim.long_json.reading import parse
from imageshim.messages.options import ON_LOSS

from .arguments import (
    add_conversion,
    add_files,
    add_source,
    conversion_of,
    data_error,
    file_name,
    parser,
)
from .inputs import inputs, not_an_object, replaced_file, stream_of, total_size
from .progress import Progress

__all__ = ["main"]


_EXAMPLES = """Examples:
  imageshim convert old-reply.json --to images
  imageshim convert archive.jsonl --from 1.75.9 --to images --out archive.new.jsonl
  curl … | imageshim convert - --to content
  imageshim convert stream.sse --to images

Folders, tables and what is large: imageshim archive convert."""


def _parser() -> argparse.ArgumentParser:
    by = parser(
        "convert",
        "Convert replies in JSON, JSON Lines or event-stream files (or standard input), wherever "
        "in a record they are. A reply that cannot be read or converted is reported, with its "
        "file, line and field, and goes to the output as it is.",
        _EXAMPLES,
    )
    add_files(by)
    add_conversion(by)
    add_source(by)
    by.add_argument(
        "--out", type=Path, metavar="PATH",
        help="write to this file; with several inputs, or where it is one, to this folder",
    )  # fmt: skip
    by.add_argument(
        "--on-loss", choices=ON_LOSS, default="stash",
        help="what to do with what the format cannot hold (default: stash)",
    )  # fmt: skip
    return by


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    by = _parser()
    options = by.parse_args(arguments)
    task = _Task(source=options.source, on_loss=options.on_loss, **conversion_of(options))
    files, out = options.files, options.out
    into_folder = out is not None and (len(files) > 1 or out.is_dir())
    sources = inputs(files)
    if into_folder and len({source.name for source in sources}) < len(files):
        by.error("two inputs have the same name, and would be one file in --out")
    tally = Counter[str]()
    quiet = out is None and sys.stdout.isatty()
    with Progress("converting", total_size(sources), in_bytes=True, quiet=quiet) as bar:
        for source in sources:
            if out is None:
                tally += _convert_file(source, task, sys.stdout.buffer, bar.advance)
            else:
                with replaced_file(out / source.name if into_folder else out) as stream:
                    tally += _convert_file(source, task, stream, bar.advance)
    if strangers := tally["records without a reply"]:
        is_one = strangers == 1
        print(  # noqa: T201  # the summary
            f"{strangers:,} of {tally['records']:,} records {'is' if is_one else 'are'} no reply, "
            f"and {'stays as it is' if is_one else 'stay as they are'}",
            file=sys.stderr,
        )
    return 1 if tally["rejects"] else 0


class _Task(Conversion):
    """The conversion of what should be replies: a list or a number without one is a problem."""

    def record(self, body: bytes, notes: Notes) -> bytes | Pieces:
        """Convert a record."""
        out = super().record(body, notes)
        if not notes.tally["replies"] and not isinstance(value := parse(body), dict):
            raise MalformedReplyError(not_an_object(value))
        return out


class _Output:
    """Writes, and knows how it ended."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self.last = b""

    def write(self, data: bytes | memoryview) -> int:
        """Write bytes."""
        self.last = bytes(data[-1:]) or self.last
        return self._out.write(data)


def _convert_file(
    source: Source, task: Conversion, out: IO[bytes], advance: Callable[[int], None]
) -> Counter[str]:
    """Convert one file; returns what was counted."""
    place = "<stdin>" if source.path == "-" else file_name(source.path)

    def refuse(reject: Reject) -> None:
        where = place if reject.line is None else f"{place}:{reject.line}"
        data_error(f"{where}: {reject.reason}")

    passage = Passage(task, written := _Output(out), refuse)
    with stream_of(source) as (stream, fault):
        lines = _counted(lines_in(stream), advance)
        kind = passage.take(lines, named_lines=source.is_lines)
        if said := fault():
            passage.reject(None, said)
    if not passage.notes.tally["records"]:
        passage.reject(None, "there is nothing in it")
    if kind is not Kind.EVENTS and written.last not in {b"", b"\n"}:
        written.write(b"\n")
    return Counter(passage.notes.tally)


def _counted(lines: Lines, advance: Callable[[int], None]) -> Lines:
    for line in lines:
        advance(len(line.raw))
        yield line
