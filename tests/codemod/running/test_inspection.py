"""One file, from its bytes to its report."""

import pytest

from imageshim.codemod.findings import Edit, Finding
from imageshim.codemod.project.settings import Settings
from imageshim.codemod.running import engine, inspection
from imageshim.codemod.running.inspection import How, inspect
from imageshim.codemod.running.reports import Sort
from imageshim.codemod.running.run import inspect_all

HOW = How(Settings())
OLD = b"import litellm\nurl = litellm.completion().choices[0].message.image['url']\n"


def test_columns_are_told_in_characters():
    report = inspect("a.py", OLD.replace(b"url =", "é = '😀'; url =".encode()), HOW)

    assert report.findings[0].finding.column == len("é = '😀'; url = ")


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_every_other_byte_stays(newline, start, end):
    old = start + OLD.strip().replace(b"\n", newline) + end
    report = inspect("a.py", old, HOW)

    assert report.old == old
    assert report.new == old.replace(b".image['url']", b".images[0]['image_url']['url']")


def test_a_second_look_finds_nothing_to_do():
    new = inspect("a.py", OLD, HOW).new
    assert new is not None

    again = inspect("a.py", new, HOW)

    assert (again.new, again.old) == (None, b"")


def test_edits_that_clash_are_made_one_after_the_other(monkeypatch):
    def check(source, settings, *, index=None, trace=()):
        del settings, index, trace
        found = []
        for number, old in enumerate((b"aa", b"ab")):
            start = source.data.find(old)
            if start >= 0:
                edit = Edit(start, start + 2, "b" * number)
                found.append(Finding(f"IMG00{number}", "m", 1, 0, 1, 1, "safe", (edit,)))
        return found

    monkeypatch.setattr(engine, "check", check)
    monkeypatch.setattr(inspection.edits, "verify", lambda *_: None)

    report = inspect("a.py", b"aab", HOW)

    assert report.new == b"b"
    assert [one.fixed for one in report.findings] == [True, False]


def test_edits_without_an_end_are_not_made(monkeypatch):
    def check(source, settings, *, index=None, trace=()):
        del settings, index, trace
        edit = Edit(0, 0, f"# {len(source.data)}\n")
        return [Finding("IMG001", "m", 1, 0, 1, 1, "safe", (edit,))]

    monkeypatch.setattr(engine, "check", check)
    monkeypatch.setattr(inspection.edits, "verify", lambda *_: None)

    report = inspect("a.py", b"x\n", HOW)

    assert report.new is None
    assert [one.what for one in report.problems] == [
        "left as it is: the edits do not come to an end"
    ]
    assert report.findings[0].sort is Sort.CLASHES


def test_an_edit_that_would_break_the_file_is_not_made(monkeypatch):
    edit = Edit(0, 1, "(")
    found = Finding("IMG001", "m", 1, 0, 1, 1, "safe", (edit,))
    monkeypatch.setattr(engine, "check", lambda *_, **__: [found])

    report = inspect("a.py", b"x = 1\n", HOW)

    assert report.new is None
    assert "left as it is: the edited file would not be Python" in report.problems[0].what


def test_a_mistake_of_ours_in_one_file_does_not_end_the_run(monkeypatch, tmp_path):
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_bytes(OLD)
    real = engine.check

    def check(source, settings, **more):
        if source.path.endswith("a.py"):
            raise ZeroDivisionError("no")
        return real(source, settings, **more)

    monkeypatch.setattr(engine, "check", check)

    first, second = inspect_all([str(tmp_path / "a.py"), str(tmp_path / "b.py")], HOW)

    assert first.problems[0].what == "internal error, please report it: ZeroDivisionError: no"
    assert second.new is not None


def test_code_that_is_nested_too_deeply_is_told():
    deep = b"import litellm\nx = " + b"-" * 50_000 + b"1\n"

    report = inspect("a.py", deep, HOW)

    assert "nested too deeply" in report.problems[0].what


def test_a_file_that_is_gone_is_told(tmp_path):
    (report,) = inspect_all([str(tmp_path / "gone.py")], HOW)

    assert "cannot be read: No such file" in report.problems[0].what


def test_a_file_in_another_encoding_than_it_says_is_told():
    report = inspect("a.py", b"import litellm\nx = '\xff'\n", HOW)

    assert (report.problems[0].line, report.new) == (2, None)


def test_per_file_ignores_are_relative_to_the_project(tmp_path):
    settings = Settings(per_file_ignores=(("tests/*", ("IMG001",)),))
    how = How(settings, root=tmp_path)

    assert inspect(str(tmp_path / "tests" / "a.py"), OLD, how).findings == ()
    assert inspect(str(tmp_path / "a.py"), OLD, how).findings
