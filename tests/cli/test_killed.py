"""Commands that are killed while they write: a file is whole or not there, and nothing is left."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from imageshim.testing.pictures import jpeg, png
from programs import COMMAND

MESSAGE = {"role": "assistant", "content": f"a{png(width=3).url}b{jpeg().url}"}
LINE = json.dumps({"choices": [{"index": 0, "message": MESSAGE}]}).encode() + b"\n"
LEFT = ".imageshim-0123456789abcdef.tmp"

WRITERS = {
    "convert": ("convert", "in.jsonl", "--to", "images", "--out", "out.jsonl"),
    "convert to a folder": ("convert", "in.jsonl", "b.jsonl", "--to", "images", "--out", "out"),
    "show --save": ("show", "in.jsonl", "--save", "out"),
    "show --html": ("show", "in.jsonl", "--html", "out.html"),
    "archive report --html": ("archive", "report", "in.jsonl", "--html", "out.html"),
}

KILLED = """
import os, signal, sys
from imageshim.cli import main

left, *words = sys.argv[1:]
left, seen = int(left), 0
_WRITES = {"open", "os.rename", "os.remove", "os.link", "os.mkdir", "os.chmod"}
def hook(event, arguments):
    global seen
    if event in _WRITES and ("out" in str(arguments[0]) or ".imageshim-" in str(arguments[0])):
        seen += 1
        if seen == left:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
try:
    main(words)
finally:
    print("events:", seen)
"""
"""The command that ends at a touch of what it writes."""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.jsonl").write_bytes(LINE * 3)
    (tmp_path / "b.jsonl").write_bytes(LINE)
    return tmp_path


def everything(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("writer", WRITERS)
def test_what_a_killed_run_left_is_gone_after_the_next(folder, run, writer):
    words = WRITERS[writer]
    place = folder / words[-1] if words[-1] == "out" else folder
    (folder / "out").mkdir()
    (place / LEFT).write_bytes(b"half")

    assert run(*words).code == 0

    assert list(folder.rglob(".*")) == []


def test_what_was_left_is_gone_wherever_a_folder_of_one_name_is(folder, run, monkeypatch):
    for name in ("here", "there"):  # two runs of one process, as in a program that calls main()
        (folder / name / "out").mkdir(parents=True)
        (folder / name / "out" / LEFT).write_bytes(b"half")
        monkeypatch.chdir(folder / name)
        assert run("show", folder / "in.jsonl", "--save", "out").code == 0

    assert list(folder.rglob(".*")) == []


def test_a_conversion_that_is_killed_half_way_leaves_what_was_there(folder):
    (folder / "out.jsonl").write_bytes(b"old")
    words = [*COMMAND, "convert", "-", "--to", "images", "--out", "out.jsonl"]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as process:
        process.stdin.write(LINE * (1_000_000 // len(LINE)))  # more than a pipe holds
        process.send_signal(signal.SIGKILL)

    assert (folder / "out.jsonl").read_bytes() == b"old"
    assert len(list(folder.glob(".imageshim-*.tmp"))) == 1

    subprocess.run(words, input=LINE, check=True)

    assert json.loads((folder / "out.jsonl").read_bytes())["choices"][0]["message"]["images"]
    assert list(folder.glob(".*")) == []


@pytest.mark.deep
@pytest.mark.parametrize("writer", WRITERS)
def test_whenever_a_command_is_killed_files_are_whole_and_the_next_run_leaves_nothing(
    folder, writer
):
    inputs = everything(folder)

    def start(at):
        program = [sys.executable, "-c", KILLED, str(at), *WRITERS[writer]]
        return subprocess.run(program, check=False, capture_output=True, text=True)

    (folder / "out").mkdir()
    plain = start(0)
    assert plain.returncode == 0, plain.stderr
    wanted = {name: data for name, data in everything(folder).items() if name not in inputs}
    events = int(plain.stdout.rpartition("events:")[2])
    assert events
    for at in range(1, events + 1):
        for name in wanted:
            (folder / name).unlink(missing_ok=True)
        assert start(at).returncode == -signal.SIGKILL
        for name, data in everything(folder).items():
            if not name.rpartition("/")[2].startswith("."):
                assert data == {**inputs, **wanted}[name], at
        assert start(0).returncode == 0
        after = everything(folder)
        for name, data in wanted.items():
            assert after[name] == data, at
        assert not [name for name in after if ".imageshim" in name], at
        for name in after.keys() - inputs.keys():
            (folder / name).unlink()
