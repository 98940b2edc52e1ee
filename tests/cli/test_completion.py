"""What a shell offers behind `imageshim`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

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
        ("imageshim show --v", ["--version"]),
        ("imageshim archive conv", ["convert"]),
        ("imageshim archive convert --to im", ["image", "images"]),
        ("imageshim archive report --ht", ["--html"]),
        ("imageshim explain IMG00", [f"IMG00{one}" for one in range(1, 9)]),
        ("imageshim check --select IMG20", ["IMG201", "IMG202"]),
        ("imageshim fix --ignore IMG20", ["IMG201", "IMG202"]),
        ("imageshim convert re", ["reply.json"]),
        ("imageshim doctor fo", ["folder/"]),
    ],
)
def test_commands_options_values_and_files_are_offered(tmp_path, line, words):
    (tmp_path / "folder").mkdir()
    (tmp_path / "reply.json").touch()
    assert offered(tmp_path, line) == (0, words)


def test_every_command_is_offered(tmp_path):
    from imageshim.cli import COMMANDS

    _, words = offered(tmp_path, "imageshim ")
    assert set(COMMANDS) <= set(words)


def test_bash_completes_a_line_with_the_function_that_the_documentation_names(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text(encoding="utf-8")
    line = re.search(r"```bash\n(.*)\n```", page)[1]
    asks = (
        f'{line}; complete -p imageshim >/dev/null || exit 3; COMP_LINE="imageshim sho"; '
        "COMP_POINT=13; COMP_TYPE=9; COMP_WORDS=(imageshim sho); COMP_CWORD=1; "
        '_python_argcomplete imageshim sho imageshim; echo "[${COMPREPLY[*]}]"'
    )
    bin_ = Path(sys.executable).parent
    ended = subprocess.run(
        ["bash", "--norc", "-c", asks], cwd=tmp_path, capture_output=True, text=True, check=True,
        env={**os.environ, "PATH": f"{bin_}{os.pathsep}{os.environ['PATH']}"},
    )  # fmt: skip
    assert ended.stdout == "[show ]\n"


def test_without_argcomplete_nothing_is_offered(tmp_path):
    code = "import sys; sys.modules['argcomplete'] = None; from imageshim.cli import main; main()"
    assert offered(tmp_path, "imageshim sh", code=code) == (1, None)
