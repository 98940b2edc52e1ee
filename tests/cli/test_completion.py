"""What a shell offers behind `imageshim`."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def offered(tmp_path, line, **more):
    """Ask as bash's function of argcomplete does; returns the exit code and what it offers."""
    answer = tmp_path / "answer"
    asking = {
        "_ARGCOMPLETE": "1", "_ARGCOMPLETE_IFS": "\n", "COMP_LINE": line,
        "COMP_POINT": str(len(line)), "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
    }  # fmt: skip
    ended = subprocess.run(
        [sys.executable, "-c", more.get("code", "from imageshim.cli import main; main()")],
        env={**os.environ, **asking}, cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    assert ended.stdout == b""
    return ended.returncode, [word.strip() for word in answer.read_text().split("\n")] if (
        answer.exists()
    ) else None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("imageshim sh", ["show"]),
        ("imageshim f", ["fake-gemini", "fix"]),
        ("imageshim check --form", ["--format"]),
        ("imageshim check --format g", ["github"]),
        ("imageshim run --e", ["--emit"]),
        ("imageshim run --emit con", ["content"]),
        ("imageshim show --h", ["--help", "--html"]),
    ],
)
def test_commands_options_and_values_are_offered(tmp_path, line, words):
    assert offered(tmp_path, line) == (0, words)


def test_every_command_is_offered(tmp_path):
    from imageshim.cli import COMMANDS

    _, words = offered(tmp_path, "imageshim ")
    assert set(COMMANDS) <= set(words)


def test_without_argcomplete_nothing_is_offered(tmp_path):
    code = "import sys; sys.modules['argcomplete'] = None; from imageshim.cli import main; main()"
    assert offered(tmp_path, "imageshim sh", code=code) == (1, None)
