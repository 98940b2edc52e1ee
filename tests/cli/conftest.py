"""The command line, called in this process, and as a user's shell calls it."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
from typing import NamedTuple

import pytest

import captured
from imageshim.cli import main


class Ended(NamedTuple):
    code: int
    out: bytes
    err: str

    @property
    def lines(self):
        return self.out.decode().splitlines()


@pytest.fixture
def run(capfdbinary, monkeypatch):
    """Call the command line with words and bytes on its standard input."""

    def call(*words, stdin=b""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return Ended(ended.value.code or 0, out, err.decode())

    return call


@pytest.fixture
def on_terminal():
    """Run the command line as a program whose output, or errors, go to a terminal."""

    def call(*words, streams=("stdout", "stderr"), code=""):
        ours, theirs = pty.openpty()
        start = code or "from imageshim.cli import main; main()"
        pipes = dict.fromkeys(("stdout", "stderr"), subprocess.DEVNULL)
        process = subprocess.Popen(
            [sys.executable, "-c", start, *map(str, words)],
            stdin=subprocess.DEVNULL,
            **{**pipes, **dict.fromkeys(streams, theirs)},
            env={**os.environ, "TERM": "xterm", "COLUMNS": "200"},
        )
        os.close(theirs)
        seen = b""
        try:
            while piece := os.read(ours, 65536):
                seen += piece
        except OSError:  # how Linux says that the other end is closed
            pass
        os.close(ours)
        return Ended(process.wait(), seen, "")

    return call


@pytest.fixture
def replies(tmp_path):
    """A folder with ``one.json`` (pretty) and ``many.jsonl``: what LiteLLM 1.75.9 gave."""
    found = list(captured.replies("1.75.9").values())
    with_image = captured.replies("1.75.9")["b_text_image"]
    (tmp_path / "one.json").write_text(json.dumps(with_image, indent=1))
    (tmp_path / "many.jsonl").write_text("".join(f"{json.dumps(r)}\n" for r in found))
    return tmp_path
