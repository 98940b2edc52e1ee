"""Runs that end before their time: the same command goes on, and nothing is other than without."""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

from deadly import Deadly, Slow
from imageshim.archive import local
from imageshim.archive.journal import JournalError
from imageshim.archive.local import Local
from imageshim.archive.outputs import Here
from imageshim.archive.record import Conversion
from imageshim.archive.running import Run
from imageshim.archive.sources import find_files

from .conftest import COMPACT, A, lines, reply

_PROGRAM = """
import os, resource, signal, sys
from imageshim.archive import blocks, local
from imageshim.cli import main

blocks.blocks_of.__defaults__ = (2000,)
local._POOL_FROM = 0
left, limit, *words = sys.argv[1:]
left, seen = int(left), 0
def hook(event, arguments):
    global seen
    if event in {"open", "os.rename", "os.remove", "os.mkdir"} and "out" in str(arguments[0]):
        seen += 1
        if seen == left:
            children = f"/proc/self/task/{os.getpid()}/children"
            os.write(1, open(children, "rb").read())
            os.kill(os.getpid(), signal.SIGKILL)
if int(limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
sys.addaudithook(hook)
try:
    main(words)
finally:
    print("events:", seen)
"""
"""The command that ends at a touch of the output folder; or that may write no larger files."""


