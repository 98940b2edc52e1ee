"""`imageshim detect`: in which format stored replies carry their images."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from imageshim.conversion import detect
from imageshim.errors import ImageShimError, MalformedReplyError
from imageshim.messages.generated_image import where_images_are
from imageshim.reading import read_all

from .arguments import add_files, add_source, data_error, parser
from .inputs import Record, inputs, records, total_size
from .progress import Progress

__all__ = ["main"]


_EXAMPLES = """Examples:
  imageshim detect reply.json
  imageshim detect archive.jsonl --check
  imageshim detect archive.jsonl | cut -f2 | sort | uniq -c"""


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    by = parser(
        "detect",
        "Print a line for each reply: its place, the format, the number of images. In place of a "
        "format stands none, or where the images are that convert leaves there unless it is asked "
        "for them: markdown, reasoning (drafts), thinking_blocks; or chunk, a chunk of a stream "
        "alone.",
        _EXAMPLES,
    )
    add_files(by, folders=True)
    add_source(by)
    by.add_argument(
        "--check", action="store_true", help="also check each reply against its format's schema"
    )
    options = by.parse_args(arguments)
    fine, sources = True, inputs(options.files)
    with Progress("reading", total_size(sources), in_bytes=True, quiet=sys.stdout.isatty()) as bar:
        for source in sources:
            for record in records(source):
                fine &= _detect_one(record, options.source, check=options.check)
                bar.advance(len(record.raw))
    return 0 if fine else 1


def _detect_one(record: Record, source: str | None, *, check: bool) -> bool:
    if record.error is not None:
        data_error(f"{record.place}: {record.error}")
        return False
    if record.cut is not None:
        data_error(f"{record.place}: {record.cut}")
        _detect_one(record._replace(cut=None), source, check=check)
        return False
    try:
        found = detect(record.value, source)
        images = [image for one in read_all(record.value, source=source) for image in one.images]
    except MalformedReplyError as error:
        print(f"{record.place}\tnone\t0")  # noqa: T201
        if check:
            data_error(f"{record.place}: {error}")
        return not check
    except ImageShimError as error:
        data_error(f"{record.place}: {error}")
        return False
    print(f"{record.place}\t{where_images_are(images, found)}\t{len(images)}")  # noqa: T201
    if not check or found is None:
        return True
    from imageshim.schema import problems

    faults = problems(record.value, found)
    for fault in faults:
        data_error(f"{record.place}: {fault}")
    return not faults
