"""Every example that `--help` prints works as printed, in a folder with the files that it names."""

from __future__ import annotations

import gzip
import json
import re
import shlex
import subprocess
import sys

import pytest

import captured
from imageshim.cli import COMMANDS

OLD = """import litellm


def picture(prompt):
    response = litellm.completion(model="m", messages=[{"role": "user", "content": prompt}])
    return response.choices[0].message.image["url"]
"""
SERVERS = {"gateway", "fake-gemini", "usage"}
"""What waits for requests, or asks who does: their own tests start them."""
WORK_LEFT = {"imageshim check": 1, "imageshim check src --format github": 1}
"""Exit codes other than 0: there is work."""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with old code, and stored replies in every kind of file."""
    replies = [json.dumps(reply) for reply in captured.replies("1.75.9").values()]
    batch = [f'{{"response": {{"body": {reply}}}}}' for reply in replies]
    delta = {"choices": [{"index": 0, "delta": {"content": "Hello"}, "finish_reason": "stop"}]}
    texts = {
        "reply.json": replies[0],
        "old-reply.json": replies[0],
        "archive.jsonl": "\n".join(replies),
        "batch.jsonl": "\n".join(batch),
        "logs/new.jsonl": "\n".join(replies[:3]),
        "stream.sse": f"data: {json.dumps(delta)}\n\ndata: [DONE]\n\n",
        "src/shop.py": OLD,
        "app.py": "import sys\nassert sys.argv[1:] in ([], ['--port', '8000'])\n",
        "test_app.py": "def test_it():\n    pass\n",
    }
    for name, text in texts.items():
        (tmp_path / "project" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "project" / name).write_text(text)
    zipped = tmp_path / "project" / "logs" / "old" / "a.jsonl.gz"
    zipped.parent.mkdir()
    zipped.write_bytes(gzip.compress(replies[0].encode()))
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "project"


def examples(run, name):
    """Each command of the examples alone: without what a pipe reads, and notes in brackets."""
    epilog = run(name, "--help").out.decode().partition("\nExample")[2].partition("\n\n")[0]
    for line in re.findall(r"^  (\S.*?)(?:  +\(.*)?$", epilog, re.MULTILINE):
        yield from re.sub(r"^curl … \| | [|>] .*", "", line).split(" && ")


def exit_code(run, line):
    program, *words = shlex.split(line)
    if words[0] == "run":  # the program takes the process
        command = [sys.executable, "-m", program, *words]
        return subprocess.run(command, stdout=sys.stderr, check=False).returncode
    assert program == "imageshim" or words[:2] == ["-m", "imageshim"]
    return run(*words[2 * (program != "imageshim") :], stdin=b'{"choices": []}').code


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("name", sorted(set(COMMANDS) - SERVERS))
def test_the_examples_of_a_command_work_one_after_another(run, name):
    if name == "undo":
        assert run("fix", "--write", "--allow-dirty").code == 0
    lines = list(examples(run, name))
    assert lines
    for line in lines:
        if line == "imageshim undo ../project":  # the same folder, written anew
            assert run("fix", "--write", "--allow-dirty").code == 0
        assert (line, exit_code(run, line)) == (line, WORK_LEFT.get(line, 0))
