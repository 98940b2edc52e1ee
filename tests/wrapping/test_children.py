"""`imageshim run` in the processes that a program starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import httpx
import pytest

from imageshim.errors import ImageShimError
from imageshim.testing.fake_gemini import Image, Text, fake_gemini
from imageshim.timeline import Format
from imageshim.wrapping import children, installation

CHILD = """import base64, os
from openai import OpenAI

def ask(n=0):
    client = OpenAI(base_url=os.environ["OPENAI_BASE_URL"], api_key="x")
    messages = [{"role": "user", "content": "Draw."}]
    reply = client.chat.completions.create(model="m", messages=messages)
    return base64.b64decode(reply.choices[0].message.content.split("base64,")[1])[:4]

if __name__ == "__main__":
    print(ask())
"""
PARENT = """import multiprocessing, subprocess, sys
import child

if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(child.ask, [0]))
    print(subprocess.check_output([sys.executable, "child.py"], text=True))
"""
THEIRS = "import sys\nsys.theirs = True\n"


def test_what_a_program_starts_is_watched_too(tmp_path):
    for name, text in {"child": CHILD, "parent": PARENT, "sitecustomize": THEIRS}.items():
        (tmp_path / f"{name}.py").write_text(text)
    with fake_gemini([Text("Here: "), Image("png")]) as server:
        ended = subprocess.run(
            [sys.executable, "-m", "imageshim", "run", "--emit", "content",
             "--report", "trace.jsonl", "parent.py"],
            cwd=tmp_path, env={**os.environ, **server.environment()},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("PNG") == 2
    rows = map(json.loads, (tmp_path / "trace.jsonl").read_text().splitlines())
    (read,) = [row for row in rows if row["how"] != "call"]
    assert (read["count"], len(read["treated"])) == (2, 2)
    assert (
        "In the processes that it started: 0 places read `image`, 1 treated `content` as an image. "
        "Next: imageshim fix --trace trace.jsonl"
    ) in ended.stderr


@pytest.fixture
def environ(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "theirs")
    monkeypatch.delenv("IMAGESHIM_RUN", raising=False)
    monkeypatch.setattr(httpx.Response, "json", httpx.Response.json)
    return monkeypatch


def python(tmp_path, code, *flags):
    return subprocess.run(
        [sys.executable, *flags, "-c", code], cwd=tmp_path, capture_output=True, text=True,
        check=True,
    )  # fmt: skip


ASKS = "import sys; print(hasattr(sys, 'theirs'), 'imageshim.wrapping.installation' in sys.modules)"


def test_the_customisation_that_it_hides_runs_as_well(tmp_path, environ):
    (tmp_path / "sitecustomize.py").write_text(THEIRS)
    environ.setenv("PYTHONPATH", str(tmp_path))
    children.for_children("content", {}, "first", [])
    children.for_children("content", {}, "first", [])
    assert python(tmp_path, ASKS).stdout.split() == ["True", "True"]
    assert python(tmp_path, ASKS, "-I").stdout.split() == ["False", "False"]
    assert os.environ["PYTHONPATH"].count("children") == 1


def test_a_child_begins_as_its_parent_did_or_says_why_not(tmp_path, environ):
    asked = []
    environ.setattr(installation, "install", lambda **options: asked.append(options))
    children.begin_in_child()
    assert asked == []
    children.for_children("content", {"shop.*": "parts"}, "first", ["httpx"])
    children.begin_in_child()
    assert asked == [{"emit": Format.CONTENT, "callers": {"shop.*": Format.PARTS}, "pick": "first"}]
    children.for_children("content", {}, "first", ["curl"])
    with pytest.raises(ImageShimError, match="no client 'curl'"):
        children.begin_in_child()
    assert "not watched: there is no client 'curl'" in python(tmp_path, "").stderr
