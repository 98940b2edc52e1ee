"""Other libraries that wrap calls, together with ours, whichever comes first."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from imageshim.testing.fake_gemini import Image, Text, fake_gemini

from . import environments

pytestmark = pytest.mark.live

PROGRAM = Path(__file__).parent / "programs" / "other_wrappers.py"


@pytest.mark.parametrize("order", ["ours first", "theirs first"])
@pytest.mark.parametrize("library", ["instructor", "langfuse", "openinference"])
def test_both_do_their_work(tmp_path, library, order):
    python = environments.environment(environments.other_wrappers())
    with fake_gemini([Text('{"title": "A cat"}'), Image("png")], format="image") as server:
        environ = {
            **environments.clean_environ(tmp_path),
            "LANGFUSE_PUBLIC_KEY": "pk-any",
            "LANGFUSE_SECRET_KEY": "sk-any",
            "LANGFUSE_HOST": server.url,
            "LANGFUSE_BASE_URL": server.url,
        }
        ended = subprocess.run(
            [python, PROGRAM, library, order, server.openai_url, server.gemini_url],
            env=environ, cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip

    assert ended.stdout.splitlines()[-1:] == ["done"], ended.stderr[-4000:]
    refused = tmp_path / environments.REFUSED
    assert not refused.exists(), refused.read_text()
