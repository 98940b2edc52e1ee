"""`imageshim undo`: the last run of `imageshim fix --write`, taken back."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from .arguments import file_name
from .codemod.arguments import parsed, parser
from .codemod.command import take_back

__all__ = ["main"]


def _folder(text: str) -> str:
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"{file_name(text)!r} is no folder")
    return text


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    by = parser(
        "undo",
        "Restore the files that the last imageshim fix --write changed; refuses if one of them "
        "changed since.",
        "  imageshim undo\n  imageshim undo ../project",
        {0: "done", 2: "there is nothing to take back, or a file has changed since"},
    )
    by.add_argument(
        "folder", nargs="?", default=".", type=_folder, metavar="PATH",
        help="a folder of the project",
    )  # fmt: skip
    return take_back(parsed(by, arguments)["folder"])
