"""Small projects in the manner of real code, each with what an expert would do.

``=== title [what]`` starts a project, ``--- path`` a file of it. *what* is ``edit`` (rewritten, and
``check`` fails until it is), ``fault`` (``check`` fails, somebody has to look), ``note`` (said, and
nothing fails) or ``nothing``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from imageshim.codemod.inputs.scanning import scan
from imageshim.codemod.project.settings import Project, find
from imageshim.codemod.running.inspection import How
from imageshim.codemod.running.pin_reports import pin_reports
from imageshim.codemod.running.preparation import prepared
from imageshim.codemod.running.reports import FileReport, Sort
from imageshim.codemod.running.run import inspect_all

KINDS = ("nothing", "note", "fault", "edit")


@dataclass(frozen=True)
class Small:
    """A small project."""

    title: str
    expected: str
    files: dict[str, str]


def read(text: str) -> list[Small]:
    out = []
    for block in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]:
        head, _, body = block.partition("\n")
        title, _, expected = head.rstrip("]").rpartition(" [")
        parts = re.split(r"^--- (.+)\n", body, flags=re.MULTILINE)[1:]
        out.append(Small(title, expected, dict(zip(parts[::2], parts[1::2], strict=True))))
    return out


CORPUS = read(Path(__file__).with_name("corpus.txt").read_text(encoding="utf-8"))


def written(small: Small, folder: Path) -> None:
    for name, text in small.files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def looked_at(folder: Path) -> tuple[list[FileReport], How, Project]:
    project = find(folder)
    project = project._replace(settings=project.settings._replace(documents=True))
    found = scan([str(folder)], project, lambda _: None)
    how, paths = prepared(found, project, unsafe=False)
    reports = list(inspect_all(paths, how))
    assert not any(report.problems for report in reports)
    return reports, how, project


def outcome(small: Small, folder: Path) -> tuple[str, list[FileReport]]:
    """Return what the codemod does about a project, and its reports."""
    written(small, folder)
    reports, how, project = looked_at(folder)
    folders = {folder, *(Path(one.folder) for one in (how.targets or {}).values() if one.folder)}
    pins = pin_reports(project, sorted(folders))
    sorts = {one.sort for report in [*reports, *pins] for one in report.findings}
    if Sort.FIXED in sorts:
        return "edit", reports
    if any(sort.fails for sort in sorts):
        return "fault", reports
    return "note" if sorts else "nothing", reports


@pytest.mark.parametrize("small", CORPUS, ids=lambda small: small.title)
def test_a_project_gets_what_an_expert_would_do(small, tmp_path):
    assert small.expected in KINDS
    done, reports = outcome(small, tmp_path)
    assert done == small.expected
    if done == "edit":
        what_fix_writes_fails_no_check(reports, tmp_path)


def what_fix_writes_fails_no_check(reports, folder):
    left = [
        (one.finding.code, one.finding.message)
        for report in reports
        for one in report.findings
        if one.sort.fails and not one.fixed
    ]
    for report in reports:
        if report.new is not None:
            Path(report.path).write_bytes(report.new)

    again, *_ = looked_at(folder)

    failing = [one for report in again for one in report.findings if one.sort.fails]
    assert [(one.finding.code, one.finding.message) for one in failing] == left == []


def test_there_are_enough_projects():
    assert len(CORPUS) >= 60


# Each project by itself is held to more above: this says what of it was promised, in figures.
@pytest.mark.deep
def test_precision_and_recall_are_what_was_promised(tmp_path, capsys):
    results = []
    for number, small in enumerate(CORPUS):
        folder = tmp_path / str(number)
        folder.mkdir()
        results.append((small.expected, outcome(small, folder)[0]))
    failing, wanted = ("fault", "edit"), [want for want, _ in results if want != "nothing"]
    failed = [(want, got) for want, got in results if got in failing]
    true = sum(want in failing for want, _ in failed)
    edited = [want for want, got in results if got == "edit"]
    said = sum(got != "nothing" for want, got in results if want != "nothing")
    with capsys.disabled():
        print(  # noqa: T201  # the figures are what this is for
            f"\n{len(CORPUS)} small projects: findings that fail a check {true} of {len(failed)} "
            f"right, safe edits {edited.count('edit')} of {len(edited)}, readers found "
            f"{said} of {len(wanted)}"
        )
    assert true >= 0.95 * len(failed)
    assert edited.count("edit") == len(edited)
    assert said >= 0.9 * len(wanted)
