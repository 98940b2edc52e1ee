"""`imageshim show`: the images of stored replies, as a table; and into files."""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from itertools import chain, count
from pathlib import Path
from typing import Any, NamedTuple

from imageshim.archive.record import Sought
from imageshim.archive.sources import Source
from imageshim.conversion import detect
from imageshim.errors import ImageShimError, MalformedReplyError
from imageshim.files.whole import remove_leftovers
from imageshim.messages.generated_image import where_it_is
from imageshim.printing.escapes import shown
from imageshim.reading import GeneratedImage, Reading, read, read_all

from .arguments import add_files, add_source, data_error, file_name, parser, says
from .inputs import Record, inputs, records, total_size
from .pages import add_html, title_of, write_page
from .progress import Progress

__all__ = ["main"]

_COLUMNS = ("reply", "choice", "image", "format", "media type", "width × height", "bytes", "draft")
_WIDTHS = (0, 6, 5, 9, 13, 14, 12, 5)
"""Of the columns on a terminal: what comes first is shown before the last is known."""


_EXAMPLES = """Examples:
  imageshim show reply.json
  imageshim show logs/ | cut -f4 | sort | uniq -c
  imageshim show archive.jsonl --from 1.75.9 --save pictures/
  imageshim show archive.jsonl --html replies.html

On a terminal a table; in a pipe a line an image, its columns parted by tabs: the place of the
reply, choice, image, format, media type, size in pixels, bytes, draft, and the file with --save."""


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    by = parser(
        "show",
        "List the images of replies in JSON, JSON Lines or event-stream files (or standard input), "
        "wherever in a record they are.",
        _EXAMPLES,
    )
    add_files(by, folders=True)
    add_source(by)
    by.add_argument("--save", type=_folder, metavar="DIR", help="write the images into this folder")
    by.add_argument("--json", action="store_true", help="write a line of JSON per image")
    add_html(by)
    options = by.parse_args(arguments)
    sources = inputs(options.files)
    if options.html is not None:
        sought = Sought(source=options.source)
        found = (record for source in sources for record in records(source, sought))
        return write_page(options.html, found, title_of(options.files))
    if options.save is not None:
        remove_leftovers(options.save)
    fine = True
    strangers = replies = 0
    show = _json_line if options.json else _printer(sources, save=options.save is not None)
    with Progress("reading", total_size(sources), in_bytes=True, quiet=sys.stdout.isatty()) as bar:
        for record in chain.from_iterable(map(records, sources)):
            try:
                fine &= _show_one(record, options.source, options.save, show)
                replies += 1
            except MalformedReplyError as error:
                data_error(f"{record.place}: {error}")
                strangers += 1
            bar.advance(len(record.raw))
    return 1 if not fine or (strangers and not replies) else 0


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


class Row(NamedTuple):
    """What is shown of an image; or of a reply that has none."""

    record: Record
    format: str = ""
    choice: int | None = None
    image: GeneratedImage | None = None
    saved: str | None = None
    why_none: str | None = None


Show = Callable[[Row], None]


def _show_one(record: Record, source: str | None, save: Path | None, show: Show) -> bool:
    if record.error is not None:
        data_error(f"{record.place}: {record.error}")
        return False
    if record.cut is not None:
        data_error(f"{record.place}: {record.cut}")
        _show_one(record._replace(cut=None), source, save, show)
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
        # A reply without choices may still say why.
        said = readings or (read(record.value),)
        show(Row(record, why_none=_why_none(said)))
    fine = True
    for choice, reading in enumerate(readings):
        for image in reading.images:
            row = Row(record, where_it_is(image, found), choice, image)
            if save is not None:
                name = f"{record.stem}-{choice}-{image.index}"
                try:
                    row = row._replace(saved=file_name(_saved(image, save, name)))
                except (ImageShimError, OSError) as error:
                    why = says(error) if isinstance(error, OSError) else str(error)
                    data_error(f"{record.place}: choice {choice}, image {image.index}: {why}")
                    fine = False
            show(row)
    return fine


def _cells(row: Row) -> list[str]:
    """Give the columns of a row; a reply's own text is shown, not obeyed."""
    return list(map(shown, _texts(row)))


def _texts(row: Row) -> list[str]:
    image = row.image
    if image is None:
        return [row.record.place, "", "", row.why_none or ""]
    return [
        row.record.place,
        str(row.choice),
        str(image.index),
        row.format,
        image.mime_type or "remote",
        f"{image.width} × {image.height}" if image.width else "?",
        f"{image.size_in_bytes:,}" if image.size_in_bytes is not None else image.url[:60],
        "draft" if image.is_draft else "",
        *([row.saved] if row.saved is not None else []),
    ]


def _json_line(row: Row) -> None:
    image = row.image
    said: dict[str, Any] = {"place": row.record.place}
    if image is None:
        said["no_image"] = row.why_none
    else:
        said |= {
            "choice": row.choice, "image": image.index, "format": row.format,
            "media_type": image.mime_type, "width": image.width, "height": image.height,
            "bytes": image.size_in_bytes, "draft": image.is_draft,
        }  # fmt: skip
        said |= {"url": image.url} if image.is_remote else {}
        said |= {"file": row.saved} if row.saved is not None else {}
    print(json.dumps(said, ensure_ascii=False))  # noqa: T201


def _printer(sources: Sequence[Source], *, save: bool) -> Show:
    """Make what prints rows as they come: aligned on a terminal, parted by tabs in a pipe."""
    if not sys.stdout.isatty():
        return lambda row: print("\t".join(_cells(row)))  # noqa: T201
    longest = max((len(file_name(source.path)) for source in sources), default=0)
    room = shutil.get_terminal_size().columns - sum(_WIDTHS) - 2 * len(_WIDTHS)
    widths = (max(min(longest + _LINE, room), len(_COLUMNS[0])), *_WIDTHS[1:])

    def show(cells: Sequence[str]) -> None:
        aligned = [
            cell.rjust(width) if name in _RIGHT else cell.ljust(width)
            for name, cell, width in zip(_COLUMNS, cells, widths, strict=False)
        ]
        print("  ".join([*aligned, *cells[len(_COLUMNS) :]]).rstrip(), flush=True)  # noqa: T201

    show((*_COLUMNS, "file") if save else _COLUMNS)
    return lambda row: show(_cells(row))


_RIGHT = frozenset({"choice", "image", "bytes"})
"""The columns that hold numbers."""
_LINE = 7
"""Characters for the number of a line."""


def _saved(image: GeneratedImage, folder: Path, name: str) -> Path:
    """Save an image under a name that is free."""
    folder.mkdir(parents=True, exist_ok=True)
    for more in count(1):
        with contextlib.suppress(FileExistsError):
            return image.save(folder / (name if more == 1 else f"{name}-{more}"))
    raise AssertionError  # there are names enough
