"""`imageshim show`: the images of stored replies, as a table; and into files."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Sequence
from itertools import chain, count
from pathlib import Path
from typing import Any

from imageshim.conversion import detect
from imageshim.errors import ImageShimError, MalformedReplyError
from imageshim.reading import GeneratedImage, Reading, read_all

from .arguments import add_files, add_source, data_error, file_name, parser
from .inputs import Record, progress, records
from .pages import add_html, write_page

__all__ = ["main"]

_COLUMNS = ("reply", "choice", "image", "format", "media type", "width × height", "bytes", "draft")


_EXAMPLES = """Examples:
  imageshim show reply.json
  imageshim show archive.jsonl --from 1.75.9 --save pictures/
  imageshim show archive.jsonl --html replies.html"""


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    by = parser(
        "show",
        "List the images of replies in JSON, JSON Lines or event-stream files (or standard input).",
        _EXAMPLES,
    )
    add_files(by)
    add_source(by)
    by.add_argument("--save", type=_folder, metavar="DIR", help="write the images into this folder")
    add_html(by)
    options = by.parse_args(arguments)
    if options.html is not None:
        found = chain.from_iterable(map(records, options.files))
        return write_page(options.html, found, options.source, _title(options.files))
    rows: list[tuple[str, ...]] = []
    fine = True
    strangers = replies = 0
    with progress(options.files, "reading", quiet=False) as advance:
        for file in options.files:
            for record in records(file):
                try:
                    fine &= _show_one(record, options.source, options.save, rows)
                    replies += 1
                except MalformedReplyError as error:
                    data_error(f"{record.place}: {error}")
                    strangers += 1
                advance(len(record.raw))
    if rows:
        sys.stdout.write(_table(rows, (*_COLUMNS, "file") if options.save else _COLUMNS))
    return 1 if not fine or (strangers and not replies) else 0


def _title(files: Sequence[str]) -> str:
    names = ", ".join("standard input" if file == "-" else file_name(file) for file in files[:3])
    return f"Replies of {names}" + (f" and {len(files) - 3} files more" if files[3:] else "")


def _why_none(readings: tuple[Reading, ...]) -> str:
    """Say why a reply has no image, as far as it tells."""
    said: list[str] = []
    for reading in readings:
        finish = reading.finish_reason if reading.finish_reason not in _USUAL else None
        reasons = {
            "finish_reason": finish, "refusal": reading.refusal, "error": reading.error,
        }  # fmt: skip
        said += [
            f"{name}: {' '.join(why.split())[:_LONGEST_REASON]}"
            for name, why in reasons.items()
            if why is not None
        ]
    return "; ".join(["no image", *dict.fromkeys(said)])


_USUAL = (None, "stop", "tool_calls", "function_call")
_LONGEST_REASON = 120


def _folder(text: str) -> Path:
    path = Path(text)
    if path.exists() and not path.is_dir():
        raise argparse.ArgumentTypeError(f"{file_name(text)!r} is a file")
    return path


def _show_one(
    record: Record, source: str | None, save: Path | None, rows: list[tuple[str, ...]]
) -> bool:
    if record.error is not None:
        data_error(f"{record.place}: {record.error}")
        return False
    try:
        readings = read_all(record.value, source=source)
        found = detect(record.value, source)
    except MalformedReplyError:
        raise
    except ImageShimError as error:
        data_error(f"{record.place}: {error}")
        return False
    if not any(reading.images for reading in readings):
        rows.append((record.place, "", "", _why_none(readings)))
    fine = True
    for choice, reading in enumerate(readings):
        for image in reading.images:
            row = _row(record, choice, image, found)
            if save is not None:
                name = f"{record.stem}-{choice}-{image.index}"
                try:
                    row = (*row, file_name(_saved(image, save, name)))
                except (ImageShimError, OSError) as error:
                    data_error(f"{record.place}: choice {choice}, image {image.index}: {error}")
                    fine = False
            rows.append(row)
    return fine


def _row(record: Record, choice: int, image: GeneratedImage, found: Any) -> tuple[str, ...]:
    size = f"{image.width} × {image.height}" if image.width else "?"
    return (
        record.place,
        str(choice),
        str(image.index),
        found.value if found and image.found_in == "message" else image.found_in,
        image.mime_type or "remote",
        size,
        f"{image.size_in_bytes:,}" if image.size_in_bytes is not None else image.url[:60],
        "draft" if image.is_draft else "",
    )


def _saved(image: GeneratedImage, folder: Path, name: str) -> Path:
    """Save an image under a name that is free."""
    folder.mkdir(parents=True, exist_ok=True)
    for more in count(1):
        with contextlib.suppress(FileExistsError):
            return image.save(folder / (name if more == 1 else f"{name}-{more}"))
    raise AssertionError  # there are names enough


_RIGHT = frozenset({"choice", "image", "bytes"})
"""The columns that hold numbers."""


def _table(rows: list[tuple[str, ...]], columns: tuple[str, ...]) -> str:
    try:
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        return _plain_table(rows, columns)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        table.add_column(name, justify="right" if name in _RIGHT else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_UNBOUNDED)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


def _plain_table(rows: list[tuple[str, ...]], columns: tuple[str, ...]) -> str:
    """Align the columns with blanks, for want of the extra that draws tables."""
    filled = [columns, *((*row, *[""] * (len(columns) - len(row))) for row in rows)]
    widths = [max(map(len, cells)) for cells in zip(*filled, strict=True)]
    aligned = [
        [
            cell.rjust(width) if name in _RIGHT else cell.ljust(width)
            for name, cell, width in zip(columns, row, widths, strict=True)
        ]
        for row in filled
    ]
    return "".join("  ".join(cells).rstrip() + "\n" for cells in aligned)


_UNBOUNDED = 4096
"""Columns of a table that no terminal shows: a row stays a line."""
