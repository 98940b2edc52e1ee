"""One file: from its bytes to what is reported of it, and to what it becomes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from imageshim.codemod.findings import Edit, Finding, Step
from imageshim.codemod.inputs.discovery import Kind, kind_of
from imageshim.codemod.inputs.embedded import Located, Piece
from imageshim.codemod.inputs.problems import Problem
from imageshim.codemod.inputs.sources import Sources
from imageshim.codemod.text import edits
from imageshim.codemod.text.edits import EditError
from imageshim.codemod.text.imports import merged
from imageshim.codemod.text.marks import add_marks, marked_lines
from imageshim.codemod.text.source import Source, SourceError
from imageshim.codemod.text.suppression import kept
from imageshim.errors import ImageShimError

from . import engine
from .reports import FileReport, Mark, Reported

if TYPE_CHECKING:
    from imageshim.codemod.flow.project_index import ProjectIndex
    from imageshim.codemod.project.settings import Settings
    from imageshim.codemod.project.targets import Target
    from imageshim.codemod.project.trace import TracedRead

__all__ = ["How", "inspect"]

# An edit may make another one possible (two that overlap are made one after the other).
_MOST_ROUNDS = 10
_WITH_COMMANDS = frozenset({Kind.DOCUMENT, Kind.SHELL})


class _Module(Piece):
    """A whole file of Python, in its own encoding."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def locate(self, line: int, column: int) -> Located:
        return Located(line, column, "")

    def write(self, data: bytes, planned: Iterable[Edit]) -> bytes:
        del data
        return edits.apply(self.source, sorted(planned))


class _Round(NamedTuple):
    """What one look at a file gave."""

    found: list[tuple[Piece, Finding]]
    applied: list[tuple[Piece, Finding]]
    problems: list[Problem]

    def untouched(self, problem: Problem) -> _Round:
        return self._replace(applied=[], problems=[*self.problems, problem])


class How(NamedTuple):
    """How files are looked at."""

    settings: Settings
    unsafe: bool = False
    """Make the edits of unsafe findings as well."""
    root: Path = Path()
    """The folder that the globs of the settings are relative to."""
    project: ProjectIndex | None = None
    """What the files of the project hand to one another."""
    fingerprint: str = ""
    """A hash of what the index was made of."""
    note: str = ""
    """What is not done, for people."""
    sources: Sources | None = None
    """What was read of the project's files before."""
    targets: Mapping[str, Target] | None = None
    """Each file's own; without any, that of the settings holds."""

    def of(self, path: str) -> How:
        """Return how one file is looked at: for its target, without the rules ignored in it."""
        target = self.targets.get(path) if self.targets is not None else None
        if target is not None:
            own = self.settings._replace(target=target.requirement)
            return self._replace(settings=own, targets=None).of(path)
        rules = self.settings.per_file_ignores
        if not rules:
            return self
        relative = os.path.relpath(path, self.root).replace(os.sep, "/")
        codes = tuple(code for glob, codes in rules if fnmatch(relative, glob) for code in codes)
        ignore = (*self.settings.ignore, *codes)
        return self._replace(settings=self.settings._replace(ignore=ignore))


def inspect(path: str, data: bytes, how: How, trace: Sequence[TracedRead] = ()) -> FileReport:
    """Look at a file, and make the edits that may be made, until there are none left.

    Args:
        path: the file, as it is named to people.
        data: its bytes.
        how: what to look for.
        trace: what was seen in it at run time.

    """
    how = how.of(path)
    source = how.sources.take(path, data) if how.sources is not None else None
    rounds = [_look(path, data, how, trace, source)]
    now = data
    try:
        while rounds[-1].applied:
            if len(rounds) > _MOST_ROUNDS:
                raise EditError("the edits do not come to an end")  # noqa: TRY301
            now, source = _write(now, rounds[-1])
            rounds.append(_look(path, now, how, (), source))
        if how.settings.mark:
            now = _with_marks(now, rounds[-1])
    except EditError as error:
        problem = Problem(1, "", f"left as it is: {error}")
        return _report(path, how, [rounds[0].untouched(problem)], (), None)
    change = None if now == data else (data, now)
    return _report(path, how, rounds, _marks(path, now, how.settings), change)


def _pieces(
    path: str, data: bytes, settings: Settings, source: Source | None = None
) -> tuple[list[Piece], list[Problem]]:
    kind = kind_of(path)
    if kind is Kind.PYTHON:
        return [_Module(source or Source(path, data))], []
    if kind is Kind.NOTEBOOK:
        from imageshim.codemod.inputs.notebook import cells  # noqa: PLC0415  # modules that few files need

        return cells(path, data)
    if kind is Kind.DOCUMENT and settings.documents:
        from imageshim.codemod.inputs.fenced_code import blocks  # noqa: PLC0415

        return blocks(path, data)
    return [], []


