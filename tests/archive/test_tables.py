"""Parquet files: what changes in them, and what does not."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import captured
from imageshim import convert
from imageshim.archive import tables

from .conftest import A, B, lines, reply

REPLIES = [reply(content=f"é{i}{A}") for i in range(5)]
BODIES = [json.dumps(one) for one in REPLIES]


def table():
    """Replies as text, as bytes and as structs, between columns that are none."""
    fields = {
        "id": pa.array(range(5), pa.int32()),
        "text": pa.array([*BODIES[:4], None], pa.string()),
        "kind": pa.array(["a", "b", "a", "b", "{no"]).dictionary_encode(),
        "bytes": pa.array([*(one.encode() for one in BODIES[:3]), b"\xff{", None], pa.binary()),
        "nested": pa.array([{"body": one, "n": 1} for one in REPLIES]),
        "none": pa.array([None] * 5, pa.timestamp("ms", "UTC")),
    }
    schema = pa.schema(
        [pa.field(name, one.type, metadata={"of": name}) for name, one in fields.items()],
        metadata={"owner": "somebody"},
    )
    return pa.table(list(fields.values()), schema=schema)


@pytest.fixture
def stored(tmp_path):
    pq.write_table(table(), tmp_path / "in.parquet", compression="zstd", row_group_size=2)
    return tmp_path / "in.parquet"


def test_the_columns_that_hold_replies_are_converted_and_no_other(archive, stored, tmp_path):
    code, counts, err = archive("convert", "in.parquet", "--out", "out")
    assert (code, err) == (0, "")
    assert (counts["records"], counts["converted"]) == (5, 4 + 3 + 5)
    old, new = (pq.ParquetFile(path) for path in (stored, tmp_path / "out" / "in.parquet"))
    before, after = old.read(), new.read()
    assert after.schema.metadata[b"owner"] == b"somebody"
    assert after.column_names == before.column_names
    assert [f.metadata[b"of"] for f in after.schema] == [f.metadata[b"of"] for f in before.schema]
    for name in ("id", "kind", "none"):
        assert after.schema.field(name).equals(before.schema.field(name), check_metadata=True)
        assert after[name].equals(before[name])
    for name in ("text", "bytes"):
        assert after.schema.field(name).type == before.schema.field(name).type
    for read in (old, new):
        groups = [read.metadata.row_group(i) for i in range(read.num_row_groups)]
        assert [group.num_rows for group in groups] == [2, 2, 1]
        assert {group.column(0).compression for group in groups} == {"ZSTD"}
    wanted = [json.dumps(convert(one, "images")) for one in REPLIES]
    assert after["text"].to_pylist() == [*wanted[:4], None]
    assert after["bytes"].to_pylist() == [*(one.encode() for one in wanted[:3]), b"\xff{", None]
    bodies = [row["body"]["choices"][0]["message"] for row in after["nested"].to_pylist()]
    assert [one["images"][0]["image_url"]["url"] for one in bodies] == [A] * 5


@pytest.mark.parametrize("to", ["images", "image", "parts"])
def test_there_and_back_gives_every_value(archive, stored, tmp_path, to):
    archive("convert", "in.parquet", "--out", "there", "--to", to)
    assert archive("convert", "there", "--out", "back", "--to", "content")[0] == 0
    before, after = pq.read_table(stored), pq.read_table(tmp_path / "back" / "in.parquet")
    for name in ("id", "text", "kind", "bytes", "none"):
        assert after[name].equals(before[name])
    pruned = [tables._plain(row) for row in after["nested"].to_pylist()]
    assert pruned == before["nested"].to_pylist()


REPLY = pa.infer_type(REPLIES[:1])
BESIDE = {
    "nanoseconds": (pa.timestamp("ns", "UTC"), 1756400000123456789),
    "times": (pa.time64("ns"), 123456789),
    "bytes of one size": (pa.binary(4), b"\xff\xfe\x00\x01"),
    "bytes": (pa.binary(), b"\xff\xfe"),
    "maps": (pa.map_(pa.string(), pa.int32()), [("a", 1)]),
    "text in a dictionary": (pa.dictionary(pa.int8(), pa.string()), "x" * 99),
}


@pytest.mark.parametrize("beside", BESIDE)
@pytest.mark.parametrize("wrapped", [False, True])
def test_what_stands_beside_a_reply_in_a_struct_is_not_touched(archive, tmp_path, beside, wrapped):
    kind, value = BESIDE[beside]
    rows = [{"other": value, "body": REPLIES[0]}, None, {"other": None, "body": REPLIES[1]}]
    column = pa.array(rows, pa.struct([("other", kind), ("body", REPLY)]))
    if wrapped:
        column = pa.LargeListArray.from_arrays([0, 2, 2, 3], column)
    pq.write_table(pa.table({"c": column}), tmp_path / "in.parquet")
    code, counts, _ = archive("convert", "in.parquet", "--out", "out")
    assert (code, counts["converted"]) == (0, 2)
    after = pq.read_table(tmp_path / "out" / "in.parquet")["c"].combine_chunks()
    assert pa.types.is_large_list(after.type) == wrapped
    inner = after.flatten() if wrapped else after
    before = pq.read_table(tmp_path / "in.parquet")["c"].combine_chunks()
    was = before.flatten() if wrapped else before
    assert inner.field("other").equals(was.field("other"))
    assert inner.is_null().equals(was.is_null())
    archive("extract", "in.parquet", "--out", "small")
    archive("inline", "small", "--out", "again")
    assert pq.read_table(tmp_path / "again" / "in.parquet")["c"].combine_chunks().equals(before)


def some(kind):
    return pa.array([BODIES[0], None, BODIES[1]]).cast(kind)


MORE = {
    "a dictionary": some(pa.string()).dictionary_encode(),
    "a dictionary of bytes": some(pa.binary()).dictionary_encode(),
    "large text": some(pa.large_string()),
    "large bytes": some(pa.large_binary()),
    "lists": pa.array([[BODIES[0], "x"], None, [], [BODIES[1]]]),
    # Without None: pyarrow 25, the last for Python 3.10, cannot read the file that it writes then.
    "lists of one size": pa.array([[BODIES[0]], [BODIES[1]]], pa.list_(pa.string(), 1)),
    "maps": pa.array(
        [[("a", BODIES[0]), ("b", None)], None, [], [("c", BODIES[1])]],
        pa.map_(pa.string(), pa.string()),
    ),
    "structs": pa.array([{"a": BODIES[0]}, None, {"a": BODIES[1]}]),
    "lists of structs": pa.array([[REPLIES[0]], None, [], [REPLIES[1], None]], pa.list_(REPLY)),
    "an extension": pa.ExtensionArray.from_storage(pa.opaque(pa.string(), "t", "v"), some("string"))
    if hasattr(pa, "opaque")
    else some(pa.string()),
}


@pytest.mark.parametrize("how", MORE)
def test_replies_are_found_in_every_type_that_can_hold_them(archive, tmp_path, how):
    pq.write_table(pa.table({"c": MORE[how]}), tmp_path / "in.parquet")
    code, counts, _ = archive("convert", "in.parquet", "--out", "there")
    assert (code, counts["converted"]) == (0, 2)
    there = pq.read_table(tmp_path / "there" / "in.parquet")
    if how != "lists of structs":
        assert there.schema.field("c").type == pq.read_table(tmp_path / "in.parquet")["c"].type
    assert A in str(there.to_pylist())
    assert archive("convert", "there", "--out", "back", "--to", "content")[0] == 0
    before = pq.read_table(tmp_path / "in.parquet")["c"].to_pylist()
    after = pq.read_table(tmp_path / "back" / "in.parquet")["c"].to_pylist()
    assert tables._plain(after) == tables._plain(before)


def test_a_map_of_structs_cannot_get_fields_and_says_so(archive, tmp_path):
    kind = pa.map_(pa.string(), REPLY)
    pq.write_table(
        pa.table({"c": pa.array([[("a", REPLIES[0])], [], None], kind)}), tmp_path / "in.parquet"
    )
    code, counts, _ = archive("convert", "in.parquet", "--out", "out")
    assert (code, counts["converted"], counts["rejects"]) == (1, 0, 1)
    assert pq.read_table(tmp_path / "out" / "in.parquet") == pq.read_table(tmp_path / "in.parquet")


def test_a_column_or_a_place_is_told(archive, stored, tmp_path):
    before = pq.read_table(stored)
    for words, changed in ((("--column", "bytes"), "bytes"), (("--at", "nested.body"), "nested")):
        code, *_ = archive("convert", "in.parquet", "--out", changed, *words)
        after = pq.read_table(tmp_path / changed / "in.parquet")
        assert code == 0
        assert [n for n in before.column_names if not after[n].equals(before[n])] == [changed]


def test_captures_of_each_era_are_converted_in_a_struct_or_listed(archive, tmp_path):
    for version in captured.VERSIONS[::3]:
        found = list(captured.replies(version).values())
        for place, one in enumerate(found):
            body = pa.array([{"body": one}])
            pq.write_table(pa.table({"r": body}), tmp_path / f"{version}-{place}.parquet")
    code, counts, _ = archive("convert", ".", "--out", "out")
    listed = tmp_path / "out" / "rejects.jsonl"
    rejects = listed.read_text("utf-8").splitlines() if listed.exists() else []
    assert counts["rejects"] == len(rejects)
    assert code == (1 if rejects else 0)
    assert counts["records"] == counts["files"]
    assert counts["converted"] > 5 * counts["rejects"]


def test_what_a_struct_cannot_hold_is_listed_and_stays(archive, stored, tmp_path):
    code, counts, _ = archive("convert", "in.parquet", "--out", "out", "--to", "parts",
                              "--column", "nested")  # fmt: skip
    assert (code, counts["rejects"]) == (1, 5)
    after = pq.read_table(tmp_path / "out" / "in.parquet")
    assert after.equals(pq.read_table(stored))
    (first, *_) = (tmp_path / "out" / "rejects.jsonl").read_text("utf-8").splitlines()
    assert "a struct cannot hold" in json.loads(first)["reason"]


@pytest.mark.parametrize("end", [0, 10, -200, -5])
def test_a_damaged_file_does_not_stop_the_others(archive, stored, tmp_path, end):
    stored.write_bytes(stored.read_bytes()[:end])
    (tmp_path / "b.jsonl").write_bytes(lines(REPLIES[0]))
    code, counts, err = archive("convert", ".", "--out", "out")
    assert (code, counts["converted"]) == (1, 1)
    assert "in.parquet: not a Parquet file that can be read" in err


def test_row_groups_above_the_limit_become_several(archive, stored, tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "GROUP", 200)
    pq.write_table(table(), stored)
    archive("convert", "in.parquet", "--out", "out")
    assert pq.ParquetFile(tmp_path / "out" / "in.parquet").num_row_groups > 1
    assert pq.read_table(tmp_path / "out" / "in.parquet").num_rows == 5


@pytest.mark.usefixtures("stored")
def test_detect_and_show_read_tables(run_command):
    rows = run_command("detect", "in.parquet")
    assert rows[0] == "in.parquet:1:text\tcontent\t1"
    assert len(rows) == 12
    assert len(run_command("show", "in.parquet")) == 12


def test_urls_are_read(archive, run_command, stored, tmp_path):
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe("/bucket/deep/a.jsonl", lines(REPLIES[0], reply(content=B)))
    memory.pipe("/bucket/b.parquet", stored.read_bytes())
    memory.pipe("/bucket/notes.txt", b"x")
    code, counts, err = archive("convert", "memory://bucket", stored.as_uri(), "--out", "out")
    assert (code, counts["files"]) == (0, 3)
    assert "1 files without records were left out: 1 .txt" in err
    out = {p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.*")}
    assert {"bucket/deep/a.jsonl", "bucket/b.parquet", "in.parquet"} <= out
    assert len(run_command("detect", "memory://bucket/**/*.jsonl")) == 2


@pytest.mark.usefixtures("stored")
def test_a_fault_of_ours_does_not_stop_the_other_files(archive, tmp_path, monkeypatch):
    def broken(*_):
        raise TypeError("broken")

    monkeypatch.setattr(tables, "_remade", broken)
    (tmp_path / "other.jsonl").write_bytes(lines(REPLIES[0]))
    code, counts, err = archive("convert", "in.parquet", "other.jsonl", "--out", "out")
    assert (code, counts["converted"]) == (1, 1)
    assert err.startswith("in.parquet: please report this: TypeError: broken\n")
    assert not (tmp_path / "out" / "in.parquet").exists()
