"""Compressed files, and what is read as which kind."""

from __future__ import annotations

import gzip
import json
import os

import pytest
import zstandard

from imageshim import convert

from .conftest import A, contents, lines, reply

ONE = reply(content=f"a{A}")
MANY = lines(*[ONE] * 50)


def packed(name, data):
    if name.endswith(".gz"):
        return gzip.compress(data)
    return zstandard.compress(data) if name.endswith(".zst") else data


def unpacked(name, data):
    if name.endswith(".gz"):
        return gzip.decompress(data)
    if name.endswith(".zst"):
        return zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True).read()
    return data


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.JSONL.ZST", "a.json.zst", "a.ndjson"])
def test_compressed_stays_compressed_and_comes_back(archive, tmp_path, name):
    name = name.lower() if name.endswith("ZST") else name
    (tmp_path / name).write_bytes(packed(name, MANY))
    code, counts, _ = archive("convert", ".", "--out", "out")
    assert (code, counts["converted"]) == (0, 50)
    new = unpacked(name, (tmp_path / "out" / name).read_bytes())
    assert [json.loads(line) for line in new.splitlines()] == [convert(ONE, "images")] * 50
    archive("convert", "out", "--out", "back", "--to", "content")
    assert unpacked(name, (tmp_path / "back" / name).read_bytes()) == MANY


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (gzip.compress(MANY), "gzip, whose name ends in .gz"),
        (zstandard.compress(MANY), "zstd, whose name ends in .zst"),
        (b"PAR1\x15\x04PAR1", "Parquet, whose name ends in .parquet"),
        (b"PK\x03\x04\x14\0", "a zip archive, which has to be unpacked"),
    ],
)
@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.sse"])
def test_a_name_that_does_not_say_what_a_file_is_is_told(archive, tmp_path, data, said, name):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(data)
    (tmp_path / "in" / "other.jsonl").write_bytes(MANY)
    code, counts, err = archive("convert", "in", "--out", "out")
    assert (code, counts["converted"]) == (1, 50)
    assert f"in/{name}: it is {said}" in err
    assert contents(tmp_path / "out").keys() == {"other.jsonl", "rejects.jsonl"}


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
def test_several_frames_are_one_file(archive, tmp_path, name):
    (tmp_path / name).write_bytes(packed(name, MANY) * 3)
    code, counts, _ = archive("convert", name, "--out", "out")
    assert (code, counts["converted"]) == (0, 150)


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
@pytest.mark.parametrize("damage", ["cut", "noise"])
def test_a_damaged_file_is_read_as_far_as_it_goes(archive, tmp_path, name, damage):
    many = lines(*(reply(content=f"{os.urandom(9000).hex()}{A}") for _ in range(100)))
    data = packed(name, many)
    half = data[: len(data) // 2]
    data = half if damage == "cut" else half + b"\0" * 100 + data[len(half) + 100 :]
    (tmp_path / name).write_bytes(data)
    (tmp_path / "b.jsonl").write_bytes(lines(ONE))
    code, counts, _ = archive("convert", ".", "--out", "out")
    assert code == 1
    assert counts["converted"] >= 1
    rejects = (tmp_path / "out" / "rejects.jsonl").read_text("utf-8").splitlines()
    reasons = [json.loads(line)["reason"] for line in rejects]
    assert any("breaks off, or is damaged" in reason for reason in reasons), reasons
    out = unpacked(name, (tmp_path / "out" / name).read_bytes())
    assert out.count(b"\n") >= counts["converted"] - 1  # the noise is passed on, too


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.json.zst"])
@pytest.mark.parametrize("damage", ["another kind", "its first bytes", "its name alone"])
def test_a_file_of_which_nothing_can_be_read_has_no_output(archive, tmp_path, name, damage):
    data = {
        "another kind": b"nothing of the kind\n",
        "its first bytes": packed(name, MANY)[:5],
        "its name alone": MANY,
    }
    (tmp_path / name).write_bytes(data[damage])
    (tmp_path / "b.jsonl").write_bytes(lines(ONE))
    code, counts, err = archive("convert", ".", "--out", "out")
    assert (code, counts["converted"], counts["rejects"]) == (1, 1, 0)
    assert err.startswith(f"{name}: the file breaks off, or is damaged, or not packed: ")
    assert "; nothing of it can be read\n" in err
    assert contents(tmp_path / "out").keys() == {"b.jsonl", "rejects.jsonl"}
    (tmp_path / name).write_bytes(packed(name, MANY))  # it was loaded down again
    code, counts, err = archive("convert", ".", "--out", "out")
    assert (code, err) == (0, "")
    assert contents(tmp_path / "out").keys() == {"b.jsonl", name}


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
@pytest.mark.parametrize("behind", [b"# a log's last words", b"\x1f\x8b\x08", b"(\xb5/\xfd"])
def test_what_stands_behind_the_data_is_told_and_every_record_is_done(
    archive, tmp_path, name, behind
):
    (tmp_path / name).write_bytes(packed(name, MANY) + behind)
    code, counts, err = archive("convert", ".", "--out", "out")
    assert (code, counts["converted"], counts["rejects"]) == (1, 50, 1)
    assert err.startswith(f"{name}: the file breaks off, or is damaged, or not packed: ")
    assert "nothing of it" not in err
    assert unpacked(name, (tmp_path / "out" / name).read_bytes()).count(b"\n") == 50


def test_show_and_detect_read_compressed_files(run_command, tmp_path):
    for name in ("a.jsonl.gz", "b.jsonl.zst"):
        (tmp_path / name).write_bytes(packed(name, lines(ONE, ONE)))
    assert run_command("detect", ".") == [
        f"{name}:{line}\tcontent\t1" for name in ("a.jsonl.gz", "b.jsonl.zst") for line in (1, 2)
    ]
    assert len(run_command("show", "a.jsonl.gz", "b.jsonl.zst")) == 4


@pytest.mark.parametrize("body", [b'{"a": 1, "a": ', b'{"x": "\\"}]", "y\\\\": [{}, []], "r": '])
def test_the_place_of_a_reply_is_found_among_anything(archive, tmp_path, body):
    line = body + json.dumps(ONE).encode() + b', "z": [1, -2.50e+3, true, null]}\n'
    (tmp_path / "in.jsonl").write_bytes(line)
    assert archive("convert", "in.jsonl", "--out", "there")[1]["converted"] == 1
    there = (tmp_path / "there" / "in.jsonl").read_bytes()
    assert there.startswith(body)
    assert there.endswith(b', "z": [1, -2.50e+3, true, null]}\n')
    archive("convert", "there", "--out", "back", "--to", "content")
    assert (tmp_path / "back" / "in.jsonl").read_bytes() == line
