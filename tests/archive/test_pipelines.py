"""The conversion in pipelines of one's own: records, and tables."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from imageshim import ImageShimError, MalformedReplyError, ReplyUnchangedWarning, convert
from imageshim.archive import convert_batch, convert_records

from .conftest import COMPACT, A, B, lines, reply
from .test_tables import BODIES, REPLIES, table

ONE = {"custom_id": 1, "response": {"body": reply(content=f"a{A}")}}
WANTED = {"custom_id": 1, "response": {"body": convert(reply(content=f"a{A}"), "images")}}


@pytest.mark.parametrize("how", [{}, COMPACT])
def test_records_come_back_in_the_type_and_style_that_they_came_in(how):
    body = lines(ONE, **how)
    given = [body, body.decode(), ONE, b"[1]", {"x": 1}]
    got = list(convert_records(given))
    assert got[:3] == [lines(WANTED, **how), lines(WANTED, **how).decode(), WANTED]
    assert got[3] is given[3]
    assert got[4] is given[4]
    assert list(convert_records(got[:3], to="content")) == given[:3]
    assert ONE["response"]["body"]["choices"][0]["message"]["content"] == f"a{A}"


def test_records_are_converted_as_they_come():
    def endless():
        while True:
            yield ONE

    assert next(convert_records(endless())) == WANTED


def test_the_options_are_those_of_the_command():
    record = {"v": "1.80.0", "a": reply(content=A), "b": json.dumps(reply(content=B))}
    (got,) = convert_records([record], at=["b"])
    assert got["a"] is record["a"]
    assert json.loads(got["b"])["choices"][0]["message"]["images"]
    (got,) = convert_records([record], column=["a"])
    assert got["b"] is record["b"]
    assert got["a"] != record["a"]
    assert next(convert_records([record], source_from="v")) is record
    assert next(convert_records([record], source="images")) is record


def test_what_cannot_be_converted_comes_unchanged_and_warns_or_is_raised():
    with pytest.warns(ReplyUnchangedWarning, match="a record stays as it is: not JSON") as caught:
        got = list(convert_records([b"{bad", ONE]))
    assert got == [b"{bad", WANTED]
    assert caught[0].filename == __file__
    with pytest.raises(MalformedReplyError):
        list(convert_records([b"{bad"], strict=True))
    with pytest.raises(ImageShimError, match="a record is bytes, str or a dict, not int"):
        list(convert_records([3], strict=True))


@pytest.mark.parametrize("made", [table(), table().combine_chunks().to_batches()[0]])
def test_a_table_is_converted(made):
    got = convert_batch(made, to="images")
    assert type(got) is type(made)
    wanted = [json.dumps(convert(one, "images")) for one in REPLIES]
    assert got.column("text").to_pylist() == [*wanted[:4], None]
    assert got.column("nested").to_pylist()[0]["body"]["choices"][0]["message"]["images"]
    assert got.column("id").equals(made.column("id"))
    assert got.schema.metadata == made.schema.metadata
    back = convert_batch(got, to="content")
    assert back.column("text").to_pylist() == [*BODIES[:4], None]


def test_rows_that_a_table_cannot_hold_stay_and_warn():
    made = pa.table({"r": pa.array(REPLIES), "t": ["x"] * len(REPLIES)})
    with pytest.warns(ReplyUnchangedWarning, match="a struct cannot hold"):
        assert convert_batch(made, to="parts").equals(made)
    broken = pa.table({"v": ["new"], "r": BODIES[:1]})
    with pytest.warns(ReplyUnchangedWarning, match="'new' is neither a format"):
        assert convert_batch(broken, source_from="v").equals(broken)


def test_pandas_and_polars_go_through_arrow():
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    wanted = [json.dumps(convert(one, "images")) for one in REPLIES]
    frame = pandas.DataFrame({"id": range(5), "reply": BODIES})
    got = convert_batch(pa.Table.from_pandas(frame)).to_pandas()
    assert got["reply"].tolist() == wanted
    frame = polars.DataFrame({"id": range(5), "reply": BODIES})
    assert polars.from_arrow(convert_batch(frame.to_arrow()))["reply"].to_list() == wanted


def test_spark_gives_batches():
    def in_arrow(batches):
        return map(convert_batch, batches)

    (got,) = in_arrow(iter(pa.table({"reply": BODIES}).to_batches()))
    assert json.loads(got.column("reply")[0].as_py()) == convert(REPLIES[0], "images")
