"""`--html`: write replies as a page to look at."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from imageshim.errors import ImageShimError
from imageshim.page import PageWriter, entries_of

from .arguments import data_error, file_name
from .inputs import Record, replaced_file

__all__ = ["add_html", "title_of", "write_page"]

_NONE: Mapping[str, str] = {}


def add_html(into: argparse.ArgumentParser) -> None:
    """Add the page that is written: ``html``."""
    into.add_argument(
        "--html", type=Path, metavar="OUT",
        help="write one HTML file with every text and picture, which loads nothing from elsewhere",
    )  # fmt: skip


def title_of(files: Sequence[str]) -> str:
    """Make the heading of a page about files."""
    names = ", ".join("standard input" if file == "-" else file_name(file) for file in files[:3])
    return f"Replies of {names}" + (f" and {len(files) - 3} files more" if files[3:] else "")


def write_page(
    path: Path,
    found: Iterable[Record],
    title: str,
    facts: Mapping[str, str] = _NONE,
    *,
    quiet: bool = False,
) -> int:
    """Write the page and say so; returns the exit code, 1 where a record is no reply.

    ``quiet``: what is printed is for a program.
    """
    fine, replies = True, 0
    with (
        replaced_file(path) as raw,
        io.TextIOWrapper(raw, encoding="utf-8", errors="replace", write_through=True) as out,
    ):
        page = PageWriter(out, title, facts)
        for record in found:
            problem = _add(page, record)
            if problem is None:
                replies += 1
            else:
                data_error(f"{record.place}: {problem}")
                fine = False
        page.finish()
        out.flush()
    noun = "reply" if replies == 1 else "replies"
    if not quiet:
        sys.stdout.write(f"{file_name(path)}: {replies:,} {noun}; open it in a browser.\n")
    return 0 if fine else 1


def _add(page: PageWriter, record: Record) -> str | None:
    """Add a record to the page; returns why it is not on it."""
    if record.error is not None:
        return record.error
    try:
        # All choices before the first is written: half a reply would look whole.
        entries = list(entries_of(record.value, record.place, record.source))
    except ImageShimError as error:
        return str(error)
    for entry in entries:
        page.add(entry)
    return None
