"""What the rules say of themselves."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from textwrap import indent

from imageshim.codemod import rules

__all__ = ["explain"]


def explain(codes: Sequence[str]) -> int:
    """Print the documentation of rules, or the list of all; returns the exit code."""
    known = rules.load()
    if not codes:
        for rule in known.values():
            print(f"{rule.code}  {rule.name:<24} {rule.summary}")  # noqa: T201  # a command line
        return 0
    wanted = [code.upper() for code in codes]
    unknown = [code for code in wanted if code not in known]
    if unknown:
        listed = ", ".join(known)
        print(f"imageshim: no rule {', '.join(unknown)}; there are {listed}", file=sys.stderr)  # noqa: T201
        return 2
    print("\n\n".join(_page(known[code]) for code in wanted))  # noqa: T201
    return 0


def _page(rule: rules.Rule) -> str:
    return (
        f"{rule.code} ({rule.name})\n\n{rule.documentation.strip()}\n\n"
        f"Before:\n\n{indent(rule.before, '    ')}\n\nAfter:\n\n{indent(rule.after, '    ')}"
    )
