"""`imageshim check`: what reads old formats, and mistakes with the new one."""

from __future__ import annotations

from collections.abc import Sequence

from .codemod.arguments import add_shared, parsed, parser
from .codemod.command import Command, execute

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    by = parser(
        "check",
        "Report code that reads generated images where older LiteLLM versions put them, and "
        "mistakes with the new format. Changes nothing.",
        "  imageshim check\n"
        "  imageshim check src --format github\n"
        "  imageshim check . --select IMG1 --statistics",
        {
            0: "nothing is to be done; there can be notes, and what is not proven",
            1: "something is to be done; with --strict, also for notes and what is not proven",
            2: "something could not be read, or the arguments are wrong",
        },
    )
    add_shared(by)
    return execute(Command(rewrites=False, **parsed(by, arguments)))
