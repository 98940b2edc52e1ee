"""What a shell offers behind `imageshim`: commands, their options and the values of those.

The shell asks by running the program with the line so far in its environment; argcomplete (extra
``cli``) answers from the parsers, https://kislyuk.github.io/argcomplete/.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from importlib import import_module

__all__ = ["ASKED", "complete", "offer", "with_rules"]

ASKED = "_ARGCOMPLETE"
"""The variable by which argcomplete's shell functions ask."""
_BEHIND_THE_COMMAND = "2"
"""Its value where the second word of the line counts as the program."""


def complete(commands: Mapping[str, str]) -> None:
    """Answer the shell, and end the process; without argcomplete there is nothing to offer."""
    words = os.environ.get("COMP_LINE", "")[: int(os.environ.get("COMP_POINT") or 0)].split(" ")
    name = words[1] if len(words) > 2 else ""
    if name in commands:
        os.environ[ASKED] = _BEHIND_THE_COMMAND
        import_module(f".{name.replace('-', '_')}", __package__).main([])  # its parser answers
        return
    top = argparse.ArgumentParser(prog="imageshim")
    top.add_argument("--version", action="store_true")
    top.add_argument("command", choices=commands)
    offer(top)


def with_rules(argument: argparse.Action) -> None:
    """Have a shell offer the codes of rules for an argument."""
    argument.completer = _rules  # type: ignore[attr-defined]  # argcomplete's own


def _rules(**_: object) -> list[str]:
    from imageshim.codemod import rules

    return list(rules.load())


def offer(parser: argparse.ArgumentParser) -> None:
    """Let argcomplete answer with what a parser takes; it ends the process if it was asked."""
    try:
        import argcomplete
    except ImportError:
        raise SystemExit(1) from None
    argcomplete.autocomplete(parser)
