"""What a run prints: one module a format, each with a function ``render``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import NamedTuple

from imageshim.codemod.running.reports import FileReport, Reported, Sort

__all__ = ["FORMATS", "Outcome", "renderer"]

FORMATS = ("text", "json", "github", "sarif", "junit")
"""The formats, each the name of a module."""


_IMPORT = re.compile(rb"\b(?:from|import) imageshim\b")


class Outcome(NamedTuple):
    """What a run gave."""

    reports: list[FileReport]
    """Of the files that there is something to say of."""
    scanned: int
    """How many files were read."""
    analysed: int
    """How many of them were analysed: the others have nothing to do with images of replies."""
    rewrites: bool
    """Whether the run rewrites (``fix``) or only reports (``check``)."""
    written: bool = False
    """Whether the files were written."""
    only_statistics: bool = False
    """Whether the findings are only counted."""
    colour: bool = False
    targets: tuple[str, ...] = ()
    """Which LiteLLM releases the code is for, each with where that is from."""
    unknown: int = 0
    """How many files read replies of clients that nothing says to be LiteLLM's."""

    @property
    def counts(self) -> Counter[Sort]:
        """How many findings of each sort there are."""
        return Counter(one.sort for one in self.findings())

    @property
    def changed(self) -> int:
        """How many files change."""
        return sum(report.new is not None for report in self.reports)

    @property
    def marks(self) -> int:
        """How many marks there are."""
        return sum(len(report.marks) for report in self.reports)

    @property
    def problems(self) -> int:
        """How many files or cells could not be read or written."""
        return sum(len(report.problems) for report in self.reports)

    @property
    def helped(self) -> list[str]:
        """The files that a run makes import imageshim, which did not before."""
        return [
            report.path
            for report in self.reports
            if report.new is not None
            and _IMPORT.search(report.new) is not None
            and _IMPORT.search(report.old) is None
        ]

    def findings(self) -> Iterator[Reported]:
        """Yield every finding."""
        for report in self.reports:
            yield from report.findings


def renderer(name: str) -> Callable[[Outcome], Iterator[str]]:
    """Return the function that renders a format, line by line."""
    render: Callable[[Outcome], Iterator[str]] = import_module(f".{name}", __name__).render
    return render
