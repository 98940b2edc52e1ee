"""What the rules say of themselves."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Mapping, Sequence
from textwrap import indent

from imageshim.codemod import rules
from imageshim.codemod.project.settings import SettingsError

__all__ = ["explain", "refuse_unknown"]


def explain(codes: Sequence[str]) -> int:
    """Print the documentation of rules, or the list of all; returns the exit code.

    A code that only begins others, such as ``IMG0``, lists those.
    """
    known = rules.load()
    if not codes:
        print("\n".join(map(_line, known.values())))  # noqa: T201  # a command line
        return 0
    told: list[str] = []
    for code in codes:
        rule = known.get(code.upper()) or _named(code, known.values())
        begun = [one for one in known.values() if one.code.startswith(code.upper())]
        if rule is None and not begun:
            print(f"imageshim: there is no rule {code!r}{_near(code, known)}", file=sys.stderr)  # noqa: T201
            return 2
        told.append(_page(rule) if rule else "\n".join(map(_line, begun)))
    print("\n\n".join(told))  # noqa: T201
    return 0


def refuse_unknown(codes: Iterable[str]) -> None:
    """Refuse beginnings of codes that no rule has: a check that selects nothing would pass.

    Raises:
        SettingsError: no rule's code begins so.

    """
    known = rules.load()
    for code in codes:
        if code != "ALL" and not any(one.startswith(code) for one in known):
            raise SettingsError(f"no rule has a code that begins with {code}{_near(code, known)}")


def _named(name: str, known: Iterable[rules.Rule]) -> rules.Rule | None:
    return next((rule for rule in known if rule.name == name.lower()), None)


def _near(code: str, known: Mapping[str, rules.Rule]) -> str:
    near = difflib.get_close_matches(code.upper(), known, 1) or difflib.get_close_matches(
        code.lower(), [rule.name for rule in known.values()], 1
    )
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"{hint} (imageshim explain lists them)"


def _line(rule: rules.Rule) -> str:
    return f"{rule.code}  {rule.name:<24} {rule.summary}"


def _page(rule: rules.Rule) -> str:
    return (
        f"{rule.code} ({rule.name})\n\n{rule.documentation.strip()}\n\n"
        f"Before:\n\n{indent(rule.before, '    ')}\n\nAfter:\n\n{indent(rule.after, '    ')}"
    )
