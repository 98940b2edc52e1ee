"""`imageshim archive`: stored replies in bulk."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imageshim.errors import ImageShimError, UnknownFormatError
from imageshim.timeline import source_format

from .arguments import add_conversion, conversion_of, data_error, file_name, number, parser
from .inputs import Record, records
from .pages import add_html, title_of, write_page
from .progress import Progress

if TYPE_CHECKING:
    from imageshim.archive.blocks import Task
    from imageshim.archive.outputs import Folder, Here
    from imageshim.archive.report import Look
    from imageshim.archive.running import Engine, Run, Summary

__all__ = ["main"]

_EXAMPLES = """Examples:
  imageshim archive report logs --html logs.html
  imageshim archive convert logs --out converted --to images
  imageshim archive convert 'logs/**/*.jsonl.gz' --out from-old --source 1.75.9
  imageshim archive convert batch.jsonl --out from-batch --at response.body
  imageshim archive extract logs --out small && imageshim archive inline small --out logs.again

Run again, the same command continues where it stopped. What cannot be converted goes to the
output as it came, and to rejects.jsonl in the output folder. Exit codes: 0 done, 1 something was
refused, 2 bad usage."""


def _parser() -> argparse.ArgumentParser:
    by = parser(
        "archive",
        "Stored replies in bulk: JSON, JSON Lines (plain, gzip or zstd), event streams, Parquet; "
        "files, folders, globs and URLs.",
        _EXAMPLES,
    )
    commands = by.add_subparsers(
        dest="command", required=True, metavar="{convert,extract,inline,report}"
    )
    convert = _command(commands, "convert", "Convert replies, wherever in a record they are.")
    _add_replies(convert)
    _add_out(convert)
    add_conversion(convert)
    extract = _command(
        commands, "extract", "Write the images into files, once each, and records that name them."
    )
    _add_replies(extract)
    _add_out(extract)
    inline = _command(
        commands, "inline", "Put the images back: the exact inverse of extract.", of_extract=True
    )
    _add_out(inline)
    report = _command(
        commands, "report", "Tell what is stored: formats, images, bytes, duplicates, damage."
    )
    _add_replies(report)
    _add_engine(report)
    report.add_argument("--json", action="store_true", help="write JSON")
    add_html(report)
    return by


def _command(
    commands: Any, name: str, description: str, *, of_extract: bool = False
) -> argparse.ArgumentParser:
    by: argparse.ArgumentParser = commands.add_parser(
        name,
        help=description,
        description=description,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    if of_extract:
        by.add_argument(
            "sources", nargs=1, metavar="DIR", help="a folder or URL that extract wrote"
        )
    else:
        by.add_argument("sources", nargs="+", metavar="SRC", help="a file, folder, glob or URL")
    return by


def _add_replies(by: argparse.ArgumentParser) -> None:
    by.add_argument(
        "--source", type=_source, metavar="VERSION|FORMAT|auto",
        help="where replies come from: a LiteLLM version or a format (default: auto, what each "
        "reply shows)",
    )  # fmt: skip
    by.add_argument(
        "--source-from", metavar="FIELD", help="the field of a record that names its version"
    )
    by.add_argument(
        "--at", action="append", default=[], metavar="PLACE",
        help="where in a record its replies are, such as response.body (default: they are found)",
    )  # fmt: skip
    by.add_argument(
        "--column", action="append", default=[], metavar="NAME",
        help="the column of a table, or field of a record, to look into (default: all)",
    )  # fmt: skip


def _add_out(by: argparse.ArgumentParser) -> None:
    by.add_argument(
        "--out", type=_folder, required=True, metavar="DIR", help="the output folder, or a URL"
    )
    _add_engine(by)


def _add_engine(by: argparse.ArgumentParser) -> None:
    by.add_argument(
        "--engine", choices=["local", "ray"], default="local",
        help="processes of this machine, or a cluster of Ray (default: local)",
    )  # fmt: skip
    by.add_argument(
        "--workers", type=number(1), metavar="N", help="processes (default: one per processor)"
    )
    by.add_argument(
        "--ray-address", metavar="ADDRESS",
        help="the cluster, such as auto or ray://host:10001 (default: one of its own, here)",
    )  # fmt: skip


def _source(text: str) -> str | None:
    if text == "auto":
        return None
    try:
        source_format(text)
    except UnknownFormatError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def _folder(text: str) -> str:
    scheme, _, place = text.rpartition("://")
    if scheme not in {"", "file"}:
        return text
    if Path(place).exists() and not Path(place).is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is a file")
    return place


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except KeyboardInterrupt:
        data_error("interrupted; run the same command again to continue")
        return 130
    except OSError as error:
        data_error(f"stopped: {error}; run the same command again to continue")
        return 1
    except ImageShimError as error:
        print(f"imageshim archive: {error}", file=sys.stderr)  # noqa: T201
        return 2


def _sought(options: argparse.Namespace) -> dict[str, Any]:
    from imageshim.archive.places import Where

    return {
        "source": options.source,
        "source_from": options.source_from,
        "where": Where(tuple(options.at), tuple(options.column)),
    }


def _task(options: argparse.Namespace, folder: Path) -> Task:
    """Make what is done with each record; files are made in this folder."""
    from imageshim.archive.extraction import Extraction, Inlining
    from imageshim.archive.outputs import folder_at
    from imageshim.archive.record import Conversion
    from imageshim.archive.sources import MANIFEST

    if options.command == "inline":
        (given,) = options.sources
        if folder_at(given).size(MANIFEST) is None:
            raise ImageShimError(f"extract did not write {given}: there is no {MANIFEST} in it")
        return Inlining(given)
    if options.command == "extract":
        return Extraction(out=str(folder), **_sought(options))
    return Conversion(**conversion_of(options), **_sought(options))


def _engine(options: argparse.Namespace) -> Engine:
    if options.engine == "ray":
        from imageshim.archive.on_ray import Ray

        return Ray(options.ray_address, options.workers)
    if options.ray_address is not None:
        raise ImageShimError("--ray-address is for --engine ray")
    from imageshim.archive.local import Local

    return Local(options.workers)


def _run(options: argparse.Namespace) -> int:
    from imageshim.archive.outputs import Here, There, folder_at
    from imageshim.archive.report import Look

    engine = _engine(options)
    if options.command == "report":
        with tempfile.TemporaryDirectory(prefix="imageshim-") as folder:
            return _report(options, Look(**_sought(options)), engine, Here(Path(folder)))
    from imageshim.archive.extraction import write_manifest
    from imageshim.archive.sources import MANIFEST

    out = folder_at(options.out)
    if isinstance(out, There):
        data_error(f"files are made, and the journal of this run is kept, in {out.path}")
    task = _task(options, out.path)
    with _done(options, task, engine, out) as (run, summary):
        if MANIFEST in task.own_names:
            write_manifest(made := out.path / MANIFEST, run.rows())
            out.publish(made, MANIFEST)
    return _say(summary, out, _NAMES[options.command])


@contextmanager
def _done(
    options: argparse.Namespace, task: Task, engine: Engine, out: Folder
) -> Iterator[tuple[Run, Summary]]:
    from imageshim.archive.running import Run
    from imageshim.archive.sources import find_files

    found = find_files(options.sources, out.place)
    for note in found.notes:
        data_error(note)
    with Run(found.sources, task, out, {"command": options.command, "task": repr(task)}) as run:
        with Progress(f"archive {options.command}", run.size, in_bytes=True) as bar:
            summary = run.run(engine, bar.advance)
        _say_if_unfound(task, summary)
        yield run, summary


def _say_if_unfound(task: Task, summary: Summary) -> None:
    from imageshim.archive.places import ANYWHERE
    from imageshim.archive.record import Sought

    where = task.where if isinstance(task, Sought) else ANYWHERE
    told = ", ".join([*where.at, *where.columns])
    if told and summary.tally["records"] and not summary.tally["replies"]:
        data_error(f"no record has a reply at {told}; without --at and --column they are found")


def _report(options: argparse.Namespace, task: Look, engine: Engine, out: Here) -> int:
    from imageshim.archive.report import report_of
    from imageshim.archive.sources import REJECTS

    with _done(options, task, engine, out) as (run, summary):
        if options.html is None:  # who writes the page says it, too
            _say_rejects(out.path / REJECTS)
        said = report_of(summary, run.rows())._asdict()
        rows = dict(_labelled(said))
        if options.json:
            print(json.dumps(said, ensure_ascii=False))  # noqa: T201
        else:
            for label, count in rows.items():
                print(f"{count:>16,} {label}")  # noqa: T201
        if options.html is not None:
            facts = {label: f"{count:,}" for label, count in rows.items()}
            found, title = _replies(run, task), title_of(options.sources)
            return write_page(options.html, found, title, facts, quiet=options.json)
        return 0 if summary.is_fine else 1


def _say_rejects(path: Path) -> None:
    """Print the first of what was refused; a report leaves no list of them."""
    if not path.exists():
        return
    with path.open("rb") as lines:
        for said in map(json.loads, islice(lines, _SAID)):
            where = filter(None, (file_name(said["file"]), said["line"]))
            data_error(f"{':'.join(map(str, where))}: {said['reason']}")
        more = sum(1 for _ in lines)
    if more:
        data_error(f"and {more:,} more")


_SAID = 10


def _labelled(said: dict[str, Any]) -> Iterator[tuple[str, int]]:
    for name, value in said.items():
        label = name.replace("_", " ")
        if isinstance(value, dict):
            yield from ((f"{label.removesuffix('s')} {kind}", n) for kind, n in value.items())
        else:
            yield label, value


def _replies(run: Run, task: Look) -> Iterator[Record]:
    """Read the replies for a page; records without one are counted in its heading."""
    for source in run.sources:
        yield from (record for record in records(source, task) if record.is_reply)


_NAMES = {
    "convert": ("replies", "converted", "in the format already", "without images"),
    "extract": ("replies", "images", "extracted"),
    "inline": ("images",),
}
"""What is counted of each command, in the order of the summary."""


def _say(summary: Summary, out: Folder, names: Sequence[str]) -> int:
    """Print what a run came to; returns the exit code."""
    for fault in (*summary.faults, *summary.damages):
        data_error(fault)
    tally = summary.tally
    left = sorted(name for name in tally if name.startswith("left: "))
    print(f"{summary.files:>12,} files")  # noqa: T201
    for name in ("records", *names, *left, "records without a reply", "rejects"):
        print(f"{tally[name]:>12,} {name}")  # noqa: T201
    if not summary.is_fine:
        data_error(f"what was refused, and why: {out.named('rejects.jsonl')}")
    return 0 if summary.is_fine else 1
