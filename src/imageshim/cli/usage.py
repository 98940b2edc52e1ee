"""`imageshim usage`: which clients still get an old format."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from imageshim.errors import ImageShimError
from imageshim.printing.escapes import shown

from .arguments import fail, parser

if TYPE_CHECKING:
    from imageshim.server.usage import Use

__all__ = ["main"]

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def _ago(seconds: float) -> str:
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{int(seconds / size)} {unit} ago"
    return "now"


_EXAMPLES = """Examples:
  imageshim usage http://localhost:8080
  imageshim usage http://litellm:4000/metrics --header 'Authorization: Bearer sk-…'"""


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise argparse.ArgumentTypeError("a header is written 'NAME: VALUE'")
    return name.strip(), value.strip()


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    by = parser(
        "usage",
        "Print clients by format and last seen, from the /metrics of gateways or other servers. "
        "The replicas behind a balancer count for themselves: name each of them.",
        _EXAMPLES,
    )
    by.add_argument("urls", nargs="+", metavar="URL", help="a server, or the page of its metrics")
    by.add_argument(
        "--header", dest="headers", action="append", default=[], type=_header,
        metavar="NAME: VALUE", help="send a header; repeatable",
    )  # fmt: skip
    by.add_argument(
        "--old", action="store_true",
        help="only clients that get an old format; exit 1 if any do",
    )  # fmt: skip
    by.add_argument("--json", dest="as_json", action="store_true", help="print JSON")
    options = by.parse_intermixed_args(arguments)
    try:
        from imageshim.server.usage import fetch_metrics, uses

        rows = uses([fetch_metrics(url, dict(options.headers)) for url in options.urls])
    except ImageShimError as fault:
        return fail(str(fault))
    if options.old:
        rows = [row for row in rows if row.is_old]
    if options.as_json:
        print(json.dumps([asdict(row) for row in rows], indent=2))  # noqa: T201
    elif rows:
        _print_table(rows)
    else:
        print("no client gets an old format" if options.old else "no replies yet")  # noqa: T201
    return 1 if options.old and rows else 0


_COLUMNS = ("client", "format", "replies", "converted", "last seen", "decided by")


def _cells(row: Use, now: float) -> tuple[str, ...]:
    seen = "" if row.last_seen is None else _ago(now - row.last_seen)
    decided_by = ", ".join(sorted(row.sources))
    return (
        shown(row.client),
        shown(row.format),
        str(row.replies),
        str(row.converted),
        seen,
        shown(decided_by),
    )


def _print_table(rows: Sequence[Use]) -> None:
    now = time.time()
    try:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        for cells in (_COLUMNS, *(_cells(row, now) for row in rows)):
            print("\t".join(cells))  # noqa: T201
        return
    table = Table(*_COLUMNS)
    for row in rows:
        client, image_format, *others = _cells(row, now)
        style = "yellow" if row.is_old else "green"
        table.add_row(Text(client), Text(image_format, style=style), *map(Text, others))
    Console().print(table)
