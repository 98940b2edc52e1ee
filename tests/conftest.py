"""Hypothesis profiles, and what pytest-xdist runs where and shows.

The profile is what HYPOTHESIS_PROFILE says: ``steady``, the default, draws the same examples in
every run and keeps to no deadline; ``deep`` draws others each time, and many.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import certifi
import pytest

# As "-p no:imageshim" of pyproject.toml: its plugin would load the package before its coverage is
# measured.
os.environ.setdefault("HYPOTHESIS_NO_PLUGINS", "1")
from hypothesis import HealthCheck, settings

from progress import FileProgress

_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
settings.register_profile(
    "steady", max_examples=30, deadline=None, database=None, derandomize=True,
    suppress_health_check=_QUIET,
)  # fmt: skip
settings.register_profile("deep", max_examples=10_000, deadline=None, suppress_health_check=_QUIET)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or "steady")

# No test speaks TLS, yet each HTTP client reads what it trusts: all authorities of the world take
# 30 to 60 ms, a thousand times. Here it is one, whose key nobody has. `make test` says the same in
# SSL_CERT_FILE; the live tests' environments come from an index, and need what the machine says.
certifi.where = lambda: str(Path(__file__).parent / "support" / "certificate.pem")

_LIVE = re.compile(r"tests/live/(\w+)\.py::[^\[]*(?:\[(.*)\])?")
_VERSION = re.compile(r"(?<![\w.])(?:1\.\d+\.\d+|newest)(?![\w.])")
_WITH_PROXIES = frozenset({"test_asgi_in_litellm", "test_litellm_callback", "test_proxies"})


def worker_group(nodeid: str) -> str:
    """Name what a test shares with others: the processes of one live environment."""
    live = _LIVE.fullmatch(nodeid)
    if live is None:
        return nodeid
    file, words = live[1], live[2] or ""
    versions = _VERSION.findall(words)
    if versions:
        return f"proxy {versions[-1]}" if file in _WITH_PROXIES else versions[0]
    first = words.partition("-")[0]
    return f"{file} {first}" if first.isdigit() else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the tests of an environment together: its processes are started once.

    The marker ``xdist_group`` would say it where the tests are, but pytest-xdist 3.8.0 loses it
    with pytest 9.2, which no longer takes another node id.
    """
    if config.getoption("dist") != "loadscope":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class ByEnvironment(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return worker_group(nodeid)

    return ByEnvironment(config, log)


def pytest_configure(config: pytest.Config) -> None:
    """Show files instead of dots where several processes run the tests."""
    several = bool(getattr(config.option, "dist", "no") != "no")
    if several and not hasattr(config, "workerinput") and config.option.verbose == 0:
        config.pluginmanager.register(FileProgress(config))
