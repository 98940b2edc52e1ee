"""`imageshim run`: a program with the shim installed, without a change to it."""

from __future__ import annotations

import argparse
import atexit
import json
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from imageshim.errors import ImageShimError, LegacyImageFormatWarning
from imageshim.timeline import Format

from .arguments import add_pick, parser

__all__ = ["main"]

_DESCRIPTION = """Run a Python program whose LiteLLM and OpenAI calls give the format that it knows.
What is behind SCRIPT or MODULE goes to the program, which ends with its own exit code."""
_EXAMPLES = """Examples:
  imageshim run --emit content app.py --port 8000
  imageshim run --callers 'langchain_*=parts' --callers 'shop.reports.*=content' app.py
  imageshim run --report sites.jsonl -m pytest
  imageshim run -m pytest -W error::imageshim.LegacyImageFormatWarning"""
_USAGE = """imageshim run [--emit FORMAT] [--callers MODULES=FORMAT]
                     [--report FILE] [--clients NAMES] [--pick PICK]
                     (SCRIPT | -m MODULE) [ARGUMENT ...]"""
_FORMATS = tuple(member.value for member in Format)


def _parser() -> argparse.ArgumentParser:
    by = parser("run", _DESCRIPTION, _EXAMPLES, _USAGE)
    by.add_argument(
        "--emit", choices=_FORMATS, default="images", metavar="FORMAT",
        help=f"the format that the program gets: {', '.join(_FORMATS)} (default: images)",
    )  # fmt: skip
    by.add_argument(
        "--callers", action="append", default=[], type=_rule, metavar="MODULES=FORMAT",
        help="the format for the modules that call, by a pattern of their names, such as "
        "'shop.reports.*=content'; may be repeated, and the first that matches counts",
    )  # fmt: skip
    by.add_argument(
        "--report", metavar="FILE",
        help="write the places that read an old format, as JSON Lines",
    )  # fmt: skip
    by.add_argument(
        "--clients", type=_names, default=(), metavar="NAMES",
        help="also the chat completions that the program gets by requests, httpx or aiohttp; "
        "names with commas between",
    )  # fmt: skip
    add_pick(by, streams=True)
    by.add_argument("-m", dest="module", metavar="MODULE", help="run a module, as python -m")
    return by


def _rule(text: str) -> tuple[str, str]:
    """Read a pattern of modules and the format that they get."""
    pattern, found, emit = text.rpartition("=")
    if not found or not pattern or emit not in _FORMATS:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not MODULES=FORMAT; the formats are {', '.join(_FORMATS)}"
        )
    return pattern, emit


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


_WITH_VALUES = frozenset({"--emit", "--callers", "--report", "--clients", "--pick"})


def _own(arguments: Sequence[str]) -> int:
    """Count the arguments that are ours: all before the script, or up to the module."""
    place = 0
    while place < len(arguments) and arguments[place].startswith("-"):
        if arguments[place] == "--":
            return place
        if arguments[place].startswith("-m"):
            return place + (2 if arguments[place] == "-m" else 1)
        place += 2 if arguments[place] in _WITH_VALUES else 1
    return place


def main(arguments: Sequence[str]) -> int:
    """Run the program; it ends the process itself, unless it ends at its last line."""
    by = _parser()
    arguments = list(arguments)
    own = _own(arguments)
    options = by.parse_args(arguments[:own])
    theirs = arguments[own + 1 :] if arguments[own : own + 1] == ["--"] else arguments[own:]
    if options.module is None and not theirs:
        by.error("a script, or -m and a module, is missing")
    try:
        _prepare(options)
        _run(options.module, theirs)
    except ImageShimError as fault:
        by.error(str(fault))
    return 0


def _prepare(options: argparse.Namespace) -> None:
    from imageshim.wrapping.children import begin, for_children
    from imageshim.wrapping.policy import REPORT_VARIABLE

    report = options.report
    if report:
        path = Path(report).resolve()  # a link stays one, to the report
        if not path.parent.is_dir():
            raise ImageShimError(f"--report: there is no folder {path.parent}")
        if path.exists() and not path.is_file():
            what = "a folder" if path.is_dir() else "no file: the report is read back and replaced"
            raise ImageShimError(f"--report: {report} is {what}")
        path.unlink(missing_ok=True)  # of an earlier run; children add to this one
        os.environ[REPORT_VARIABLE] = str(path)
    if not sys.warnoptions:
        # Shown wherever it comes from: the program is run to see them.
        warnings.simplefilter("default", LegacyImageFormatWarning)
    atexit.register(_tell, report, options.clients, options.emit)
    rules: dict[str, str] = {}
    for pattern, wanted in options.callers:
        rules.setdefault(pattern, wanted)
    asked = options.emit, rules, options.pick, tuple(options.clients)
    begin(*asked)
    for_children(*asked)


def _tell(report: str | None, clients: tuple[str, ...], emit: str) -> None:
    """Say at the end what was seen, where the program has not silenced that."""
    from imageshim.printing.counts import counted
    from imageshim.wrapping.call_sites import sites
    from imageshim.wrapping.content_sites import tally

    if os.environ.get("IMAGESHIM_WARN") == "off":
        return
    seen = sites()
    if report is None:
        if seen:
            places = (
                "1 place reads or asks" if len(seen) == 1 else f"{len(seen)} places read or ask"
            )
            _say(f"{places} for images of old formats; imageshim run --report FILE lists them")
        return
    calls, with_images = tally()
    image, treated, untreated = _places(report)
    said = (
        f"{counted(calls, 'call')} seen, {with_images:,} with images; "
        f"{counted(image, 'place')} read `image`, {treated:,} treated `content` as an image"
        + (f", {untreated:,} read it as text" if untreated else "")
    )
    if not calls and image + treated + untreated:
        said = f"In the processes that it started: {said.partition('; ')[2]}"
    if with_images and emit == Format.IMAGES and not image + treated:
        _say(f"{said}. If it was written for an old format: --emit content, or --emit image")
    elif with_images or seen or image + treated + untreated:
        there = Path(report).exists()
        _say(f"{said}. Next: imageshim fix --trace {report}" if there else "there is no report")
    elif calls or clients:
        _say(f"{said}. There is nothing to rewrite")
    else:
        _say(f"{said}. If it asks by HTTP itself: --clients requests,httpx,aiohttp")


def _places(report: str) -> tuple[int, int, int]:
    """Count the places in the report, which holds those of all processes.

    Returns:
        Those that read `image`, that treated `content` as an image, and that read it as text.

    """
    try:
        rows = [json.loads(line) for line in Path(report).read_text("utf-8").splitlines()]
    except OSError:  # it could not be written, which was said
        return 0, 0, 0
    reads = [row for row in rows if row["how"] != "call"]
    contents = [bool(row.get("treated")) for row in reads if row["read"] == "content"]
    treated = sum(contents)
    return len(reads) - len(contents), treated, len(contents) - treated


def _say(text: str) -> None:
    print(f"imageshim: {text}", file=sys.stderr)  # noqa: T201  # this is the command line


def _run(module: str | None, arguments: Sequence[str]) -> None:
    from imageshim.wrapping import program

    if module is not None:
        program.run_module(module, arguments)
    else:
        program.run_script(arguments[0], arguments[1:])
