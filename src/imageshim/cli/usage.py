"""`imageshim usage`: which clients still get an old format."""

from __future__ import annotations

import json
import time
from dataclasses import asdict

import click

from imageshim.errors import ImageShimError

__all__ = ["command"]

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def _ago(seconds: float) -> str:
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{int(seconds / size)} {unit} ago"
    return "now"


@click.command(
    "usage",
    epilog="""\b
Examples:
  imageshim usage http://localhost:8080
  imageshim usage http://litellm:4000/metrics --header 'Authorization: Bearer sk-…'""",
)
@click.argument("urls", metavar="URL…", nargs=-1, required=True)
@click.option("--header", "headers", multiple=True, metavar="NAME: VALUE", help="Send a header.")
@click.option("--old", is_flag=True, help="Only clients that get an old format; exit 1 if any do.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(urls: tuple[str, ...], headers: tuple[str, ...], *, old: bool, as_json: bool) -> None:
    """Print clients by format and last seen, from the /metrics of gateways or other servers.

    The replicas behind a balancer count for themselves: name each of them.
    """
    pairs = [header.partition(":") for header in headers]
    if any(not colon for _, colon, _ in pairs):
        raise click.UsageError("a header is written 'NAME: VALUE'")
    try:
        from imageshim.server.usage import fetch_metrics, uses

        sent = {name.strip(): value.strip() for name, _, value in pairs}
        rows = uses([fetch_metrics(url, sent) for url in urls])
    except ImageShimError as fault:
        raise click.ClickException(str(fault)) from None
    if old:
        rows = [row for row in rows if row.is_old]
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=2))
    elif rows:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table("client", "format", "replies", "converted", "last seen", "decided by")
        now = time.time()
        for row in rows:
            table.add_row(
                Text(row.client),
                Text(row.format, style="yellow" if row.is_old else "green"),
                str(row.replies),
                str(row.converted),
                "" if row.last_seen is None else _ago(now - row.last_seen),
                Text(", ".join(sorted(row.sources))),
            )
        Console().print(table)
    else:
        click.echo("no client gets an old format" if old else "no replies yet")
    raise SystemExit(1 if old and rows else 0)