@pytest.fixture
def start(tmp_path):
    many = [reply(content=f"{i}{A}") for i in range(60)]
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "a.jsonl").write_bytes(lines(*many) + b"{bad\n")
    (tmp_path / "in" / "deep" / "b.jsonl").write_bytes(lines(*many[:20], **COMPACT))
    (tmp_path / "in" / "deep" / "c.json").write_bytes(lines(many[0], indent=1))

    def call(*words, at=0, limit=0, command="convert"):
        program = [sys.executable, "-c", _PROGRAM, at, limit, "archive", command, *words]
        # What measures the coverage of programs could not write its own file, either.
        environ = {
            name: value
            for name, value in os.environ.items()
            if not (limit and name.startswith("COVERAGE"))
        }
        return subprocess.run(
            [*map(str, program)],
            cwd=tmp_path, env=environ, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return call


def everything(folder):
    """Every file and what is in it, the journal too."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def killed(start, tmp_path, moment, *words, command="convert", source="in"):
    """Run until a moment from 0 to 1, be killed, run again; compare with a run that was not."""
    plain = start(source, "--out", "out.plain", *words, command=command)
    assert plain.returncode in {0, 1}, plain.stderr
    events = int(plain.stdout.rpartition("events:")[2])
    at = 1 + int(moment * events)
    ended = start(source, "--out", "out", *words, at=at, command=command)
    assert ended.returncode == -signal.SIGKILL
    again = start(source, "--out", "out", *words, command=command)
    assert again.returncode == plain.returncode
    said = [one.stdout.partition("events:")[0] for one in (again, plain)]
    assert said[0] == said[1]
    assert everything(tmp_path / "out") == everything(tmp_path / "out.plain")


@pytest.mark.parametrize("moment", [0.1, 0.5, 0.9])
def test_a_run_that_was_killed_goes_on(start, tmp_path, moment):
    killed(start, tmp_path, moment, "--workers", 1)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(30))
def test_a_run_that_was_killed_at_any_moment_goes_on(start, tmp_path, seed):
    moment = random.Random(seed).random()  # noqa: S311
    killed(start, tmp_path, moment, "--workers", 1 + seed % 2)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(10))
def test_an_extraction_that_was_killed_at_any_moment_goes_on(start, tmp_path, seed):
    moment = random.Random(seed).random()  # noqa: S311
    killed(start, tmp_path, moment, "--workers", 1, command="extract")


def test_workers_end_with_the_process_that_started_them(start, tmp_path):
    plain = start("in", "--out", "out.plain", "--workers", 2)
    events = int(plain.stdout.rpartition("events:")[2])
    ended = start("in", "--out", "out", "--workers", 2, at=events // 2)
    assert ended.returncode == -signal.SIGKILL
    workers = [int(word) for word in ended.stdout.split()]
    assert workers
    for worker in workers:
        try:
            handle = os.pidfd_open(worker)
        except ProcessLookupError:
            continue
        readable, _, _ = select.select([handle], [], [], 60)
        os.close(handle)
        assert readable
    assert (
        start("in", "--out", "out", "--workers", 2).stdout.partition("events")[0]
        == (plain.stdout.partition("events")[0])
    )
    assert everything(tmp_path / "out") == everything(tmp_path / "out.plain")


def test_a_disk_that_is_full_stops_the_run_and_loses_nothing(start, tmp_path):
    plain = start("in", "--out", "out.plain", "--workers", 1)
    full = start("in", "--out", "out", "--workers", 1, limit=8000)
    assert full.returncode == 1
    assert "File too large; run the same command again to continue" in full.stderr
    assert "Traceback" not in full.stderr
    assert not (tmp_path / "out" / "a.jsonl").exists()
    again = start("in", "--out", "out", "--workers", 1)
    assert again.returncode == plain.returncode
    assert everything(tmp_path / "out") == everything(tmp_path / "out.plain")


def test_two_runs_do_not_write_to_one_folder(start, tmp_path):
    import fcntl

    start("in", "--out", "out", "--workers", 1)
    handle = os.open(tmp_path / "out" / ".imageshim", os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    ended = start("in", "--out", "out", "--workers", 1)
    assert ended.returncode == 2
    assert "imageshim archive: another run writes to out" in ended.stderr
    os.close(handle)
    assert start("in", "--out", "out", "--workers", 1).returncode == 1


def test_a_run_that_failed_keeps_nobody_out_though_its_error_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.jsonl").write_bytes(lines(reply(content=A)))
    sources = find_files(["a.jsonl"]).sources

    def broken(*_):
        raise OSError(28, "No space left on device")

    with (
        pytest.raises(OSError, match="No space left") as kept,
        Run(sources, Conversion(), Path("out"), {"task": "it"}) as run,
    ):
        run.run(broken)
    with pytest.raises(JournalError, match="other options") as kept_too:
        Run(sources, Conversion(), Path("out"), {"task": "another"})
    monkeypatch.setattr(Here, "sign", Mock(side_effect=[OSError("gone"), None, None]))
    with pytest.raises(OSError, match="gone") as kept_last:
        Run(sources, Conversion(), Path("out"), {"task": "it"})

    with Run(sources, Conversion(), Path("out"), {"task": "it"}) as run:
        with pytest.raises(JournalError, match="another run writes to out"):
            Run(sources, Conversion(), Path("out"), {"task": "it"})
        assert run.run(Local(1)).tally["converted"] == 1
    assert [one.type for one in (kept, kept_too, kept_last)] == [OSError, JournalError, OSError]


# Workers that end


def run_of(tmp_path, name, monkeypatch, **how):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(local, "_POOL_FROM", 0)
    for file in ("a", "b", "c"):
        if not (tmp_path / f"{file}.jsonl").exists():
            (tmp_path / f"{file}.jsonl").write_bytes(lines(*[reply(content=A)] * 3))
    task = Deadly(mark=str(tmp_path / f"{name}.mark"), **how)
    sources = find_files(["a.jsonl", "b.jsonl", "c.jsonl"]).sources
    with Run(sources, task, Path(name), {"task": "it"}) as run:
        return run.run(Local(2))


def test_a_worker_that_is_killed_changes_nothing(tmp_path, monkeypatch):
    (tmp_path / "calm.mark").touch()
    calm = run_of(tmp_path, "calm", monkeypatch)
    hurt = run_of(tmp_path, "hurt", monkeypatch)
    assert hurt == calm
    assert hurt.tally["converted"] == 9
    assert everything(tmp_path / "hurt") == everything(tmp_path / "calm")


def test_what_kills_every_worker_is_told_and_the_rest_is_done(tmp_path, monkeypatch):
    summary = run_of(tmp_path, "all", monkeypatch, always=True)
    assert not summary.is_fine
    assert all("a worker ended before its time" in fault for fault in summary.faults)


def test_a_run_that_is_interrupted_does_not_wait_for_what_its_workers_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(local, "_POOL_FROM", 0)
    for file, text in (("a", "quick"), ("b", "slow")):
        (tmp_path / f"{file}.jsonl").write_bytes(lines(reply(content=f"{text} {A}")))
    task = Slow(mark=str(tmp_path / "done.mark"), word=b"slow")
    run = Run(find_files(["a.jsonl", "b.jsonl"]).sources, task, Path("out"), {"task": "it"})

    def interrupt(done):
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.run(Local(2), interrupt)
    assert not (tmp_path / "done.mark").exists()
