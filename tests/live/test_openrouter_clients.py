"""`fake-gemini --format openrouter` is an OpenRouter to OpenRouter's own SDK and to pydantic-ai."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from imageshim.testing.fake_gemini import Image, Text, fake_gemini

from . import environments

pytestmark = pytest.mark.live

PROGRAM = Path(__file__).parent / "programs" / "openrouter_clients.py"


@pytest.mark.parametrize("package", ["openrouter", "pydantic-ai-slim[openai]"])
def test_the_client_takes_whole_replies_and_streams(tmp_path, package):
    python = environments.environment(environments.openrouter_client(package))
    with fake_gemini([Text("Here you go."), Image("png")], format="openrouter") as server:
        ended = subprocess.run(
            [python, PROGRAM, package.partition("[")[0], server.openai_url],
            env=environments.clean_environ(tmp_path), cwd=tmp_path,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-4000:]
    lines = ended.stdout.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("Here you go.") for line in lines)
    if package == "openrouter":
        assert lines[0].endswith("['data:image/png;base64,']")
    refused = tmp_path / environments.REFUSED
    assert not refused.exists(), refused.read_text()
