"""`imageshim show`: the images of stored replies, as a table; and into files."""

from __future__ import annotations

import contextlib
import sys
from itertools import count
from pathlib import Path
from typing import Any

import click

from imageshim.conversion import detect
from imageshim.errors import ImageShimError, UnknownFormatError
from imageshim.reading import GeneratedImage, read_all
from imageshim.timeline import source_format

from .inputs import Record, data_error, files_argument, progress, records, source_option

__all__ = ["command"]

_COLUMNS = ("reply", "choice", "image", "format", "media type", "width × height", "bytes", "draft")


@click.command(
    "show",
    epilog="""\b
Examples:
  imageshim show reply.json
  imageshim show archive.jsonl --from 1.75.9 --save pictures/""",
)
@files_argument
@source_option
@click.option(
    "--save",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the images into this folder.",
)
def command(files: tuple[str, ...], source: str | None, save: Path | None) -> None:
    """List the images of replies in JSON, JSON Lines or event-stream files (or standard input)."""
    try:
        source_format(source)
    except UnknownFormatError as error:
        raise click.BadParameter(str(error), param_hint="--from") from error
    rows: list[tuple[str, ...]] = []
    fine = True
    files = files or ("-",)
    with progress(files, "reading", quiet=False) as advance:
        for file in files:
            for record in records(file):
                fine &= _show_one(record, source, save, rows)
                advance(len(record.raw))
    if rows:
        click.echo(_table(rows, (*_COLUMNS, "file") if save else _COLUMNS), nl=False)
    if not fine:
        sys.exit(1)


def _show_one(
    record: Record, source: str | None, save: Path | None, rows: list[tuple[str, ...]]
) -> bool:
    if record.error is not None:
        data_error(f"{record.place}: {record.error}")
        return False
    try:
        readings = read_all(record.value, source=source)
        found = detect(record.value, source, dialects="any")
    except ImageShimError as error:
        data_error(f"{record.place}: {error}")
        return False
    if not any(reading.images for reading in readings):
        rows.append((record.place, "", "", "no image"))
    fine = True
    for choice, reading in enumerate(readings):
        for image in reading.images:
            row = _row(record, choice, image, found)
            if save is not None:
                name = f"{record.stem}-{choice}-{image.index}"
                try:
                    row = (*row, click.format_filename(_saved(image, save, name)))
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
        found.value if found else "reasoning",
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


def _table(rows: list[tuple[str, ...]], columns: tuple[str, ...]) -> str:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        right = name in {"choice", "image", "bytes"}
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_UNBOUNDED)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


_UNBOUNDED = 4096
"""Columns of a table that no terminal shows: a row stays a line."""
