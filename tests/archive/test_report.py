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
    assert ["23", "formats", "content"] in [row.split() for row in rows]
    assert [path.name for path in tmp_path.iterdir()] == [tree.name]


def test_what_cannot_be_read_is_told(archive, tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b"{bad\n{worse\n" + lines(reply(content=A)))
    code, counts, _ = archive("report", "a.jsonl")
    assert (code, counts["rejects"], counts["images"]) == (1, 2, 1)
