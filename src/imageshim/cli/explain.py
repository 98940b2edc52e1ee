"""`imageshim explain`: what a rule is about."""

from __future__ import annotations

from collections.abc import Sequence

from .codemod.arguments import parsed, parser
from .codemod.explanation import explain
from .completion import with_rules

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    by = parser(
        "explain",
        "Tell what a rule finds, why, and what to write instead; without a code, list the rules.",
        "  imageshim explain\n  imageshim explain IMG001",
        {0: "done", 2: "there is no such rule"},
    )
    with_rules(by.add_argument("codes", nargs="*", metavar="CODE", help="the code of a rule"))
    return explain(parsed(by, arguments)["codes"])