def _look(
    path: str, data: bytes, how: How, trace: Sequence[TracedRead], source: Source | None
) -> _Round:
    pieces, problems = _pieces(path, data, how.settings, source)
    found: list[tuple[Piece, Finding]] = []
    applied: list[tuple[Piece, Finding]] = []
    for piece in pieces:
        source = piece.source
        try:
            findings = kept(
                source, engine.check(source, how.settings, index=how.project, trace=trace)
            )
        except SourceError as error:
            place = _located(piece, error.line)
            problems.append(Problem(place.line, place.where, error.what))
        except RecursionError:
            problems.append(Problem(1, "", "nested too deeply to be analysed"))
        else:
            # A rewrite speaks for the advice on the same place.
            places = {(one.line, one.column) for one in findings if not one.advice}
            findings = [
                one for one in findings if not one.advice or (one.line, one.column) not in places
            ]
            found += ((piece, one) for one in findings)
            applied += ((piece, one) for one in engine.applied(findings, unsafe=how.unsafe))
    if kind_of(path) in _WITH_COMMANDS:
        from imageshim.codemod.inputs import shell  # noqa: PLC0415  # for the files that have commands only

        if engine.wanted(shell.CODE, how.settings):
            whole = _Module(Source(path, data))
            found += ((whole, one) for one in shell.shell_reads(path, data, how.settings))
    return _Round(found, applied, problems)


def _located(piece: Piece, line: int) -> Located:
    try:
        return piece.locate(line, 0)
    except (ImageShimError, IndexError):  # the lines of an undecodable file cannot be counted
        return Located(line, 0, "")


def _write(data: bytes, look: _Round) -> tuple[bytes, Source | None]:
    """Make the planned edits, the last piece first, so that the places before it stay.

    Returns the file, and what was parsed of it where it is one piece.
    """
    changed: Source | None = None
    for piece in _once(piece for piece, _ in look.applied)[::-1]:
        planned = merged(e for of, one in look.applied if of is piece for e in one.edits)
        changed = edits.verify(piece.source, planned, edits.apply(piece.source, planned))
        data = piece.write(data, planned)
    return data, changed if changed is not None and changed.data == data else None


def _once(pieces: Iterable[Piece]) -> list[Piece]:
    return list(dict.fromkeys(pieces))


def _work(look: _Round, piece: Piece) -> Iterator[Finding]:
    """Yield what is left to do in a piece: advice is a matter of taste."""
    return (one for of, one in look.found if of is piece and not one.advice)


def _with_marks(data: bytes, look: _Round) -> bytes:
    for piece in _once(piece for piece, _ in look.found)[::-1]:
        planned = add_marks(piece.source, _work(look, piece))
        edits.verify_comments(piece.source, edits.apply(piece.source, planned))
        data = piece.write(data, planned)
    return data


def _marks(path: str, data: bytes, settings: Settings) -> list[Mark]:
    if b"imageshim:" not in data:
        return []
    return [
        Mark(place.line, place.where, code)
        for piece in _pieces(path, data, settings)[0]
        for line, code in marked_lines(piece.source).items()
        for place in [piece.locate(line, 0)]
    ]


def _report(
    path: str,
    how: How,
    rounds: Sequence[_Round],
    marks: Sequence[Mark],
    change: tuple[bytes, bytes] | None,
) -> FileReport:
    applied = {id(one) for _, one in rounds[0].applied}
    # What clashed with another edit is made in a later round, where it has moved.
    later = {(one.code, one.message) for look in rounds[1:] for _, one in look.applied}
    may = {"safe", "unsafe"} if how.unsafe else {"safe"}
    reported = [
        _reported(
            piece,
            one,
            fixed=id(one) in applied
            or (one.applicability in may and bool(one.edits) and (one.code, one.message) in later),
        )
        for piece, one in rounds[0].found
    ]
    old, new = change or (b"", None)
    before = {(one.code, one.message) for _, one in rounds[0].found}
    left = tuple(
        _reported(piece, one, fixed=False)
        for piece, one in rounds[-1].found
        if change is not None and one.advice and (one.code, one.message) not in before
    )
    problems = tuple(rounds[0].problems)
    return FileReport(path, tuple(reported), problems, tuple(marks), old, new, left)


def _reported(piece: Piece, finding: Finding, *, fixed: bool) -> Reported:
    start = piece.locate(finding.line, _characters(piece, finding.line, finding.column))
    end = piece.locate(finding.end_line, _characters(piece, finding.end_line, finding.end_column))
    steps = [(piece.locate(step.line, 0), step.text) for step in finding.chain]
    placed = replace(
        finding,
        line=start.line,
        column=start.column,
        end_line=end.line,
        end_column=end.column,
        chain=tuple(
            Step(place.line, f"{text} {place.where or f'line {place.line}'}")
            for place, text in steps
        ),
        # Edits of a piece are no edits of the file.
        edits=finding.edits if isinstance(piece, _Module) else (),
    )
    return Reported(placed, start.where, fixed)


def _characters(piece: Piece, line: int, column: int) -> int:
    """Return a column in characters, as people and editors count."""
    start = piece.source.place(line, 0)
    return len(piece.source.utf8[start : start + column].decode("utf-8", "replace"))
