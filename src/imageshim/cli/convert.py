"""`imageshim convert`: stored replies from one format to another."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from imageshim.errors import ImageShimError
from imageshim.messages.options import DRAFTS, ON_LOSS, Plan, plan
from imageshim.streaming import SSEConverter
from imageshim.timeline import Format
from imageshim.wire import convert_body

from .arguments import add_files, add_source, data_error, parser
from .inputs import Record, progress, records, replaced_file

__all__ = ["main"]


_EXAMPLES = """Examples:
  imageshim convert old-reply.json --to images
  imageshim convert archive.jsonl --from 1.75.9 --to images --out archive.new.jsonl
  curl … | imageshim convert - --to content
  imageshim convert stream.sse --to images"""


def _parser() -> argparse.ArgumentParser:
    by = parser(
        "convert",
        "Convert replies in JSON, JSON Lines or event-stream files (or standard input). A reply "
        "that cannot be read or converted is reported, with its file, line and field, and goes to "
        "the output as it is.",
        _EXAMPLES,
    )
    add_files(by)
    by.add_argument(
        "--to", choices=[member.value for member in Format], default=Format.IMAGES.value,
        help="the format to write (default: images)",
    )  # fmt: skip
    add_source(by)
    by.add_argument(
        "--out", type=Path, metavar="PATH",
        help="write to this file; with several inputs, or where it is one, to this folder",
    )  # fmt: skip
    by.add_argument(
        "--on-loss", choices=ON_LOSS, default="stash",
        help="what to do with what the format cannot hold (default: stash)",
    )  # fmt: skip
    by.add_argument(
        "--markdown", action="store_true",
        help="also convert images in Markdown, ![…](data:…), which clients show as they are",
    )  # fmt: skip
    by.add_argument(
        "--drafts", choices=DRAFTS, default="keep",
        help="leave drafts in the reasoning text, or move them to the images (default: keep; not "
        "in event streams)",
    )  # fmt: skip
    return by


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    by = _parser()
    options = by.parse_args(arguments)
    do = plan(
        options.to,
        source=options.source,
        on_loss=options.on_loss,
        markdown=options.markdown,
        drafts=options.drafts,
    )
    files, out = options.files, options.out
    into_folder = out is not None and (len(files) > 1 or out.is_dir())
    if into_folder and len({_name_of(file) for file in files}) < len(files):
        by.error("two inputs have the same name, and would be one file in --out")
    fine = True
    quiet = out is None and sys.stdout.isatty()
    with progress(files, "converting", quiet=quiet) as advance:
        for file in files:
            if out is None:
                fine &= _convert_file(file, do, sys.stdout.buffer, advance)
            else:
                with replaced_file(out / _name_of(file) if into_folder else out) as stream:
                    fine &= _convert_file(file, do, stream, advance)
    return 0 if fine else 1


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
    how = do.how
    converter = SSEConverter(do.to, source=how.source, on_loss=do.on_loss, markdown=how.markdown)
    return converter.feed(body) + converter.finish()
