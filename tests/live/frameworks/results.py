"""What frameworks do with images, each found out in an environment of its own."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from live.environments import PackageSet, clean_environ, environment

__all__ = ["DRIVERS", "PAGE", "recipes", "result"]

_HERE = Path(__file__).parent
PAGE = _HERE.parents[2] / "docs" / "frameworks.md"
_OURS = ("wrapt", "pydantic", "google-auth", "requests", "cryptography")
_PATIENCE = 600
"""Seconds for all that one framework is asked."""

DRIVERS: dict[str, tuple[str, ...]] = {
    "langchain_litellm": ("langchain-litellm", "langchain", "litellm"),
    "langchain_openai": ("langchain-openai", "langchain"),
    "google_adk": ("google-adk", "litellm"),
    "openai_agents": ("openai-agents[litellm]",),
    "smolagents": ("smolagents[litellm]",),
    "dspy": ("dspy", "litellm"),
    "llama_index": ("llama-index-llms-litellm",),
    "strands": ("strands-agents[litellm]",),
    "agno": ("agno", "litellm"),
    "pydantic_ai": ("pydantic-ai-slim[openai]",),
    "crewai": ("crewai[litellm]",),
    "instructor": ("instructor",),
    "mirascope": ("mirascope[openai]",),
    "haystack": ("haystack-ai",),
    "autogen": ("autogen-agentchat", "autogen-ext[openai]"),
    "semantic_kernel": ("semantic-kernel",),
}
"""What is installed for each driver of ``drivers/``."""


def recipes() -> dict[str, str]:
    """The recipes of the page, by driver."""
    found = re.findall(r"<!-- recipe: (\w+) -->\n```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return dict(found)


@cache
def result(driver: str) -> dict[str, Any]:
    """Run ``drive.py`` for a driver.

    Raises:
        RuntimeError: the framework cannot be installed.

    """
    python = environment(PackageSet(f"framework-{driver}", (*DRIVERS[driver], *_OURS)))
    with tempfile.TemporaryDirectory() as home:
        run = subprocess.run(
            [python, _HERE / "drive.py", driver, recipes().get(driver, "")],
            env=clean_environ(Path(home)), cwd=home,
            capture_output=True, text=True, timeout=_PATIENCE, check=False,
        )  # fmt: skip
    said = [line for line in run.stdout.splitlines() if line.startswith("@@")]
    assert said, f"{driver} said nothing\n{run.stderr[-4000:]}"
    found: dict[str, Any] = json.loads(said[-1][2:])
    return found
