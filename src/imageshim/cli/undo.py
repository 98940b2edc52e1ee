"""`imageshim undo`: the last run of `imageshim fix --write`, taken back."""

from __future__ import annotations

from collections.abc import Sequence

from .codemod.arguments import parsed, parser
from .codemod.command import take_back

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    by = parser(
        "undo",
        "Restore the files that the last imageshim fix --write changed; refuses if one of them "
        "changed since.",
        "  imageshim undo\n  imageshim undo ../project",
    )
    by.add_argument(
        "folder", nargs="?", default=".", metavar="PATH", help="a folder of the project"
    )
    return take_back(parsed(by, arguments)["folder"])
