"""What docs/archive.md shows runs, and gives what it says."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import imageshim.archive
from imageshim import convert
from imageshim.archive import convert_batch, convert_records

from .conftest import A, contents, lines, reply

PAGE = (Path(__file__).parents[2] / "docs" / "archive.md").read_text("utf-8")
FENCES = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
CONSOLE, PYTHON = (
    [code for language, code in FENCES if language == wanted] for wanted in ("console", "python")
)
INLINE = re.findall(r"`([^`]+)`", PAGE.rpartition("\n```\n")[2])
REPLIES = [reply(content=f"{i}{A}") for i in range(3)]
WANTED = [convert(one, "images") for one in REPLIES]


def inline(head):
    (found,) = [code.replace("\n", " ") for code in INLINE if code.startswith(head)]
    return found


def commands():
    return [line for code in CONSOLE for line in code.splitlines() if "--engine ray" not in line]


def test_every_command_runs_one_after_another(archive, tree, tmp_path):
    tree.rename(tmp_path / "logs")
    pq.write_table(pa.table({"r": [json.dumps(REPLIES[0])]}), tmp_path / "logs" / "t.parquet")
    for line in commands():
        program, group, *words = shlex.split(line)
        assert (program, group) == ("imageshim", "archive")
        code, _, err = archive(*words)
        assert code == 0, (line, err)
    before, after = contents(tmp_path / "logs"), contents(tmp_path / "logs.again")
    assert {name: after[name] for name in before if not name.endswith(".parquet")} == {
        name: data for name, data in before.items() if not name.endswith(".parquet")
    }
    assert contents(tmp_path / "converted").keys() == before.keys()
    assert (tmp_path / "logs.html").exists()


def test_the_page_has_a_command_for_ray_too():
    assert sum("--engine ray --ray-address" in code for code in CONSOLE) == 1


@pytest.mark.parametrize("code", PYTHON)
def test_the_program_runs(code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.jsonl").write_bytes(lines(*REPLIES))
    exec(compile(code, "snippet", "exec"), {})  # noqa: S102  # our own page
    assert (tmp_path / "new.jsonl").read_bytes() == lines(*WANTED)


class Dataset:
    """Calls as `ray.data.Dataset.map_batches` does; tests/live has the real one."""

    def __init__(self, table):
        self.table = table

    def map_batches(self, function, *, batch_format, fn_kwargs):
        assert batch_format == "pyarrow"
        return function(self.table, **fn_kwargs)


class Frame:
    """Calls as Spark's `mapInArrow` does."""

    def __init__(self, table):
        self.table = table
        self.schema = table.schema

    def mapInArrow(self, function, schema):  # noqa: N802  # Spark's name
        return pa.Table.from_batches(list(function(iter(self.table.to_batches()))), schema)


def test_each_pipeline_of_the_page_runs():
    known = {
        "imageshim": imageshim, "convert_batch": convert_batch, "convert_records": convert_records,
    }  # fmt: skip
    table = pa.table({"reply": [json.dumps(one) for one in REPLIES]})

    def run(head, **names):
        return eval(inline(head), {**known, **names})  # noqa: S307  # our own page

    def replies(texts):
        return [json.loads(text) for text in texts]

    got = run("dataset.map_batches", dataset=Dataset(table))
    assert replies(got["reply"].to_pylist()) == WANTED
    got = run("frame.mapInArrow", frame=Frame(table))
    assert replies(got["reply"].to_pylist()) == WANTED
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"reply": table["reply"].to_pylist()})
    got = run("convert_batch(pyarrow", frame=frame, pyarrow=pa)
    assert replies(got["reply"]) == WANTED
    exec(inline("frame["), {**known, "frame": frame})  # noqa: S102
    assert replies(frame["reply"]) == WANTED
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"reply": table["reply"].to_pylist()})
    assert replies(run("polars.from_arrow", frame=frame, polars=polars)["reply"]) == WANTED
