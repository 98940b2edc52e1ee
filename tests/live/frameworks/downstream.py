"""The test suites of projects that stand near ours, with the shim installed: ``make downstream``.

Each suite runs twice in an environment of its own, as it is and with ``install()`` active, and must
give the same outcome for each test. The tests come with the project's source distribution. There is
no network: what needs one fails both times, and is counted apart.

``python -m live.frameworks.downstream NAME…`` runs some of them. It ends, whatever a suite does:
a run that takes longer than :data:`LIMIT` is stopped, and counts as a fault.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from xml.etree import ElementTree as ET  # what pytest writes

from live.environments import FOLDER, PackageSet, clean_environ, environment

__all__ = [
    "INSTALLED",
    "LIMIT",
    "NOT_HERE",
    "OURS",
    "PROJECTS",
    "Project",
    "compare",
    "main",
    "outcomes",
]


class Project(NamedTuple):
    """A project, what its tests need, and where they stand."""

    requirements: tuple[str, ...]
    tests: tuple[str, ...]
    """Folders and files, as globs: those that call a model, without those that need more."""
    added: Mapping[str, str] = MappingProxyType({})
    """Files that the tests import, and that the source distribution leaves out."""


_TESTED = ("pytest-asyncio", "pytest-mock", "inline-snapshot", "python-dotenv")
_RECORDED = (*_TESTED, "pytest-recording", "vcrpy")
"""Recorded replies stand in for the network."""

PROJECTS = {
    "autogen-ext": Project(
        # Its tests import httpx, which later SDKs do not bring.
        (*_TESTED, "autogen-ext[openai]", "autogen-agentchat", "openai<3"),
        ("tests/models/test_openai_model_client.py", "tests/models/test_utils.py"),
    ),
    "instructor": Project(
        (*_TESTED, "litellm", "jsonref", "anthropic", "xmltodict"), ("tests/processing",)
    ),
    "langchain-litellm": Project(
        (*_TESTED, "langchain", "langchain-tests", "pytest-socket"),
        ("tests/unit_tests/test_litellm.py", "tests/unit_tests/test_router.py",
         "tests/unit_tests/test_*_round_trip.py", "tests/unit_tests/test_citations.py"),
    ),
    "langchain-openai": Project(
        (*_TESTED, "langchain", "langchain-tests", "pytest-socket"),
        ("tests/unit_tests/chat_models",),
    ),
    "magentic": Project(
        (*_RECORDED, "magentic[litellm]"),
        # That of LiteLLM was recorded with another of its transports: 27 fail without us.
        ("tests/chat_model/test_open*.py", "tests/chat_model/test_message.py"),
    ),
    "mirascope": Project(
        (*_RECORDED, "mirascope[anthropic,google,openai]"), ("tests/llm/providers/openai",)
    ),
    "openai": Project(
        (*_TESTED, "respx", "dirty-equals", "nest-asyncio", "trio", "rich", "pytest-xdist",
         "aiohttp", "httpx-aiohttp"),
        ("tests/lib/chat", "tests/test_streaming.py", "tests/test_legacy_response.py",
         "tests/test_response.py"),
    ),
    "openai-agents": Project(
        (*_TESTED, "openai-agents[litellm]"),
        ("tests/models/test_*litellm*.py", "tests/models/test_*chatcompletions*.py"),
    ),
    "openinference-instrumentation-litellm": Project(
        (*_RECORDED, "litellm", "opentelemetry-sdk", "tenacity"), ("tests",)
    ),
    "opentelemetry-instrumentation-openai": Project(
        # As its own tests ask for it.
        (*_RECORDED, "openai<2", "opentelemetry-sdk"), ("tests/traces",)
    ),
    "smolagents": Project(
        (*_TESTED, "smolagents[litellm,openai,toolkit]", "pillow", "numpy"),
        ("tests/test_models.py", "tests/test_memory.py", "tests/test_agents.py"),
        {
            "tests/__init__.py": "",
            "tests/utils/__init__.py": "",
            "tests/utils/markers.py": "import pytest\n\nrequire_run_all = pytest.mark.skip\n",
        },
    ),
    "strands-agents": Project(
        (*_TESTED, "strands-agents[litellm,openai]", "moto"),
        ("tests/strands/models/test_litellm.py", "tests/strands/models/test_openai*.py"),
    ),
}  # fmt: skip

_NO_TESTS = "its source distribution has no tests"
NOT_HERE = {
    "dspy": "the tests of its source distribution call no model",
    "google-adk": _NO_TESTS,
    "haystack-ai": _NO_TESTS,
    "langfuse": _NO_TESTS,
    "llama-index-llms-litellm": _NO_TESTS,
    "llama-index-llms-openai": _NO_TESTS,
    "openinference-instrumentation-openai": _NO_TESTS,
    "opentelemetry-instrumentation-openai-v2": "it cannot be imported with the newest util-genai",
    "pydantic-ai-slim": _NO_TESTS,
    "semantic-kernel": _NO_TESTS,
}
"""Why others that stand as near are not run."""

LIMIT = 600
"""Seconds for one run of a project's tests, and for the download of its source.

