"""The arguments that `fix` and `check` share."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from imageshim.cli import arguments
from imageshim.cli.completion import with_rules
from imageshim.codemod.project.settings import STYLES

__all__ = ["add_shared", "parsed", "parser"]

_FORMATS = ("text", "json", "github", "sarif", "junit")


def parser(
    name: str, description: str, examples: str, exits: Mapping[int, str]
) -> argparse.ArgumentParser:
    """Make the parser of a command; ``exits`` says what its exit codes mean."""
    codes = "\n".join(f"  {code}  {meaning}" for code, meaning in exits.items())
    return arguments.parser(name, description, f"Examples:\n{examples}\n\nExit codes:\n{codes}")


def add_shared(into: argparse.ArgumentParser) -> None:
    """Add the arguments that both commands have."""
    into.add_argument(
        "inputs", nargs="*", default=["."], metavar="PATH",
        help="files and folders; - for standard input; the working directory by default",
    )  # fmt: skip
    find = into.add_argument_group("what is looked for")
    find.add_argument(
        "--target", metavar="REQUIREMENT",
        help="the LiteLLM releases that the code runs on, such as 'litellm>=1.76.1' "
        "(default: the project's own pins)",
    )  # fmt: skip
    find.add_argument(
        "--assume-litellm", action="append", default=[], metavar="PATTERN",
        help="replies from what the glob matches (a file, a URL, the name of a variable, a "
        "function or an environment variable) are LiteLLM's; * for all; repeatable",
    )  # fmt: skip
    find.add_argument(
        "--trace", action="append", default=[], metavar="FILE",
        help="a report of imageshim run --report: what was seen is proven; repeatable",
    )  # fmt: skip
    for name, help_ in (("--select", "only these rules"), ("--ignore", "not these rules")):
        with_rules(
            find.add_argument(name, action="append", default=[], metavar="CODES", help=help_)
        )
    find.add_argument(
        "--strict", action="store_true", help="advice, and what is not proven, fail the check too"
    )
    find.add_argument(
        "--style", choices=STYLES,
        help="how code is rewritten that need not run below LiteLLM 1.77: plain reads `images` "
        "itself (the default), helpers calls imageshim",
    )  # fmt: skip
    where = into.add_argument_group("where")
    where.add_argument(
        "--exclude", action="append", default=[], metavar="PATTERN",
        help="paths to skip, as in a .gitignore; repeatable",
    )  # fmt: skip
    where.add_argument(
        "--documents", action="store_true",
        help="also the fenced code of Markdown and reStructuredText",
    )  # fmt: skip
    where.add_argument("--config", metavar="FILE", help="the pyproject.toml to use")
    where.add_argument(
        "--stdin-filename", metavar="PATH", help="the name that standard input has in reports"
    )
    out = into.add_argument_group("output")
    out.add_argument("--format", choices=_FORMATS, default="text", help="default: text")
    out.add_argument("--statistics", action="store_true", help="only count, by rule")
    speed = into.add_argument_group("speed")
    speed.add_argument(
        "--jobs",
        type=arguments.number(1),
        metavar="N",
        help="how many workers at most (default: one per processor)",
    )
    speed.add_argument(
        "--no-cache", dest="cache", action="store_false", help="look at every file anew"
    )
    speed.add_argument(
        "--cache-dir", dest="cache_folder", metavar="DIR", help="the folder of the cache"
    )


def parsed(by: argparse.ArgumentParser, given: Sequence[str]) -> dict[str, Any]:
    """Parse the arguments; a mistake in them ends the program with 2."""
    return vars(by.parse_intermixed_args(given))
