"""The oldest wrapt that we take does, with its C extension and without it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from imageshim.testing.fake_gemini import Image, Text, fake_gemini

from . import environments

pytestmark = pytest.mark.live

PROGRAM = Path(__file__).parent / "programs" / "any_wrapt.py"


@pytest.mark.parametrize("pure_python", [False, True])
def test_the_oldest_wrapt_will_do(tmp_path, pure_python):
    python = environments.environment(environments.oldest_wrapt())
    environ = environments.clean_environ(tmp_path)
    if pure_python:
        environ["WRAPT_DISABLE_EXTENSIONS"] = "1"
    with fake_gemini([Text("Here: "), Image("png")], format="image") as server:
        ended = subprocess.run(
            [python, PROGRAM, server.openai_url],
            env=environ, cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip

    assert ended.stdout.split() == ["done", "1.16.0"], ended.stderr[-3000:]
