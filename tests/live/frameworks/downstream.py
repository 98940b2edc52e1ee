"""The test suites of projects that stand near ours, with the shim installed: ``make downstream``.

Each suite runs twice in an environment of its own, as it is and with ``install()`` active, and must
give the same outcome for each test. The tests come with the project's source distribution.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET  # what pytest writes

from live.environments import FOLDER, PackageSet, clean_environ, environment

__all__ = ["PROJECTS", "Project", "differences", "main"]


class Project(NamedTuple):
    """A project, what its tests need, and where they stand."""

    requirements: tuple[str, ...]
    tests: str


PROJECTS = {
    "langchain-litellm": Project(
        ("langchain", "langchain-tests", "pytest-asyncio", "pytest-socket", "pytest-timeout"),
        "tests/unit_tests",
    ),
}

_OURS = ("pytest", "wrapt", "pydantic", "google-auth", "requests", "cryptography")
_INSTALLED = ("-p", "imageshim.testing.pytest_plugin", "--image-formats-report")


def _source(name: str, folder: Path) -> Path:
    """Download and unpack the source distribution of a project."""
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-build-isolation",
         "--no-binary", ":all:", "--dest", folder, name],
        check=True,
    )  # fmt: skip
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    (root,) = (path for path in folder.iterdir() if path.is_dir())
    return root


def _outcomes(python: Path, root: Path, tests: str, more: tuple[str, ...]) -> dict[str, str]:
    report = root / "report.xml"
    subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--continue-on-collection-errors",
         f"--junitxml={report}", *more, tests],
        cwd=root, env=clean_environ(root), check=False, capture_output=True,
    )  # fmt: skip
    found = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314  # as above
        kinds = [child.tag for child in case if child.tag in {"failure", "error", "skipped"}]
        found[f"{case.get('classname')}::{case.get('name')}"] = (kinds or ["passed"])[0]
    return found


def differences(name: str) -> tuple[int, list[str]]:
    """Run a project's tests both ways; how many there are, and what differs."""
    project = PROJECTS[name]
    requirements = (name, *project.requirements, *_OURS)
    python = environment(PackageSet(f"downstream-{name}", requirements))
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        root = _source(name, Path(folder))
        plain = _outcomes(python, root, project.tests, ())
        ours = _outcomes(python, root, project.tests, _INSTALLED)
    return len(plain), [
        f"{test}: {plain.get(test)} without, {ours.get(test)} with imageshim"
        for test in sorted({*plain, *ours})
        if plain.get(test) != ours.get(test)
    ]


def main() -> int:
    wrong = 0
    for name in PROJECTS:
        count, found = differences(name)
        sys.stdout.write(f"{name}: {count} tests, {len(found)} differ\n")
        sys.stdout.writelines(f"  {line}\n" for line in found)
        wrong += bool(found) or not count
    return wrong


if __name__ == "__main__":
    sys.exit(main())
