"""What a run prints, in each format."""

import json
import re
from xml.etree import ElementTree as ET

import pytest
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif

from imageshim.cli.codemod.output import FORMATS, Outcome, renderer
from imageshim.codemod import rules
from imageshim.codemod.findings import Edit, Finding, Step
from imageshim.codemod.inputs.problems import Problem
from imageshim.codemod.running.reports import (
    FileReport,
    Mark,
    Reported,
    as_json,
    from_json,
)

FIXED = Finding(
    "IMG001", "reads `image`", 4, 6, 4, 33, "safe", (Edit(90, 96, '.images[0]["é"]'),),
    chain=(Step(3, "completion() line 3"), Step(4, "read line 4")),
)  # fmt: skip
UNSAFE = Finding("IMG002", "reads `content`", 8, 0, 9, 2, "unsafe", (Edit(120, 121, "y"),))
PERSON = Finding("IMG101", "takes, unasked: 100%\nthe first", 9, 1, 9, 4)
UNPROVEN = Finding("IMG001", "reads <image> & \x08", 1, 0, 1, 5, missing='nothing names "it"')
ADVICE = Finding("IMG102", "ask first", 3, 0, 3, 2, advice=True)
STUCK = Finding("IMG001", "reads `image`", 7, 0, 7, 2, missing="a comment is in it", proven=True)
REPORTS = [
    FileReport(
        "src/a b.py",
        (Reported(FIXED, "", fixed=True), Reported(UNSAFE, "", fixed=False)),
        old=b"a\nx\n",
        new=b"a\ny\n",
    ),
    FileReport(
        "/abs/n.ipynb",
        (
            Reported(PERSON, "cell 2, line 1", fixed=False),
            Reported(UNPROVEN, "cell 1, line 1", fixed=False),
        ),
        (Problem(7, "cell 3", "line 1: invalid syntax"),),
        (Mark(5, "cell 2, line 9", "IMG101"),),
    ),
]


def outcome(reports=REPORTS, **changes):
    given = {"scanned": 1234, "analysed": 3, "rewrites": True} | changes
    return Outcome(reports, **given)


def rendered(name, reports=REPORTS, **changes):
    return "\n".join(renderer(name)(outcome(reports, **changes)))


def test_text_has_everything_that_is_known():
    assert rendered("text").splitlines() == [
        "--- src/a b.py",
        "+++ src/a b.py",
        "@@ -1,2 +1,2 @@",
        " a",
        "-x",
        "+y",
        "src/a b.py:4:7: IMG001 reads `image` [would be fixed]",
        "    completion() line 3 → read line 4",
        "src/a b.py:8:1: IMG002 reads `content` [unsafe]",
        "/abs/n.ipynb: cell 3: error: line 1: invalid syntax",
        r"/abs/n.ipynb: cell 2, line 1: IMG101 takes, unasked: 100%\nthe first [needs a person]",
        r"/abs/n.ipynb: cell 1, line 1: IMG001 reads <image> & \x08 [not proven]",
        '    nothing names "it"',
        "/abs/n.ipynb: cell 2, line 9: IMG101 is marked as not done",
        "1 would be fixed in 1 file; 1 more with --unsafe; 1 for a person; 1 not proven.",
        '    1 × nothing names "it"',
        "To read about these rules: imageshim explain IMG001 IMG002 IMG101",
        "1 marked as not done (# imageshim: todo[…]).",
        "1 could not be read or written, see above.",
        "1,234 files read, 3 of them analysed.",
        "Nothing was written: pass --write to do so.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "failing", "note"),
    [
        ("text", "[needs a person]", "[note]"),
        ("json", '"sort": "person"', '"sort": "note"'),
        ("github", "::warning file=a.py,line=7,", "::notice file=a.py,line=3,"),
        ("sarif", '"level": "warning"', '"level": "note"'),
        ("junit", '<failure message="reads', '<skipped message="ask first"'),
    ],
)
def test_advice_is_a_note_in_every_format_and_a_fault_without_a_rewrite_is_none(
    name, failing, note
):
    reports = [FileReport("a.py", tuple(Reported(one, "", fixed=False) for one in (STUCK, ADVICE)))]

    text = rendered(name, reports, rewrites=False)

    assert (text.count(failing), text.count(note)) == (1, 1)


def test_the_summary_counts_each_kind():
    findings = (STUCK, UNPROVEN, ADVICE, ADVICE)
    reports = [FileReport("a.py", tuple(Reported(one, "", fixed=False) for one in findings))]

    assert "1 for a person; 1 not proven; 2 notes." in rendered("text", reports).splitlines()


def test_text_groups_the_reasons():
    findings = [
        Finding("IMG001", "m", line, 0, line, 1, missing=f"reason {line % 12}")
        for line in range(1, 40)
    ]
    reports = [FileReport("a.py", tuple(Reported(one, "", fixed=False) for one in findings))]

    lines = rendered("text", reports, rewrites=False).splitlines()

    assert "    4 × reason 1" in lines
    assert "    and 2 other reasons" in lines


def test_a_missing_last_newline_is_shown():
    lines = rendered("text", [FileReport("a.py", old=b"a\r\nx", new=b"a\r\ny")]).splitlines()

    assert lines[3:8] == [
        " a", "-x", "\\ No newline at end of file", "+y", "\\ No newline at end of file",
    ]  # fmt: skip


def test_statistics_count_by_rule_and_sort():
    lines = rendered("text", only_statistics=True).splitlines()

    assert lines[0] == "      1  IMG001  image-field  [fixable]"
    assert lines[1] == "      1  IMG001  image-field  [not proven]"


