"""For code scanning: SARIF 2.1.0, with the rules, the chains as code flows, and the fixes.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from imageshim import __version__
from imageshim.codemod import rules
from imageshim.codemod.findings import Finding
from imageshim.codemod.inputs.problems import Problem
from imageshim.codemod.running.reports import FileReport, Reported

from . import Outcome
from .rule_pages import link

__all__ = ["render"]

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def render(outcome: Outcome) -> Iterator[str]:
    """Yield the document."""
    known = list(rules.load().values())
    places = {rule.code: number for number, rule in enumerate(known)}
    results = [
        _result(report, one, places) for report in outcome.reports for one in report.findings
    ]
    results += (
        _plain_result(report, mark.code, places, mark.line, f"{mark.code} is marked as not done")
        for report in outcome.reports
        for mark in report.marks
    )
    problems = [(report.path, one) for report in outcome.reports for one in report.problems]
    run = {
        "tool": {
            "driver": {
                "name": "imageshim",
                "semanticVersion": __version__,
                "rules": [_rule(rule) for rule in known],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not problems,
                "toolExecutionNotifications": [_notification(*one) for one in problems],
            }
        ],
        "results": results,
    }
    document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    yield json.dumps(document, indent=2, ensure_ascii=False)


def _rule(rule: rules.Rule) -> dict[str, Any]:
    text = f"{rule.documentation.strip()}\n\nBefore:\n\n{rule.before}\n\nAfter:\n\n{rule.after}"
    address = link(rule.code)
    return {
        "id": rule.code,
        "name": rule.name,
        **({"helpUri": address} if address else {}),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.documentation.strip()},
        "help": {"text": text},
    }


def _result(report: FileReport, reported: Reported, places: dict[str, int]) -> dict[str, Any]:
    finding = reported.finding
    text = finding.message if finding.missing is None else f"{finding.message}\n{finding.missing}"
    result = _plain_result(report, finding.code, places, finding.line, text)
    result["level"] = "warning" if reported.sort.fails else "note"
    result["locations"] = [_location(report.path, _region(finding))]
    if finding.chain:
        result["codeFlows"] = [{"threadFlows": [{"locations": _flow(report.path, finding)}]}]
    if finding.edits:
        result["fixes"] = [_fix(report.path, finding)]
    return result


def _plain_result(
    report: FileReport, code: str, places: dict[str, int], line: int, text: str
) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": code,
        "level": "warning",
        "message": {"text": text},
        "locations": [_location(report.path, {"startLine": line})],
    }
    if code in places:
        result["ruleIndex"] = places[code]
    return result


def _region(finding: Finding) -> dict[str, int]:
    return {
        "startLine": finding.line,
        "startColumn": finding.column + 1,
        "endLine": finding.end_line,
        "endColumn": finding.end_column + 1,
    }


def _flow(path: str, finding: Finding) -> Sequence[dict[str, Any]]:
    return [
        {"location": _location(path, {"startLine": step.line}) | {"message": {"text": step.text}}}
        for step in finding.chain
    ]


def _fix(path: str, finding: Finding) -> dict[str, Any]:
    replacements = [
        {
            "deletedRegion": {"byteOffset": edit.start, "byteLength": edit.end - edit.start},
            "insertedContent": {"text": edit.text},
        }
        for edit in finding.edits
    ]
    return {
        "description": {"text": f"{finding.applicability}: {finding.message}"},
        "artifactChanges": [{"artifactLocation": _artifact(path), "replacements": replacements}],
    }


def _notification(path: str, problem: Problem) -> dict[str, Any]:
    text = f"{problem.where}: {problem.what}" if problem.where else problem.what
    return {
        "level": "error",
        "message": {"text": text},
        "locations": [_location(path, {"startLine": problem.line})],
    }


def _location(path: str, region: dict[str, int]) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": _artifact(path), "region": region}}


def _artifact(path: str) -> dict[str, str]:
    """Return where a file is: a relative path stays relative, to wherever the run was."""
    found = Path(path)
    return {"uri": found.as_uri() if found.is_absolute() else quote(found.as_posix())}
