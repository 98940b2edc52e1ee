"""`imageshim detect`: in which format stored replies carry their images."""

from __future__ import annotations

import sys

import click

from imageshim.conversion import detect
from imageshim.errors import ImageShimError, UnknownFormatError
from imageshim.reading import read_all
from imageshim.timeline import source_format

from .inputs import Record, data_error, files_argument, progress, records, source_option

__all__ = ["command"]


@click.command(
    "detect",
    epilog="""\b
Examples:
  imageshim detect reply.json
  imageshim detect archive.jsonl --check
  imageshim detect archive.jsonl | cut -f2 | sort | uniq -c""",
)
@files_argument
@source_option
@click.option("--check", is_flag=True, help="Also check each reply against its format's schema.")
def command(files: tuple[str, ...], source: str | None, *, check: bool) -> None:
    """Print a line for each reply: its place, the format (or none), the number of images."""
    try:
        source_format(source)
    except UnknownFormatError as error:
        raise click.BadParameter(str(error), param_hint="--from") from error
    fine = True
    files = files or ("-",)
    with progress(files, "reading", quiet=sys.stdout.isatty()) as advance:
        for file in files:
            for record in records(file):
                fine &= _detect_one(record, source, check=check)
                advance(len(record.raw))
    if not fine:
        sys.exit(1)


def _detect_one(record: Record, source: str | None, *, check: bool) -> bool:
    if record.error is not None:
        data_error(f"{record.place}: {record.error}")
        return False
    try:
        found = detect(record.value, source, dialects="any")
        count = sum(len(reading.images) for reading in read_all(record.value, source=source))
    except ImageShimError as error:
        data_error(f"{record.place}: {error}")
        return False
    click.echo(f"{record.place}\t{found.value if found else 'none'}\t{count}")
    if not check or found is None:
        return True
    from imageshim.schema import problems

    faults = problems(record.value, found)
    for fault in faults:
        data_error(f"{record.place}: {fault}")
    return not faults
