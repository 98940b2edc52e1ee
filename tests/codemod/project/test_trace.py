"""The report of the wrapper, as the codemod reads it."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from imageshim.codemod.project.trace import TraceError, call_ends, read_trace

SOURCE = b"url = message.image['url']\n"


def row(file, **changed):
    return {
        "v": 1,
        "file": str(file),
        "sha256": sha256(SOURCE).hexdigest(),
        "line": 1,
        "end_line": 1,
        "column": 6,
        "end_column": 19,
        "module": "app",
        "function": "draw",
        "read": "image",
        "carrier": "message",
        "how": "attribute",
        "count": 2,
        "instead": 'images[0]["image_url"]',
    } | changed


def report(folder, *rows, name="report.jsonl"):
    file = folder / name
    file.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    return file


def test_the_reads_of_a_file_are_found_in_their_order(tmp_path):
    module = tmp_path / "app.py"
    trace = read_trace([report(tmp_path, row(module, line=9, end_line=9), row(module))])

    reads = trace.of(module, SOURCE)

    assert [(read.line, read.column, read.read, read.how) for read in reads] == [
        (1, 6, "image", "attribute"),
        (9, 6, "image", "attribute"),
    ]
    assert trace.of(tmp_path / "other.py", b"") == ()


def test_the_same_place_in_two_reports_is_one(tmp_path):
    module = tmp_path / "app.py"
    trace = read_trace(
        [
            report(tmp_path, row(module), row(module), name="one.jsonl"),
            report(tmp_path, row(module, count=5), name="two.jsonl"),
        ]
    )

    assert len(trace) == 1
    assert trace.of(module, SOURCE)[0].times == 9


def test_a_file_that_changed_since_is_refused(tmp_path):
    module = tmp_path / "app.py"
    trace = read_trace([report(tmp_path, row(module))])

    with pytest.raises(TraceError, match=r"app\.py: the file changed since the trace"):
        trace.of(module, SOURCE + b"\n")


def test_a_file_is_found_by_any_of_its_names(tmp_path, monkeypatch):
    (tmp_path / "app.py").write_bytes(SOURCE)
    (tmp_path / "link.py").symlink_to(tmp_path / "app.py")
    trace = read_trace([report(tmp_path, row(tmp_path / "app.py"))])
    monkeypatch.chdir(tmp_path)

    assert trace.of(tmp_path.joinpath("link.py").relative_to(tmp_path), SOURCE)
    assert trace.unused == ()


def test_files_that_nobody_asked_for_are_known(tmp_path):
    trace = read_trace([report(tmp_path, row(tmp_path / "app.py"))])

    assert trace.unused == (str(tmp_path.resolve() / "app.py"),)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "report.jsonl:2: not JSON"),
        ("[]", "report.jsonl:2: not a row of a report"),
        ('{"file": "a"}', "report.jsonl:2: not a row of a report"),
        ('{"v": 2}', "report.jsonl:2: the report has version 2, this imageshim reads 1"),
        (json.dumps(row("a", line="1")), "report.jsonl:2: 'line' is '1', expected int"),
        (json.dumps(row("a", line=True)), "report.jsonl:2: 'line' is True, expected int"),
        (json.dumps(row("a", treated="b")), "report.jsonl:2: 'treated' is 'b', expected list"),
        (json.dumps(row("a", read=None)), "report.jsonl:2: 'read' is None, expected str"),
    ],
)
def test_a_line_that_is_none_is_named(tmp_path, line, said):
    file = report(tmp_path, row(tmp_path / "app.py"))
    file.write_text(file.read_text(encoding="utf-8") + line, encoding="utf-8")

    with pytest.raises(TraceError) as caught:
        read_trace([file])

    assert said in str(caught.value)


def test_what_only_informs_may_be_missing(tmp_path):
    bare = row(tmp_path / "app.py")
    for name in ("count", "module", "function", "instead"):
        del bare[name]

    assert len(read_trace([report(tmp_path, bare)])) == 1


def test_what_was_done_with_a_text_is_gathered_from_all_reports(tmp_path):
    module = tmp_path / "app.py"
    read = {"read": "content", "went_to": ""}
    trace = read_trace(
        [
            report(tmp_path, row(module, treated=["decoded at b.py:3"], **read), name="one.jsonl"),
            report(tmp_path, row(module, treated=["cut at a.py:9"], **read), name="two.jsonl"),
        ]
    )

    assert trace.of(module, SOURCE)[0].treated == ("cut at a.py:9", "decoded at b.py:3")
    assert trace.untreated == ()


def test_a_text_that_was_only_read_is_told_with_its_file_as_it_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = row("app.py", read="content"), row("app.py", read="content", how="call", line=3)
    trace = read_trace([report(tmp_path, *rows)])
    assert trace.untreated == ()

    trace.of(Path("app.py"), SOURCE)

    assert trace.untreated == (("app.py", 1),)


@pytest.mark.parametrize("root", [0, 1])
def test_a_relative_path_is_of_any_of_the_roots(tmp_path, root):
    roots = [tmp_path / "project", tmp_path / "elsewhere"]
    trace = read_trace([report(tmp_path, row("sub/app.py"))], roots)

    assert trace.meet(str(roots[root] / "sub" / "app.py"), b"")
    with pytest.raises(TraceError, match="changed since"):
        trace.of(roots[root] / "sub" / "app.py", b"")
    assert not trace.meet(str(roots[root] / "app.py"), b"")


def test_calls_are_known_by_where_they_end(tmp_path):
    rows = row("a.py"), row("a.py", how="call", end_line=4, end_column=9)
    trace = read_trace([report(tmp_path, *rows)])

    assert call_ends(trace.of(Path("a.py"), SOURCE)) == {(4, 9)}


def test_a_report_that_is_not_there_is_named(tmp_path):
    with pytest.raises(TraceError, match=r"cannot read the trace .*nothing\.jsonl: No such file"):
        read_trace([tmp_path / "nothing.jsonl"])
