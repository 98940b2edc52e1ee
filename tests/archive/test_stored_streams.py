"""Event streams that stand in a record as they came, in a string."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from imageshim import collect, detect, read
from imageshim.archive import convert_records
from imageshim.streaming import SSEConverter

from .conftest import A, lines, reply


def stream(*contents, end="\n", head=""):
    deltas = [{"index": 0, "delta": {"role": "assistant", "content": one}} for one in contents]
    frames = [json.dumps({"choices": [one]}) for one in deltas]
    return head + "".join(f"data: {one}{end}{end}" for one in [*frames, "[DONE]"])


def chunks(text):
    data = [line[5:].strip() for line in text.splitlines() if line.startswith("data:")]
    return [json.loads(one) for one in data if one != "[DONE]"]


STREAM = stream("é ", A[:30], A[30:])


@pytest.mark.parametrize(
    "text",
    [
        STREAM,
        stream("x", A, end="\r\n"),
        stream(A, head=": OPENROUTER PROCESSING\n\n"),
        stream(A, head="event: message\nid: 7\n"),
        stream(A, head="\ufeff"),
        "\n" + stream(A).replace("data: ", "data:"),
    ],
)
def test_a_stream_in_a_string_is_converted_as_one_in_a_file_is(text):
    record = {"id": 1, "output": text, "cost": 1e-05}
    (new,) = convert_records([record])
    converter = SSEConverter("images")
    assert new == {
        **record, "output": (converter.feed(text.encode()) + converter.finish()).decode(),
    }  # fmt: skip
    assert detect(collect(chunks(new["output"].removeprefix("\ufeff")))) == "images"


def test_it_is_found_by_all_commands_and_counted_as_a_reply(archive, run_command, tmp_path):
    records = [{"log": STREAM}, {"log": {"raw": [stream("hello")]}}, {"log": "data: no stream"}]
    (tmp_path / "a.jsonl").write_bytes(lines(*records))
    code, counts, _ = archive("convert", "a.jsonl", "--out", "out")
    assert (code, counts["replies"], counts["converted"], counts["without images"]) == (0, 2, 1, 1)
    assert counts["records without a reply"] == 1
    _, counts, _ = archive("convert", "out/a.jsonl", "--out", "again")
    assert (counts["converted"], counts["in the format already"]) == (0, 1)
    _, counts, _ = archive("report", "a.jsonl")
    assert (counts["format content"], counts["format none"], counts["images"]) == (1, 1, 1)
    assert run_command("detect", "out/a.jsonl")[0] == "out/a.jsonl:1\timages\t1"
    assert [row.split("\t")[3] for row in run_command("show", "out/a.jsonl")] == [
        "images", "no image", "no image",
    ]  # fmt: skip


def test_all_else_of_the_record_stays_byte_for_byte():
    record = b'{ "n":1.50,  "s": %s, "t":"\\u00e9" }\n' % json.dumps(STREAM).encode()
    (new,) = convert_records([record])
    before, after = (body.partition(b'"s": ') for body in (record, new))
    assert new != record
    assert (before[0], before[2][-20:]) == (after[0], after[2][-20:])
    assert list(convert_records([new])) == [new]


def test_it_may_lie_in_json_in_a_string_and_where_it_is_said_to():
    nested = {"a": json.dumps({"b": json.dumps({"c": STREAM})}), "other": STREAM}
    (new,) = convert_records([nested], at=["other"])
    assert new["a"] == nested["a"]
    assert new["other"] != STREAM
    (new,) = convert_records([nested])
    inside = json.loads(json.loads(new["a"])["b"])["c"]
    assert inside == new["other"] != STREAM


def test_a_column_of_streams_is_converted(archive, tmp_path):
    table = pa.table({"n": [1, 2, 3], "log": [STREAM, None, "data: x"]})
    pq.write_table(table, tmp_path / "a.parquet")
    code, counts, _ = archive("convert", "a.parquet", "--out", "out")
    assert (code, counts["converted"]) == (0, 1)
    new = pq.read_table(tmp_path / "out" / "a.parquet").to_pydict()
    (expected,) = convert_records([{"log": STREAM}])
    assert new == {"n": [1, 2, 3], "log": [expected["log"], None, "data: x"]}


def test_one_that_breaks_off_is_refused_with_the_place(archive, tmp_path):
    (tmp_path / "a.jsonl").write_bytes(lines({"log": STREAM}, {"log": STREAM[:-60]}))
    code, counts, _ = archive("convert", "a.jsonl", "--out", "out")
    assert (code, counts["replies"], counts["rejects"]) == (1, 2, 1)
    (reject,) = map(json.loads, (tmp_path / "out" / "rejects.jsonl").read_bytes().splitlines())
    assert reject["line"] == 2
    assert "breaks off inside an event" in reject["reason"]


def test_images_of_it_become_files_and_come_back(archive, tmp_path):
    data = lines({"log": stream("x", A)}, reply(content=A))
    (tmp_path / "a.jsonl").write_bytes(data)
    _, counts, _ = archive("extract", "a.jsonl", "--out", "small")
    assert (counts["images"], counts["extracted"]) == (2, 2)
    assert b"base64" not in (tmp_path / "small" / "a.jsonl").read_bytes()
    archive("inline", "small", "--out", "again")
    assert (tmp_path / "again" / "a.jsonl").read_bytes() == data


def test_a_data_uri_alone_is_no_stream():
    record = {"url": A, "text": ": choices", "more": f"data: {A} choices assistant"}
    assert list(convert_records([record])) == [record]
    assert read(reply(content="x")).images == ()
