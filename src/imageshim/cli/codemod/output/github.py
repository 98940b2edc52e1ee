"""For GitHub Actions: workflow commands, which become annotations of a pull request.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterator

from imageshim.codemod.running.reports import Reported

from . import Outcome
from .rule_pages import command, link

__all__ = ["render"]

# How actions/toolkit escapes data (packages/core/src/command.ts), and properties in addition.
_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = str.maketrans(_DATA | {":": "%3A", ",": "%2C"})
_MESSAGE = str.maketrans(_DATA)


def render(outcome: Outcome) -> Iterator[str]:
    """Yield one command for each finding, mark and problem."""
    for report in outcome.reports:
        for problem in report.problems:
            text = f"{problem.where}: {problem.what}" if problem.where else problem.what
            yield _command("error", text, file=report.path, line=problem.line, title="imageshim")
        for reported in report.findings:
            finding = reported.finding
            level = "warning" if reported.sort.fails else "notice"
            yield _command(
                level, _text(reported), file=report.path, line=finding.line,
                endLine=finding.end_line, col=finding.column + 1,
                endColumn=finding.end_column + 1, title=finding.code,
            )  # fmt: skip
        for mark in report.marks:
            text = f"{mark.code} is marked as not done"
            yield _command("warning", text, file=report.path, line=mark.line, title=mark.code)


def _text(reported: Reported) -> str:
    finding = reported.finding
    lines = [f"{reported.where}: {finding.message}" if reported.where else finding.message]
    if finding.chain:
        lines.append(" → ".join(step.text for step in finding.chain))
    if finding.missing is not None:
        lines.append(finding.missing)
    lines.append(f"More: {link(finding.code) or command([finding.code])}")
    return "\n".join(lines)


def _command(level: str, text: str, **properties: object) -> str:
    listed = ",".join(
        f"{name}={str(value).translate(_PROPERTY)}" for name, value in properties.items()
    )
    return f"::{level} {listed}::{text.translate(_MESSAGE)}"
