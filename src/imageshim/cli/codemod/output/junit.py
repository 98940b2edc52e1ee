"""For CI servers: JUnit's XML, a test suite for each file and a test case for each finding.

The elements are those that Jenkins and GitLab read, https://github.com/testmoapp/junitxml; what
could not be proven, and advice, is a skipped test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from imageshim.codemod.running.reports import FileReport, Reported

from . import Outcome

__all__ = ["render"]

# What XML 1.0 cannot hold at all (its production Char).
_NO_CHARACTER = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(outcome: Outcome) -> Iterator[str]:
    """Yield the document, line by line."""
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield "<testsuites>"
    for report in outcome.reports:
        yield from _suite(report)
    if not outcome.reports:
        yield '<testsuite name="imageshim" tests="1" failures="0" errors="0" skipped="0">'
        yield f'<testcase name="{outcome.scanned} files" classname="imageshim"/>'
        yield "</testsuite>"
    yield "</testsuites>"


def _suite(report: FileReport) -> Iterator[str]:
    skipped = sum(not one.sort.fails for one in report.findings)
    failures = len(report.findings) - skipped + len(report.marks)
    errors = len(report.problems)
    yield (
        f'<testsuite name={_attribute(report.path)} tests="{failures + skipped + errors}" '
        f'failures="{failures}" errors="{errors}" skipped="{skipped}">'
    )
    for problem in report.problems:
        yield _case(report.path, "imageshim", problem.line, problem.where)
        yield f"<error message={_attribute(problem.what)}/></testcase>"
    for reported in report.findings:
        finding = reported.finding
        yield _case(report.path, finding.code, finding.line, reported.where)
        if not reported.sort.fails:
            why = finding.missing or finding.message
            yield f"<skipped message={_attribute(why)}/></testcase>"
        else:
            text = escape(_clean(_text(reported)))
            yield f"<failure message={_attribute(finding.message)}>{text}</failure></testcase>"
    for mark in report.marks:
        yield _case(report.path, mark.code, mark.line, mark.where)
        yield '<failure message="marked as not done"/></testcase>'
    yield "</testsuite>"


def _case(path: str, code: str, line: int, where: str) -> str:
    name = _attribute(f"{code} {where or f'line {line}'}")
    return (
        f'<testcase classname={_attribute(path)} name={name} file={_attribute(path)} line="{line}">'
    )


def _text(reported: Reported) -> str:
    steps = " → ".join(step.text for step in reported.finding.chain)
    return "\n".join(part for part in (steps, reported.finding.missing) if part)


def _clean(text: str) -> str:
    return _NO_CHARACTER.sub("\ufffd", text)


def _attribute(text: str) -> str:
    return quoteattr(_clean(text))
