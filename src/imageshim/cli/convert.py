"""`imageshim convert`: stored replies from one format to another."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import IO

import click

from imageshim.errors import ImageShimError, UnknownFormatError
from imageshim.messages.options import (
    DIALECTS,
    DRAFTS,
    ON_LOSS,
    Drafts,
    FormatName,
    OnLoss,
    Plan,
    plan,
)
from imageshim.streaming import SSEConverter
from imageshim.timeline import Format
from imageshim.wire import convert_body

from .inputs import (
    Record,
    data_error,
    files_argument,
    progress,
    records,
    replaced_file,
    source_option,
)

__all__ = ["command"]


@click.command(
    "convert",
    epilog="""\b
Examples:
  imageshim convert old-reply.json --to images
  imageshim convert archive.jsonl --from 1.75.9 --to images --out archive.new.jsonl
  curl … | imageshim convert - --to content
  imageshim convert stream.sse --to images""",
)
@files_argument
@click.option(
    "--to",
    type=click.Choice([member.value for member in Format]),
    default=Format.IMAGES.value,
    show_default=True,
    help="The format to write.",
)
@source_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Write to this file; with several inputs, or where it is one, to this folder.",
)
@click.option(
    "--on-loss",
    type=click.Choice(ON_LOSS),
    default="stash",
    show_default=True,
    help="What to do with what the format cannot hold.",
)
@click.option(
    "--dialects",
    type=click.Choice(DIALECTS),
    default="litellm",
    show_default=True,
    help="Read LiteLLM's and OpenRouter's spellings, or those of every known gateway.",
)
@click.option(
    "--drafts",
    type=click.Choice(DRAFTS),
    default="keep",
    show_default=True,
    help="Leave drafts in the reasoning text, or move them to the images (not in event streams).",
)
def command(  # noqa: PLR0913  # one parameter an option
    files: tuple[str, ...],
    to: FormatName,
    source: str | None,
    out: Path | None,
    on_loss: OnLoss,
    dialects: str,
    drafts: Drafts,
) -> None:
    """Convert replies in JSON, JSON Lines or event-stream files (or standard input).

    A reply that cannot be read or converted is reported, with its file, line and field, and goes
    to the output as it is.
    """
    try:
        do = plan(to, source=source, on_loss=on_loss, dialects=dialects, drafts=drafts)
    except UnknownFormatError as error:
        raise click.BadParameter(str(error), param_hint="--from") from error
    files = files or ("-",)
    into_folder = out is not None and (len(files) > 1 or out.is_dir())
    if into_folder and len({_name_of(file) for file in files}) < len(files):
        raise click.UsageError("two inputs have the same name, and would be one file in --out")
    fine = True
    quiet = out is None and sys.stdout.isatty()
    with progress(files, "converting", quiet=quiet) as advance:
        for file in files:
            if out is None:
                fine &= _convert_file(file, do, sys.stdout.buffer, advance)
            else:
                with replaced_file(out / _name_of(file) if into_folder else out) as stream:
                    fine &= _convert_file(file, do, stream, advance)
    if not fine:
        sys.exit(1)


def _name_of(file: str) -> str:
    return "stdin.json" if file == "-" else Path(file).name


def _convert_file(file: str, do: Plan, out: IO[bytes], advance: Callable[[int], None]) -> bool:
    fine = True
    for record in records(file):
        converted, problem = _convert_one(record, do)
        if problem is not None:
            data_error(f"{record.place}: {problem}")
            fine = False
        out.write(converted if record.is_stream else converted.rstrip(b"\r\n") + b"\n")
        advance(len(record.raw))
    return fine


def _convert_one(record: Record, do: Plan) -> tuple[bytes, str | None]:
    if record.error is not None:
        return record.raw, record.error
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            converted = (
                _stream_body(record.raw, do) if record.is_stream else convert_body(record.raw, do)
            )
        except ImageShimError as error:
            return record.raw, str(error)
    problem = "; ".join(str(warning.message) for warning in caught)
    return converted, problem or None


def _stream_body(body: bytes, do: Plan) -> bytes:
    """Convert an event stream; drafts in reasoning text stay there, since they come in pieces."""
    dialects = "any" if do.how.any_dialect else "litellm"
    converter = SSEConverter(do.to, source=do.how.source, on_loss=do.on_loss, dialects=dialects)
    return converter.feed(body) + converter.finish()
