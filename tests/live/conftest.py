"""The live tests' fixtures: the upstream, and one process for each environment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from imageshim.testing.fake_gemini import FakeGemini

from .environments import PackageSet
from .probing import Probe
from .scenarios import serve


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
