"""The test suites of projects that stand near ours, with the shim installed: ``make downstream``.

Each suite runs twice in an environment of its own, as it is and with ``install()`` active, and must
give the same outcome for each test. The tests come with the project's source distribution. There is
no network: what needs one fails both times, and is counted apart.

``python -m live.frameworks.downstream NAME…`` runs some of them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET  # what pytest writes

from live.environments import FOLDER, PackageSet, clean_environ, environment

__all__ = ["NOT_HERE", "PROJECTS", "Project", "differences", "main"]


class Project(NamedTuple):
    """A project, what its tests need, and where they stand."""

    requirements: tuple[str, ...]
    tests: tuple[str, ...]
    """Folders and files, as globs: those that call a model, without those that need more."""


PROJECTS = {
    "instructor": Project(
        ("litellm", "jsonref", "anthropic", "xmltodict", "pytest-asyncio"), ("tests/processing",)
    ),
    "langchain-litellm": Project(
        ("langchain", "langchain-tests", "pytest-asyncio", "pytest-socket"), ("tests/unit_tests",)
    ),
    "openai": Project(
        ("respx", "inline-snapshot", "dirty-equals", "nest-asyncio", "trio", "rich", "pytest-xdist",
         "aiohttp", "httpx-aiohttp", "pytest-asyncio"),
        ("tests/lib/chat", "tests/test_streaming.py", "tests/test_legacy_response.py",
         "tests/test_response.py"),
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

_OURS = ("pytest", "pytest-timeout", "wrapt", "pydantic", "google-auth", "requests", "cryptography")
_INSTALLED = ("-p", "imageshim.testing.pytest_plugin", "--image-formats-report")
_PATIENCE = 60
"""Seconds for one test."""

# What builds these projects: pip asks for their metadata before it gives their source.
_BUILDERS = PackageSet(
    "downstream-builders",
    ("pip", "hatchling", "hatch-vcs", "poetry-core", "setuptools", "setuptools-scm", "wheel",
     "uv-build", "uv-dynamic-versioning", "pdm-backend", "hatch-fancy-pypi-readme"),
)  # fmt: skip


def _source(name: str, python: Path, folder: Path) -> Path:
    """Download and unpack the source distribution of what is installed."""
    pip = environment(_BUILDERS)
    asked = "from importlib.metadata import version; print(version(%r), end='')"
    installed = subprocess.check_output([python, "-c", asked % name], text=True)
    subprocess.run(
        [pip, "-m", "pip", "download", "--quiet", "--no-deps", "--no-build-isolation",
         "--no-binary", ":all:", "--dest", folder, f"{name}=={installed}"],
        env={**os.environ, "PATH": f"{pip.parent}{os.pathsep}{os.defpath}"}, check=True,
    )  # fmt: skip
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    (root,) = (path for path in folder.iterdir() if path.is_dir())
    return root


# What times itself ("benchmark") differs from run to run.
def _outcomes(python: Path, root: Path, tests: list[str], more: tuple[str, ...]) -> dict[str, str]:
    report = root / "report.xml"
    run = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--continue-on-collection-errors",
         "-o", "addopts=", "-k", "not benchmark", f"--timeout={_PATIENCE}",
         f"--junitxml={report}", *tests, *more],
        cwd=root, env=clean_environ(root), check=False, capture_output=True, text=True,
    )  # fmt: skip
    if not report.exists():
        raise RuntimeError(f"pytest wrote no report\n{run.stdout[-2000:]}{run.stderr[-2000:]}")
    found = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314  # as above
        kinds = [child.tag for child in case if child.tag in {"failure", "error", "skipped"}]
        found[f"{case.get('classname')}::{case.get('name')}"] = (kinds or ["passed"])[0]
    report.unlink()
    return found


def differences(name: str) -> tuple[Counter[str], list[str]]:
    """Run a project's tests both ways; how many ended in which way, and what differs."""
    project = PROJECTS[name]
    requirements = (name, *project.requirements, *_OURS)
    python = environment(PackageSet(f"downstream-{name}", requirements))
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        root = _source(name, python, Path(folder))
        tests = [str(path) for pattern in project.tests for path in sorted(root.glob(pattern))]
        plain = _outcomes(python, root, tests, ())
        ours = _outcomes(python, root, tests, _INSTALLED)
    return Counter(plain.values()), [
        f"{test}: {plain.get(test)} without, {ours.get(test)} with imageshim"
        for test in sorted({*plain, *ours})
        if plain.get(test) != ours.get(test)
    ]


def main(names: list[str]) -> int:
    wrong = 0
    for name in names or PROJECTS:
        count, found = differences(name)
        said = ", ".join(f"{number} {kind}" for kind, number in sorted(count.items()))
        sys.stdout.write(f"{name}: {said}; {len(found)} differ\n")
        sys.stdout.writelines(f"  {line}\n" for line in found)
        sys.stdout.flush()
        wrong += bool(found) or not count["passed"]
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
