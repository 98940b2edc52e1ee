"""The live tests' fixtures: the upstream, and one process for each environment."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from imageshim.testing.fake_gemini import FakeGemini

from . import environments, outcomes
from .environments import PackageSet
from .probing import Probe
from .scenarios import serve


def pytest_configure(config: pytest.Config) -> None:
    """Let what is made be said on the screen while it is made: that can take minutes."""
    capture: Any = config.pluginmanager.get_plugin("capturemanager")
    with capture.global_and_fixture_disabled():
        environments.screen = os.fdopen(os.dup(2), "w")


_outcomes: dict[str, str] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note how a test ended, for the table of docs/compatibility."""
    if report.when == "call" or report.outcome != "passed":
        _outcomes[report.nodeid] = report.outcome


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Keep what was noted, beside what other processes keep."""
    if _outcomes and not session.config.option.collectonly:
        outcomes.FOLDER.mkdir(parents=True, exist_ok=True)
        file = outcomes.FOLDER / f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}.json"
        before = json.loads(file.read_text()) if file.exists() else {}
        file.write_text(json.dumps(before | _outcomes))


@pytest.fixture(scope="session")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeGemini]:
    """The fake Gemini that plays the captured scenarios."""
    with serve(tmp_path_factory.mktemp("upstream")) as server:
        yield server


@pytest.fixture(scope="session")
def probe() -> Iterator[Callable[[PackageSet], Probe]]:
    """Gives the process of an environment; at the end it must have contacted nobody."""
    probes: dict[PackageSet, Probe] = {}

    def of(packages: PackageSet) -> Probe:
        if packages not in probes:
            probes[packages] = Probe(packages)
        return probes[packages]

    yield of
    contacted = {packages.name: started.close() for packages, started in probes.items()}
    assert not any(contacted.values()), f"these wanted to reach the internet: {contacted}"


@pytest.fixture(scope="session")
def gateways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, FakeGemini]]:
    """The same scenarios behind OpenAI-compatible servers, one for each way to carry images."""
    names = ("content", "image", "images", "litellm", "openrouter", "parts")
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(serve(tmp_path_factory.mktemp(name), name)) for name in names
        }
