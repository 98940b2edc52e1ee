"""Released packages that use LiteLLM and read text alone: nothing is found in them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from uv import find_uv_bin

from .environments import FOLDER, clean_environ, locked

pytestmark = pytest.mark.live

PACKAGES = (
    "agno==3.1.10",
    "crewai==1.15.30",
    "google-adk==2.13.0",
    "langchain-litellm==0.11.2",
    "openai-agents==0.24.0",
    "strands-agents==1.62.0",
)


@pytest.fixture
def downloaded(request):
    """The folder of a package without what it depends on; it is kept."""
    requirement = request.param
    folder = FOLDER / "packages" / requirement
    with locked(f"package-{requirement}"):
        if not folder.exists():
            fresh = folder.with_name(f".{requirement}")
            subprocess.run(
                [find_uv_bin(), "pip", "install", "--quiet", "--no-deps", "--python",
                 sys.executable, "--target", fresh, requirement],
                check=True,
            )  # fmt: skip
            fresh.rename(folder)
    return folder


@pytest.mark.parametrize("downloaded", PACKAGES, indirect=True)
def test_a_package_that_reads_text_has_no_findings(downloaded, tmp_path):
    start = "from imageshim.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", start, "check", ".", "--no-cache"],
        cwd=downloaded, env=clean_environ(tmp_path), capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert ended.stdout.splitlines()[0] == "Nothing found."
    assert ended.returncode == 0
