"""Stored replies in bulk, against reading and writing each line with the standard library.

The archive is made on the fly and not kept; ``IMAGESHIM_BENCH_GB`` says how large (0.064; 5 takes
minutes). Times are processor time, of programs that are started too: what two processes cost beside
one does not depend on what else the machine does, and has a limit where the archive is large enough
for their start not to count. Only how much they gain, and Ray, is told by the clock.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from imageshim.archive.local import Local, cores
from imageshim.archive.record import Conversion
from imageshim.archive.running import Run
from imageshim.archive.sources import find_files
from imageshim.testing.strategies import write_message

from .bench_core import picture, reply
from .rows import Row

_MEGABYTES = int(float(os.environ.get("IMAGESHIM_BENCH_GB", "0.064")) * 1000)
_LARGE = 2000
_TURNS = 3 if _MEGABYTES < _LARGE else 1
_GAIN = 1.8
"""What two processes are to gain: so many times the records in the same time."""
_WORDS = "I can only talk, and at some length, as replies in logs do: " * 12


def run() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="imageshim-bench-") as name:
        images, texts = Path(name) / "images.jsonl", Path(name) / "texts.jsonl"
        pictures = [picture(size) for size in (1_000_000, 1_500_000, 2_000_000)]
        messages = [write_message(("Here:", one), "content") for one in pictures]
        _write(images, messages, _MEGABYTES)
        _write(texts, [{"role": "assistant", "content": _WORDS}], _MEGABYTES // 8)
        return [
            *_against_others(images, "images of 1 to 2 MB"),
            *_against_others(texts, "text alone"),
            *_workers(images),
            _memory(images),
            _table(images),
            *_ray(images),
            _show(Path(name)),
        ]


def _write(path: Path, messages: list[dict[str, object]], megabytes: int) -> None:
    records = [{"custom_id": "a", "response": {"body": reply(one)}} for one in messages]
    lines = [json.dumps(record).encode() + b"\n" for record in records]
    left = megabytes << 20
    with path.open("wb") as out:
        while left > 0:
            left -= out.write(b"".join(lines))


@contextmanager
def _output() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="imageshim-bench-") as name:
        yield Path(name) / "out"


def _convert(path: Path, workers: int) -> None:
    with _output() as out, Run(find_files([str(path)]).sources, Conversion(), out, {}) as run:
        run.run(Local(workers))


def _line_by_line(path: Path) -> None:
    with _output() as out, path.open("rb") as lines, out.open("wb") as new:
        for line in lines:
            new.write(json.dumps(json.loads(line)).encode() + b"\n")


def _command(*words: str | Path) -> None:
    with _output() as out, out.open("wb") as new:
        subprocess.run(words, stdout=new, check=True)


def _processor() -> float:
    return sum(os.times()[:4])


def _seconds(call: Callable[[], object], clock: Callable[[], float] = _processor) -> float:
    shortest = math.inf
    for _ in range(_TURNS):
        begin = clock()
        call()
        shortest = min(shortest, clock() - begin)
    return max(shortest, 0.01)  # what os.times() tells apart


def _against_others(path: Path, what: str) -> Iterator[Row]:
    ours = _seconds(lambda: _convert(path, 1))
    name = f"archive convert, {what} / "
    yield Row(name + "loads + dumps a line", ours / _seconds(lambda: _line_by_line(path)), math.inf)
    for words in (("cat",), ("jq", "-c", ".")):
        if shutil.which(words[0]):
            theirs = _seconds(lambda words=words: _command(*words, path))
            yield Row(name + " ".join(words), ours / theirs, math.inf)


def _workers(path: Path) -> Iterator[Row]:
    if cores() < 2:
        print("two processes: no row on one processor")
        return
    one, two = (_seconds(lambda n=n: _convert(path, n)) for n in (1, 2))
    limit = 2 / _GAIN if _MEGABYTES >= _LARGE else math.inf
    yield Row("archive convert: two processes / one, processor time", two / one, limit)
    one, two = (_seconds(lambda n=n: _convert(path, n), time.perf_counter) for n in (1, 2))
    yield Row("archive convert: two processes / one, by the clock", two / one, math.inf)


def _memory(path: Path) -> Row:
    program = (
        "import resource, sys; from imageshim.cli import main\n"
        "try: main()\n"
        "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    with _output() as out:
        words = ["archive", "convert", path, "--out", out, "--workers", "1"]
        ended = subprocess.run(
            [sys.executable, "-c", program, *words], capture_output=True, text=True, check=True
        )
    unit = 1 if sys.platform == "darwin" else 1024
    measured = int(ended.stderr.split()[-1]) * unit / 300e6
    return Row("archive convert: memory of a worker / 300 MB", measured, 1.0)


def _table(path: Path) -> Row:
    table = path.with_suffix(".parquet")
    schema = pa.schema({"id": pa.int64(), "reply": pa.large_string()})
    with path.open("rb") as lines, pq.ParquetWriter(table, schema, compression="zstd") as writer:
        for number, line in enumerate(lines):
            row = {"id": [number], "reply": [line.decode().rstrip()]}
            writer.write_table(pa.table(row, schema=schema))

    def copy() -> None:
        with (
            _output() as out,
            pq.ParquetFile(table) as old,
            pq.ParquetWriter(out, old.schema_arrow, compression="zstd") as writer,
        ):
            for batch in old.iter_batches(8):
                writer.write_batch(batch)

    measured = _seconds(lambda: _convert(table, 1)) / _seconds(copy)
    return Row("archive convert, Parquet / pyarrow reading and writing it", measured, math.inf)


_ON_RAY = """
import sys, time
from pathlib import Path
from imageshim.archive.local import Local
from imageshim.archive.on_ray import Ray
from imageshim.archive.record import Conversion
from imageshim.archive.running import Run
from imageshim.archive.sources import find_files

def seconds(engine, out):
    begin = time.perf_counter()
    with Run(find_files([sys.argv[1]]).sources, Conversion(), Path(out), {}) as run:
        run.run(engine)
    return time.perf_counter() - begin

cluster = Ray(workers=2)
cluster._start()
seconds(cluster, "warm")  # its workers start
print(seconds(cluster, "ray") / seconds(Local(2), "local"))
"""


def _ray(path: Path) -> Iterator[Row]:
    """Compare Ray with processes, in the environment of tests/live, its start not counted."""
    tests = str(Path(__file__).parents[1] / "tests")
    sys.path.insert(0, tests)
    try:
        from live.environments import FOLDER, ROOT, environment, ray  # noqa: PLC0415
    finally:
        sys.path.remove(tests)
    if not (FOLDER / ray().name / "made").exists():
        print("Ray: no row, since tests/live/test_ray.py has not made its environment")
        return
    with tempfile.TemporaryDirectory(prefix="imageshim-bench-") as home:
        ended = subprocess.run(
            [environment(ray()), "-c", _ON_RAY, path],
            cwd=home, env={"HOME": home, "PATH": os.defpath, "PYTHONPATH": str(ROOT / "src")},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    measured = float(ended.stdout.split()[-1])
    yield Row("archive convert: Ray / two processes, by the clock", measured, math.inf)


def _show(folder: Path) -> Row:
    path = folder / "many.jsonl"
    line = json.dumps(reply(write_message(("x", picture(300)), "images"))).encode() + b"\n"
    path.write_bytes(line * 20_000)
    program = (sys.executable, "-m", "imageshim")
    shown, detected = (
        _seconds(lambda word=word: _command(*program, word, path)) for word in ("show", "detect")
    )
    return Row("show of 20,000 replies / detect", shown / detected, 2.0)