def test_json_is_one_document():
    document = json.loads(rendered("json"))

    assert [file["path"] for file in document["files"]] == ["src/a b.py", "/abs/n.ipynb"]
    assert [file["changed"] for file in document["files"]] == [True, False]
    assert document["files"][0]["findings"][0]["edits"] == [
        {"start": 90, "end": 96, "text": '.images[0]["é"]'}
    ]
    assert document["summary"] == {
        "scanned": 1234, "analysed": 3, "changed": 1, "written": False, "marks": 1, "problems": 1,
        "targets": [],
        "fixed": 1, "unsafe": 1, "person": 1, "unproven": 1,
    }  # fmt: skip


def test_a_report_comes_back_from_json():
    for report in REPORTS:
        text = json.dumps(as_json(report))
        assert from_json(json.loads(text), report.old, report.new) == report


GITHUB = """\
::warning file=src/a b.py,line=4,endLine=4,col=7,endColumn=34,title=IMG001::reads `image`\
%0Acompletion() line 3 → read line 4%0AMore: imageshim explain IMG001
::warning file=src/a b.py,line=8,endLine=9,col=1,endColumn=3,title=IMG002::reads `content`\
%0AMore: imageshim explain IMG002
::error file=/abs/n.ipynb,line=7,title=imageshim::cell 3: line 1: invalid syntax
::warning file=/abs/n.ipynb,line=9,endLine=9,col=2,endColumn=5,title=IMG101::\
cell 2, line 1: takes, unasked: 100%25%0Athe first%0AMore: imageshim explain IMG101
::notice file=/abs/n.ipynb,line=1,endLine=1,col=1,endColumn=6,title=IMG001::\
cell 1, line 1: reads <image> & \x08%0Anothing names "it"%0AMore: imageshim explain IMG001
::warning file=/abs/n.ipynb,line=5,title=IMG101::IMG101 is marked as not done"""


def test_github_gets_one_line_for_each():
    assert rendered("github") == GITHUB


def test_github_escapes_what_ends_a_property():
    reports = [FileReport("a,b:c%.py", marks=(Mark(1, "", "IMG101"),))]

    assert rendered("github", reports).startswith("::warning file=a%2Cb%3Ac%25.py,line=1,")


@pytest.mark.parametrize("reports", [REPORTS, []], ids=["findings", "none"])
def test_sarif_is_valid_by_its_schema(reports):
    document = json.loads(rendered("sarif", reports))

    Sarif.model_validate(document)
    (run,) = document["runs"]
    assert run["invocations"][0]["executionSuccessful"] == (not reports)
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == list(rules.load())


def test_the_schema_of_sarif_would_notice():
    document = json.loads(rendered("sarif"))
    document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0

    with pytest.raises(ValueError, match="startLine"):
        Sarif.model_validate(document)


def test_sarif_has_places_flows_and_fixes():
    (run,) = json.loads(rendered("sarif"))["runs"]
    first, second, person, unproven, mark = run["results"]

    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "src/a%20b.py"
    assert place["region"] == {"startLine": 4, "startColumn": 7, "endLine": 4, "endColumn": 34}
    assert run["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == "IMG001"
    steps = first["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["message"]["text"] for step in steps] == [
        "completion() line 3", "read line 4",
    ]  # fmt: skip
    change = second["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert change == {
        "deletedRegion": {"byteOffset": 120, "byteLength": 1},
        "insertedContent": {"text": "y"},
    }
    assert [one["level"] for one in (first, person, unproven, mark)] == [
        "warning", "warning", "note", "warning",
    ]  # fmt: skip
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert notes[0]["message"]["text"] == "cell 3: line 1: invalid syntax"


def test_junit_is_well_formed_and_adds_up():
    root = ET.fromstring(rendered("junit"))  # noqa: S314  # our own output

    first, second = root.findall("testsuite")
    assert (first.get("name"), first.get("tests"), first.get("failures")) == (
        "src/a b.py",
        "2",
        "2",
    )
    assert {name: second.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4", "failures": "2", "errors": "1", "skipped": "1",
    }  # fmt: skip
    for suite in (first, second):
        assert len(suite.findall("testcase")) == int(suite.get("tests"))
        for kind, count in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert len(suite.findall(f"testcase/{kind}")) == int(suite.get(count))
    skipped = second.find("testcase/skipped")
    assert skipped is not None
    assert skipped.get("message") == 'nothing names "it"'


def test_junit_without_findings_is_one_test_that_passed():
    root = ET.fromstring(rendered("junit", []))  # noqa: S314

    assert [case.get("name") for case in root.iter("testcase")] == ["1234 files"]
    assert not list(root.iter("failure"))


def test_every_format_that_is_offered_is_there():
    from imageshim.cli.codemod.arguments import _FORMATS

    assert FORMATS == _FORMATS
    for name in FORMATS:
        assert callable(renderer(name))


def test_colours_are_only_where_they_are_asked_for():
    plain = rendered("text")
    painted = rendered("text", colour=True)

    assert "\x1b[32m+y\x1b[0m" in painted
    assert re.sub("\x1b\\[[0-9;]*m", "", painted) == plain


def test_junit_escapes_what_is_no_text():
    finding = Finding("IMG001", 'a "b" <c>', 1, 0, 1, 1, chain=(Step(1, "<x> & \x00]]> line 1"),))
    reports = [FileReport('a&"b".py', (Reported(finding, "", fixed=False),))]

    root = ET.fromstring(rendered("junit", reports))  # noqa: S314

    failure = root.find("testsuite/testcase/failure")
    assert failure is not None
    assert (failure.get("message"), failure.text) == ('a "b" <c>', "<x> & \ufffd]]> line 1")
