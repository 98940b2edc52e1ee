"""`--html`: write replies as a page to look at."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterable
from pathlib import Path

from imageshim.errors import ImageShimError
from imageshim.page import PageWriter, entries_of

from .arguments import data_error, file_name
from .inputs import Record, replaced_file

__all__ = ["add_html", "write_page"]


def add_html(into: argparse.ArgumentParser) -> None:
    """Add the page that is written: ``html``."""
    into.add_argument(
        "--html", type=Path, metavar="OUT",
        help="write one HTML file with every text and picture, which loads nothing from elsewhere",
    )  # fmt: skip


def write_page(path: Path, found: Iterable[Record], source: str | None, title: str) -> int:
    """Write the page and say so; returns the exit code, 1 where a record is no reply."""
    fine, replies = True, 0
    with (
        replaced_file(path) as raw,
        io.TextIOWrapper(raw, encoding="utf-8", errors="replace", write_through=True) as out,
    ):
        page = PageWriter(out, title)
        for record in found:
            problem = _add(page, record, source)
            if problem is None:
                replies += 1
            else:
                data_error(f"{record.place}: {problem}")
                fine = False
        page.finish()
        out.flush()
    noun = "reply" if replies == 1 else "replies"
    sys.stdout.write(f"{file_name(path)}: {replies:,} {noun}; open it in a browser.\n")
    return 0 if fine else 1


def _add(page: PageWriter, record: Record, source: str | None) -> str | None:
    """Add a record to the page; returns why it is not on it."""
    if record.error is not None:
        return record.error
    try:
        # All choices before the first is written: half a reply would look whole.
        entries = list(entries_of(record.value, record.place, source))
    except ImageShimError as error:
        return str(error)
    for entry in entries:
        page.add(entry)
    return None
