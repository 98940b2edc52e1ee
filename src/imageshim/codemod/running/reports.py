"""What a run says of a file, and the same as JSON."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from imageshim.codemod.inputs.problems import Problem

if TYPE_CHECKING:
    from imageshim.codemod.findings import Finding

__all__ = ["FileReport", "Mark", "Reported", "Sort", "as_json", "from_json"]


class Sort(str, Enum):
    """What is to be done with a finding."""

    FIXED = "fixed"
    """Its edits are made, or would be with ``--write``."""
    UNSAFE = "unsafe"
    """Its edits are made with ``--unsafe`` only."""
    CLASHES = "clashes"
    """Its edits clash with those of another finding."""
    PERSON = "person"
    """Somebody has to look at it."""
    UNPROVEN = "unproven"
    """Nothing proves that it is an image of LiteLLM; it says what is missing."""
    NOTE = "note"
    """Advice: it fails nothing unless somebody asks for it."""

    @property
    def fails(self) -> bool:
        """Whether there is work left: what is only not proven, and advice, are none."""
        return self not in (Sort.UNPROVEN, Sort.NOTE)


class Reported(NamedTuple):
    """A finding, at its place in the file; the steps of its chain say their lines.

    Its columns count characters, from 0, unlike those of the engine, which count bytes.
    """

    finding: Finding
    where: str
    """``"cell 3, line 2"`` in a notebook; empty elsewhere."""
    fixed: bool
    """Whether its edits are part of what the file becomes."""

    @property
    def sort(self) -> Sort:
        """What is to be done with it."""
        finding = self.finding
        if self.fixed:
            return Sort.FIXED
        if finding.applicability is not None and finding.edits:
            return Sort.UNSAFE if finding.applicability == "unsafe" else Sort.CLASHES
        if finding.advice:
            return Sort.NOTE
        return Sort.PERSON if finding.missing is None or finding.proven else Sort.UNPROVEN


class Mark(NamedTuple):
    """A comment that says that something needs a person."""

    line: int
    where: str
    code: str


class FileReport(NamedTuple):
    """Everything there is to say of a file."""

    path: str
    findings: tuple[Reported, ...] = ()
    problems: tuple[Problem, ...] = ()
    marks: tuple[Mark, ...] = ()
    """Those that are in the file, or that this run puts there."""
    old: bytes = b""
    """What the file was; empty where nothing changes."""
    new: bytes | None = None
    """What the file becomes; None where nothing changes."""
    left: tuple[Reported, ...] = ()
    """Advice on what the file becomes, at its places there."""


def as_json(report: FileReport) -> dict[str, Any]:
    """Return a report as JSON, without the bytes of the file."""
    return {
        "path": report.path,
        "findings": [_finding_as_json(one) for one in report.findings],
        "problems": [one._asdict() for one in report.problems],
        "marks": [one._asdict() for one in report.marks],
        **({"left": [_finding_as_json(one) for one in report.left]} if report.left else {}),
    }


def _finding_as_json(reported: Reported) -> dict[str, Any]:
    finding = reported.finding
    return {
        "code": finding.code,
        "message": finding.message,
        "line": finding.line,
        "column": finding.column,
        "end_line": finding.end_line,
        "end_column": finding.end_column,
        "where": reported.where,
        "applicability": finding.applicability,
        "group": finding.group,
        "fixed": reported.fixed,
        "sort": reported.sort.value,
        "missing": finding.missing,
        "proven": finding.proven,
        "advice": finding.advice,
        "chain": [{"line": step.line, "text": step.text} for step in finding.chain],
        "edits": [edit._asdict() for edit in finding.edits],
    }


def from_json(report: dict[str, Any], old: bytes, new: bytes | None) -> FileReport:
    """Return the report that :func:`as_json` was given."""
    return FileReport(
        report["path"],
        tuple(_finding_from_json(one) for one in report["findings"]),
        tuple(Problem(**one) for one in report["problems"]),
        tuple(Mark(**one) for one in report["marks"]),
        old if new is not None else b"",
        new,
        tuple(_finding_from_json(one) for one in report.get("left", ())),
    )


_OUTER = frozenset({"where", "fixed", "sort"})


def _finding_from_json(found: dict[str, Any]) -> Reported:
    from imageshim.codemod.findings import Edit, Finding, Step  # noqa: PLC0415  # loaded where there are any

    fields = {name: value for name, value in found.items() if name not in _OUTER}
    fields["edits"] = tuple(Edit(**edit) for edit in found["edits"])
    fields["chain"] = tuple(Step(**step) for step in found["chain"])
    return Reported(Finding(**fields), found["where"], found["fixed"])
