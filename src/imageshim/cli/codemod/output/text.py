"""For people: the differences, the findings with their chains, and a summary."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator

from imageshim.codemod.running.reports import FileReport, Reported, Sort
from imageshim.printing.escapes import shown

from . import Outcome
from .rule_pages import command

__all__ = ["render"]

# https://en.wikipedia.org/wiki/ANSI_escape_code#Select_Graphic_Rendition_parameters
_BOLD, _DIM, _RED, _GREEN, _YELLOW, _CYAN = "1", "2", "31", "32", "33", "36"
_DIFF = {"+++": _BOLD, "---": _BOLD, "@@": _CYAN, "+": _GREEN, "-": _RED}
_SORTS = {
    Sort.FIXED: ("fixable", _GREEN),
    Sort.UNSAFE: ("unsafe", _YELLOW),
    Sort.CLASHES: ("clashes with another edit", _YELLOW),
    Sort.PERSON: ("needs a person", _RED),
    Sort.UNPROVEN: ("not proven", _DIM),
    Sort.NOTE: ("note", _DIM),
}
_ARROW = " → "
# More reasons than these are the same few, each with another name in it.
_MOST_REASONS = 10
_MOST_HELPED = 5

_Paint = Callable[[str, str], str]


def render(outcome: Outcome) -> Iterator[str]:
    """Yield what is printed, line by line."""
    paint = _painted if outcome.colour else _plain
    if outcome.only_statistics:
        yield from _statistics(outcome)
    else:
        for report in outcome.reports:
            yield from _of_file(report, outcome, paint)
    yield from _summary(outcome, paint)


def _painted(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m"


def _plain(text: str, _code: str) -> str:
    return text


def _of_file(report: FileReport, outcome: Outcome, paint: _Paint) -> Iterator[str]:
    if outcome.rewrites and report.new is not None:
        from .diff import diff  # only where something changes

        for raw in diff(report):
            line = shown(raw, keep="\t") if sys.stdout.isatty() else raw  # a patch
            code = next((code for start, code in _DIFF.items() if line.startswith(start)), None)
            yield line if code is None else paint(line, code)
    for problem in report.problems:
        place = _place(report.path, problem.line, None, problem.where)
        yield f"{paint(place, _BOLD)} {paint('error:', _RED)} {shown(problem.what)}"
    for reported in report.findings:
        yield from _of_finding(report.path, reported, outcome, paint)
    for reported in report.left if outcome.rewrites else ():
        place = _place(report.path, reported.finding.line, reported.finding.column, reported.where)
        said = f"{reported.finding.code} {shown(reported.finding.message)}"
        yield f"{paint(place, _BOLD)} {said} {paint('[note on the new code]', _DIM)}"
    for mark in report.marks:
        place = _place(report.path, mark.line, None, mark.where)
        yield f"{paint(place, _BOLD)} {mark.code} is marked as not done"


def _of_finding(path: str, reported: Reported, outcome: Outcome, paint: _Paint) -> Iterator[str]:
    finding = reported.finding
    word, code = _SORTS[reported.sort]
    if reported.sort is Sort.FIXED and outcome.rewrites:
        word = "fixed" if outcome.written else "would be fixed"
    place = _place(path, finding.line, finding.column, reported.where)
    said = f"{finding.code} {shown(finding.message)}"
    yield f"{paint(place, _BOLD)} {said} {paint(f'[{word}]', code)}"
    if finding.chain:
        yield paint(f"    {_ARROW.join(shown(step.text) for step in finding.chain)}", _DIM)
    if finding.missing is not None:
        yield f"    {shown(finding.missing)}"


def _place(path: str, line: int, column: int | None, where: str) -> str:
    path = shown(path)
    if where:
        return f"{path}: {shown(where)}:"
    return f"{path}:{line}:" if column is None else f"{path}:{line}:{column + 1}:"


def _statistics(outcome: Outcome) -> Iterator[str]:
    """Count the findings of each rule."""
    from imageshim.codemod import rules  # the rules were loaded if there are any

    counts = Counter((one.finding.code, one.sort) for one in outcome.findings())
    known = rules.load() if counts else {}
    for (code, sort), count in sorted(counts.items()):
        yield f"{count:>7,}  {code}  {known[code].name}  [{_SORTS[sort][0]}]"


def _summary(outcome: Outcome, paint: _Paint) -> Iterator[str]:
    counts = outcome.counts
    parts = [
        (Sort.FIXED, _fixed(outcome)),
        (Sort.UNSAFE, "more with --unsafe"),
        (Sort.CLASHES, "clash with another edit"),
        (Sort.PERSON, "for a person"),
        (Sort.UNPROVEN, "not proven"),
        (Sort.NOTE, "note" if counts[Sort.NOTE] == 1 else "notes"),
    ]
    said = [f"{counts[sort]:,} {text}" for sort, text in parts if counts[sort]]
    yield paint(f"{'; '.join(said) or 'Nothing found'}.", _BOLD)
    if outcome.unknown and not said:
        verb = "reads" if outcome.unknown == 1 else "read"
        yield (
            f"{_number(outcome.unknown, 'file')} {verb} replies of clients that nothing says to be "
            "LiteLLM's: if its proxy answers them, pass --assume-litellm with the URL, its "
            "variable, or the client's name."
        )
    reasons = Counter(
        one.finding.missing for one in outcome.findings() if one.finding.missing and not one.fixed
    )
    for reason, count in reasons.most_common(_MOST_REASONS):
        yield f"    {count:,} × {shown(reason)}"
    if len(reasons) > _MOST_REASONS:
        yield f"    and {len(reasons) - _MOST_REASONS:,} other reasons"
    if codes := {one.finding.code for one in outcome.findings()}:
        yield paint(f"To read about these rules: {command(codes)}", _DIM)
    if outcome.marks:
        yield f"{outcome.marks:,} marked as not done (# imageshim: todo[…])."
    if outcome.problems:
        yield paint(f"{outcome.problems:,} could not be read or written, see above.", _RED)
    if outcome.rewrites and (helped := outcome.helped):
        listed = ", ".join(helped[:_MOST_HELPED])
        more = f" and {len(helped) - _MOST_HELPED:,} more" if len(helped) > _MOST_HELPED else ""
        yield (
            f"imageshim is a dependency of the code now, in {listed}{more}: add it where litellm "
            "is asked for."
        )
    for target in outcome.targets:
        yield f"Target: {shown(target)}."
    yield f"{_number(outcome.scanned, 'file')} read, {outcome.analysed:,} of them analysed."
    if outcome.rewrites and outcome.changed and not outcome.written:
        yield "Nothing was written: pass --write to do so."


def _fixed(outcome: Outcome) -> str:
    if not outcome.rewrites:
        return "to be fixed by imageshim fix"
    files = _number(outcome.changed, "file")
    return f"fixed in {files}" if outcome.written else f"would be fixed in {files}"


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
