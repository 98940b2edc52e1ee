"""`imageshim fix`: code that reads old formats, rewritten."""

from __future__ import annotations

from collections.abc import Sequence

from .codemod.arguments import add_shared, parsed, parser
from .codemod.command import Command, execute

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    by = parser(
        "fix",
        "Rewrite code that reads generated images where older LiteLLM versions put them. Without "
        "--write it shows the difference and changes nothing.",
        "  imageshim run --report trace.jsonl -m pytest\n"
        "  imageshim fix --trace trace.jsonl\n"
        "  imageshim fix --trace trace.jsonl --write\n"
        "  imageshim undo",
        {
            0: "done",
            1: "with --check: something would change, or is marked as not done",
            2: "something could not be read or written, or the arguments are wrong",
        },
    )
    add_shared(by)
    how = by.add_argument_group("what is done")
    do = how.add_mutually_exclusive_group()
    do.add_argument("--write", action="store_true", help="write; imageshim undo goes back")
    do.add_argument("--check", action="store_true", help="exit with 1 if something would change")
    how.add_argument(
        "--unsafe", action="store_true", help="also what is likely, but not proven on every path"
    )
    how.add_argument("--mark", action="store_true", help="leave a comment where a person is needed")
    how.add_argument(
        "--allow-dirty",
        action="store_true",
        help="write although git has uncommitted changes",
    )
    return execute(Command(rewrites=True, **parsed(by, arguments)))
