"""A real program, traced on the newest LiteLLM, rewritten, and run again without a shim."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from imageshim.testing import pictures
from imageshim.testing.fake_gemini import Image, Text, fake_gemini

from . import environments

pytestmark = pytest.mark.live

# Nothing in this file says where its argument comes from.
READER = """def url_of(thing):
    return thing.image["url"]


def has_one(thing):
    return thing.get("image") is not None
"""
PROGRAM = """import litellm
import reader

make = getattr(litellm, "".join(["comple", "tion"]))
reply = make(model="gemini/gemini-2.5-flash-image", messages=[{"role": "user", "content": "Draw."}])
parts = [choice.message for choice in reply.choices]
print(reader.url_of(parts[0]))
print(reader.has_one(parts[0]))
"""


def call(python, server, folder, *words):
    environ = {**environments.clean_environ(folder), **server.environment()}
    return subprocess.run(
        [str(python), *words],
        env=environ, cwd=folder, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip


def fix(folder, *words):
    command = [sys.executable, "-m", "imageshim", "fix", ".", "--no-cache", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_traced_program_is_rewritten_and_runs_without_a_shim(tmp_path):
    python = environments.environment(environments.litellm(environments.NEWEST))
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "reader.py").write_text(READER)
    drawn = pictures.png(8, 8, grey=9)
    with fake_gemini([Text("Here: "), Image(drawn)]) as server:
        shim = ("-m", "imageshim", "run", "--report", "trace.jsonl")
        before = call(python, server, tmp_path, *shim, "program.py")
        assert before == f"{drawn.url}\nTrue\n"
        rows = [json.loads(line) for line in (tmp_path / "trace.jsonl").read_text().splitlines()]
        assert {row["file"] for row in rows} == {str(tmp_path / "reader.py")}
        assert fix(tmp_path, "--check").returncode == 0  # nothing is proven without the trace

        written = fix(tmp_path, "--trace", "trace.jsonl", "--write")

        assert written.returncode == 0, written.stdout + written.stderr
        assert (tmp_path / "reader.py").read_text() != READER
        assert call(python, server, tmp_path, "program.py") == before
    stale = fix(tmp_path, "--trace", "trace.jsonl")
    assert stale.returncode == 2
    assert "changed since the trace was recorded" in stale.stderr
