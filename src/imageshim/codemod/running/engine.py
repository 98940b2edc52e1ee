"""Check a file, and apply what may be applied."""

from __future__ import annotations

import contextlib
import gc
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from imageshim.codemod import rules
from imageshim.codemod.checking.file import File
from imageshim.codemod.findings import Edit, Finding
from imageshim.codemod.text import edits
from imageshim.codemod.text.imports import merged
from imageshim.codemod.text.source import Source

if TYPE_CHECKING:
    from imageshim.codemod.flow.project_index import ProjectIndex
    from imageshim.codemod.project.settings import Settings
    from imageshim.codemod.project.trace import TracedRead

__all__ = ["applied", "check", "fix", "wanted"]


def check(
    source: Source,
    settings: Settings,
    *,
    index: ProjectIndex | None = None,
    trace: Iterable[TracedRead] = (),
) -> list[Finding]:
    """Report everything that the rules find in a file, in its order.

    Args:
        source: the file.
        settings: which rules run, and what the rewritten code must run on.
        index: what the other files of the project hand to this one.
        trace: reads that were seen at run time, in this file as it is.

    Raises:
        SourceError: the file cannot be parsed.

    """
    asked = bool(settings.select) or settings.strict
    with _no_collection():
        file = File(source, settings, index, trace)
        found = [
            replace(finding, advice=True) if rule.is_advice and not asked else finding
            for rule in rules.load().values()
            if rule.check is not None and wanted(rule.code, settings)
            for finding in rule.check(file)
        ]
        file.flow.close()
    return sorted(found, key=lambda one: (one.line, one.column, one.code))


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the garbage collector away: a tree is many objects at once, and none of them garbage.

    It would look at each of them again and again, a seventh of the time of a check.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def wanted(code: str, settings: Settings) -> bool:
    """Whether the settings let a rule run; the longer prefix wins."""
    chosen = max((_length(one) for one in settings.select if _is_of(code, one)), default=-1)
    refused = max((_length(one) for one in settings.ignore if _is_of(code, one)), default=-1)
    return chosen > refused or (not settings.select and refused < 0)


def _is_of(code: str, prefix: str) -> bool:
    return prefix == "ALL" or code.startswith(prefix)


def _length(prefix: str) -> int:
    return 0 if prefix == "ALL" else len(prefix)


def fix(source: Source, findings: Iterable[Finding], *, unsafe: bool = False) -> bytes:
    """Return the file with the edits of its findings made and proven.

    Args:
        source: the file that the findings are of.
        findings: what :func:`check` returned for it, or a selection of that.
        unsafe: make the edits of unsafe findings as well.

    Raises:
        EditError: the result would not be what was planned; nothing may be written.

    """
    chosen = applied(findings, unsafe=unsafe)
    planned: list[Edit] = merged(edit for finding in chosen for edit in finding.edits)
    if not planned:
        return source.data
    new = edits.apply(source, planned)
    edits.verify(source, planned, new)
    return new


def applied(findings: Iterable[Finding], *, unsafe: bool = False) -> Sequence[Finding]:
    """Return the findings that :func:`fix` applies: whole groups, the first of those that clash."""
    may = {"safe", "unsafe"} if unsafe else {"safe"}
    groups: dict[object, list[Finding]] = {}
    for place, finding in enumerate(findings):
        key = finding.group if finding.group is not None else ("alone", place)
        groups.setdefault(key, []).append(finding)
    taken = _Taken()
    out: list[Finding] = []
    # An unsafe rewrite is made by choice, so it goes before a safe one of the same code.
    ordered = sorted(
        groups.values(), key=lambda group: all(one.applicability == "safe" for one in group)
    )
    for group in ordered:
        if any(one.applicability not in may for one in group):
            continue
        wanted_edits = {edit for one in group for edit in one.edits}
        if any(map(taken.clashes, wanted_edits)):
            continue
        taken.add(wanted_edits)
        out += group
    return out


class _Taken:
    """The edits that are made, in order."""

    def __init__(self) -> None:
        self._edits: list[Edit] = []
        self._longest = 0

    def add(self, edits: Iterable[Edit]) -> None:
        for edit in edits:
            insort(self._edits, edit)
            self._longest = max(self._longest, edit.end - edit.start)

    def clashes(self, edit: Edit) -> bool:
        """Whether one of them changes the same bytes in another way."""
        first = bisect_left(self._edits, (edit.start - self._longest,))
        last = bisect_left(self._edits, (edit.end,))
        return any(
            one != edit and edit.start < one.end and one.start < edit.end
            for one in self._edits[first:last]
        )
