"""`imageshim archive report`."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

from imageshim.testing.pictures import jpeg, png

from .conftest import A, B, lines, reply
from .test_tables import table


@pytest.fixture
def report(run_command):
    return lambda *words: json.loads(run_command("archive", "report", *words, "--json")[0])


def test_everything_is_counted(report, tmp_path):
    cut = png(filling=90).url[:-40]
    images = [{"image_url": {"url": url}} for url in (A, cut, "https://x.example/a.png")]
    records = [
        reply(content=A),
        {"v": "1.80.0", "r": reply(content="x", images=images)},
        reply(content="hello"),
        reply(content="x", reasoning_content=B),
        {"no": "reply"},
    ]
    (tmp_path / "a.jsonl").write_bytes(lines(*records))
    said = report("a.jsonl", "--source-from", "v")
    png_bytes = len(png(width=3).data)
    assert (said["files"], said["records"], said["replies"]) == (1, 5, 4)
    assert (said["records_without_a_reply"], said["rejects"]) == (1, 0)
    assert said["formats"] == {"content": 1, "images": 1, "none": 1, "reasoning": 1}
    assert said["versions"] == {"1.80.0": 1, "none": 3}
    assert said["media_types"] == {"image/jpeg": 1, "image/png": 3, "remote": 1}
    assert (said["images"], said["remote"], said["drafts"], said["damaged"]) == (5, 1, 1, 1)
    assert (said["duplicates"], said["duplicate_bytes"]) == (1, png_bytes)
    assert said["bytes"] >= 2 * png_bytes + len(jpeg().data)


def test_tables_streams_and_folders_are_looked_at(report, tree):
    pq.write_table(table(), tree / "in.parquet")
    said = report("in")
    assert (said["files"], said["replies"]) == (9, 23 + 12)
    assert (said["images"], said["duplicates"]) == (23 + 12, 23 + 12 - 1)


def test_it_is_a_table_for_people_and_leaves_nothing(run_command, tree, tmp_path):
    rows = run_command("archive", "report", "in")
    assert [row.split() for row in rows[:3]] == [
        ["8", "files"], ["20", "records"], ["23", "replies"],
    ]  # fmt: skip
    assert ["23", "format", "content"] in [row.split() for row in rows]
    assert [path.name for path in tmp_path.iterdir()] == [tree.name]


def test_what_cannot_be_read_is_told(archive, tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b"{bad\n{worse\n" + lines(reply(content=A)))
    code, counts, err = archive("report", "a.jsonl")
    assert (code, counts["rejects"], counts["images"]) == (1, 2, 1)
    assert [line.partition(": ")[0] for line in err.splitlines()] == ["a.jsonl:1", "a.jsonl:2"]


def test_of_many_that_cannot_be_read_the_first_are_told(archive, tmp_path):
    (tmp_path / "a.jsonl").write_bytes(lines(reply(content=A)) + b"{bad\n" * 30)
    _, counts, err = archive("report", "a.jsonl")
    assert counts["rejects"] == 30
    assert len(err.splitlines()) == 11
    assert err.endswith("and 20 more\n")


# The page


def test_the_page_shows_every_reply_below_what_was_counted(archive, tree, tmp_path):
    pq.write_table(table(), tree / "in.parquet")
    code, counts, err = archive("report", "in", "--html", "out/page.html")
    page = (tmp_path / "out" / "page.html").read_text("utf-8")
    assert (code, err) == (0, "")
    assert counts["page"] == counts["replies"]
    assert page.count("<article ") == page.count("<img decoding") == counts["replies"] == 35
    assert "<h1>Replies of in</h1>" in page
    for said in ("<dt>format content</dt><dd><bdi>", "<dt>duplicates</dt><dd><bdi>34</bdi>"):
        assert said in page
    for place in ("deep/batch.jsonl:4", "document.json:[3].r", "stream.sse", "in.parquet:2:"):
        assert place in page


def test_the_page_looks_where_it_is_told_to_and_takes_the_version_of_a_record(archive, tmp_path):
    record = {"v": "1.80.0", "a": reply(content=A), "b": reply(content=B)}
    records = [record, {**record, "v": "1.75.9"}]  # to the first, what is in its content is text
    (tmp_path / "a.jsonl").write_bytes(lines({"no": "reply"}, *records))
    words = ("--at", "a", "--source-from", "v", "--html", "page.html")
    assert archive("report", "a.jsonl", *words)[0] == 0
    page = (tmp_path / "page.html").read_text("utf-8")
    assert (page.count("<article "), page.count("<img decoding")) == (2, 1)
    assert "a.jsonl:2" in page


def test_what_is_on_no_page_is_told_by_its_place(archive, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_bytes(lines(reply(content=A)) + b"{bad\n[1]\n")
    (tmp_path / "in" / "b.parquet").write_bytes(b"no table")
    code, counts, err = archive("report", "in", "--html", "page.html")
    assert (code, counts["rejects"], counts["records without a reply"]) == (1, 1, 1)
    said = [line.partition(": ")[0] for line in err.splitlines()]
    assert said == ["in/a.jsonl:2", "in/b.parquet"]
    assert (tmp_path / "page.html").read_text("utf-8").count("<article ") == 1
