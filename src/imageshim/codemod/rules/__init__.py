"""The rules: one a file, registered by a decorator.

A rule is a function from an analysed file to findings. A new one is a new module in this package
(every module of it is imported, in the order of their names); nothing else has to be touched::

    \"\"\"Images taken without asking whether there are any.

    What it is, why it goes wrong, on which versions, with the source of each fact: this text is
    what ``imageshim explain IMG101`` prints.
    \"\"\"

    @rule(
        "IMG101",
        "unguarded-image",
        before='url = message.images[0]["image_url"]["url"]',
        after='url = first_image_url(message)',
    )
    def unguarded_image(file: File) -> Iterator[Finding]:
        for read in file.reads_of("images"):
            ...
            yield file.finding("IMG101", read.node, "message for the user", chain=read.chain)

Codes: ``IMG001`` to ``IMG099`` rewrite, ``IMG101`` on report mistakes: those of ``IMG1`` are
advice, which fails nothing unless ``--select`` or ``--strict`` asks for it. ``before`` and
``after`` are whole statements; they stand in the explanation and are tested. What a rule may use
is in :class:`imageshim.codemod.checking.file.File`.

A rule never guesses: what a name is called proves nothing, only ``read.certain`` does (the value
is a reply's on every path). ``applicability`` is for findings with edits; see
:data:`imageshim.codemod.findings.Applicability`.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imageshim.codemod.checking.file import File
    from imageshim.codemod.findings import Finding

__all__ = ["RULES", "Rule", "add", "load", "rule"]

Check = Callable[["File"], "Iterator[Finding]"]


@dataclass(frozen=True)
class Rule:
    """A rule; :attr:`documentation` is the docstring of its module."""

    code: str
    name: str
    documentation: str
    before: str
    after: str
    check: Check | None = None
    """None where the rule is about files that are no Python: others look at those."""

    @property
    def is_advice(self) -> bool:
        """Whether it is about code that did the same with every release: nothing to migrate."""
        return self.code.startswith("IMG1")

    @property
    def summary(self) -> str:
        """The first line of the documentation."""
        return self.documentation.strip().partition("\n")[0]


RULES: dict[str, Rule] = {}
"""All rules by code, in order, once :func:`load` was called."""


def rule(code: str, name: str, *, before: str, after: str) -> Callable[[Check], Check]:
    """Register a rule."""

    def register(check: Check) -> Check:
        documentation = import_module(check.__module__).__doc__ or ""
        add(Rule(code, name, documentation, before, after, check))
        return check

    return register


def add(made: Rule) -> None:
    """Add a rule to :data:`RULES`."""
    if made.code in RULES:
        raise ValueError(f"{made.code} is {RULES[made.code].name} already")
    RULES[made.code] = made


def load() -> dict[str, Rule]:
    """Import every rule; returns :data:`RULES`."""
    if not RULES:
        for module in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name):
            import_module(f"{__name__}.{module.name}")
        for code in sorted(RULES):
            RULES[code] = RULES.pop(code)
    return RULES