Idle, each takes less than one minute; beside much other work, ten times as long.
"""
_PATIENCE = 60
"""Seconds for one test."""
_AT_ONCE = 2
"""Projects; one downloads while another computes."""

OURS = ("pytest", "pytest-timeout", "wrapt", "pydantic", "google-auth", "requests", "cryptography")
INSTALLED = ("-p", "imageshim.testing.pytest_plugin", "--image-formats-report")

# What builds these projects: pip asks for their metadata before it gives their source.
_BUILDERS = PackageSet(
    "downstream-builders",
    ("pip", "hatchling", "hatch-vcs", "poetry-core", "setuptools", "setuptools-scm", "wheel",
     "uv-build", "uv-dynamic-versioning", "pdm-backend", "hatch-fancy-pypi-readme"),
)  # fmt: skip


_running: dict[int, subprocess.Popen[bytes]] = {}
_stopped = threading.Event()


def _stop() -> None:
    """End all that runs; nothing begins any more."""
    _stopped.set()
    for run in [*_running.values()]:
        with suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)


def _run(command: list[str | Path], folder: Path, environ: dict[str, str], limit: float) -> str:
    """Run a command and give what it printed; with all that it started, it ends at the limit."""
    printed = folder / "printed.txt"
    with printed.open("wb") as file:
        run = subprocess.Popen(
            command, cwd=folder, env=environ, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
        )  # fmt: skip
        _running[run.pid] = run
        try:
            run.wait(0 if _stopped.is_set() else limit)
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"{command[2]} did not end within {limit:g} s") from None
        finally:
            del _running[run.pid]
            # What a test left behind goes, too.
            with suppress(ProcessLookupError):
                os.killpg(run.pid, signal.SIGKILL)
            run.wait()
    return printed.read_text(errors="replace")


def _source(name: str, python: Path, folder: Path) -> Path:
    """Download the source distribution of what is installed."""
    pip = environment(_BUILDERS)
    asked = "from importlib.metadata import version; print(version(%r), end='')"
    installed = subprocess.check_output([python, "-c", asked % name], text=True)
    said = _run(
        [pip, "-m", "pip", "download", "--quiet", "--no-deps", "--no-build-isolation",
         "--no-binary", ":all:", "--dest", folder, f"{name}=={installed}"],
        folder, {**os.environ, "PATH": f"{pip.parent}{os.pathsep}{os.defpath}"}, LIMIT,
    )  # fmt: skip
    found = [*folder.glob("*.tar.gz")]
    if not found:
        raise RuntimeError(f"pip gives no source of {name} {installed}\n{said[-2000:]}")
    return found[0]


def _unpacked(archive: Path, folder: Path) -> Path:
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    (root,) = (path for path in folder.iterdir() if path.is_dir())
    return root


def outcomes(
    python: Path, root: Path, patterns: tuple[str, ...], more: tuple[str, ...], limit: float = LIMIT
) -> dict[str, str]:
    """Run tests; how each ended, by its name.

    Raises:
        RuntimeError: There are none, they did not end in time, or pytest could not begin.

    """
    report = root / "report.xml"
    tests = [path for pattern in patterns for path in sorted(root.glob(pattern))]
    if not tests:
        raise RuntimeError(f"{root.name} has no {' '.join(patterns)}")
    # What times itself ("benchmark") differs from run to run.
    said = _run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--continue-on-collection-errors",
         "-o", "addopts=", "-k", "not benchmark", f"--timeout={_PATIENCE}",
         f"--junitxml={report}", *tests, *more],
        root, clean_environ(root), limit,
    )  # fmt: skip
    if not report.exists():
        raise RuntimeError(f"pytest wrote no report\n{said[-2000:]}")
    found = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314  # as above
        kinds = [child.tag for child in case if child.tag in {"failure", "error", "skipped"}]
        found[f"{case.get('classname')}::{case.get('name')}"] = (kinds or ["passed"])[0]
    return found


def compare(plain: dict[str, str], ours: dict[str, str]) -> list[str]:
    """What differs between two runs of one suite."""
    return [
        f"{test}: {plain.get(test)} without, {ours.get(test)} with imageshim"
        for test in sorted({*plain, *ours})
        if plain.get(test) != ours.get(test)
    ]


def _say(line: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stdout.flush()


def _both(name: str) -> tuple[dict[str, str], dict[str, str]]:
    """Run a project's tests without the shim, then with it, in two copies of its source."""
    project = PROJECTS[name]
    _say(f"{name}: its environment")
    requirements = (name, *project.requirements, *OURS)
    python = environment(PackageSet(f"downstream-{name}", requirements))
    found = []
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        archive = _source(name, python, Path(folder))
        for how, more in (("without", ()), ("with", INSTALLED)):
            _say(f"{name}: its tests {how} imageshim")
            copy = Path(folder, how)
            copy.mkdir()
            root = _unpacked(archive, copy)
            for path, text in project.added.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text)
            found.append(outcomes(python, root, project.tests, more))
    return found[0], found[1]


def _result(name: str) -> bool:
    """Run and tell one project; whether it is as it should be."""
    started = time.monotonic()
    try:
        plain, ours = _both(name)
    except RuntimeError as error:
        _say(f"{name}: NO RESULT: {error}")
        return False
    count, found = Counter(plain.values()), compare(plain, ours)
    said = ", ".join(f"{number} {kind}" for kind, number in sorted(count.items()))
    took = time.monotonic() - started
    _say("\n  ".join([f"{name}: {said or 'no test'}; {len(found)} differ; {took:.0f} s", *found]))
    return bool(count["passed"]) and not found


def main(names: list[str]) -> int:
    """Run the projects of these names, or all; 1 if one differs or has no result."""
    for name in names:
        if name not in PROJECTS:
            sys.stderr.write(f"{name} is not run: {NOT_HERE.get(name, 'nobody has tried it')}\n")
            return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        try:
            right = [*pool.map(_result, names or PROJECTS)]
        except KeyboardInterrupt:
            _stop()
            pool.shutdown(cancel_futures=True)
            _say("stopped")
            return 130
    _say(f"{sum(right)} of {len(right)} projects give the same with imageshim as without")
    for name, reason in () if names else NOT_HERE.items():
        _say(f"{name} is not run: {reason}")
    return int(not all(right))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
