"""The runner of other projects' tests, on a project made here."""

from __future__ import annotations

from pathlib import Path

import pytest

from live.environments import PackageSet, environment

from .downstream import INSTALLED, OURS, compare, outcomes

pytestmark = pytest.mark.live

PYTHON = PackageSet("downstream-runner", ("openai", *OURS))


def project(folder: Path, tests: str) -> Path:
    (folder / "pyproject.toml").write_text("")
    (folder / "test_it.py").write_text(tests)
    return folder


def run(folder: Path, *more: str, limit: float = 60) -> dict[str, str]:
    return outcomes(environment(PYTHON), folder, ("test_*.py",), more, limit)


def test_a_test_that_the_shim_changes_is_told(tmp_path):
    root = project(
        tmp_path,
        "import types\n"
        "from openai.resources.chat.completions import Completions\n"
        "def test_same(): pass\n"
        "def test_fails_always(): raise ValueError\n"
        "def test_bare(): assert type(vars(Completions)['create']) is types.FunctionType\n",
    )
    plain, ours = run(root), run(root, *INSTALLED)
    assert sorted(plain.values()) == ["failure", "passed", "passed"]
    assert compare(plain, ours) == ["test_it::test_bare: passed without, failure with imageshim"]


def test_a_suite_that_does_not_end_is_stopped(tmp_path):
    root = project(
        tmp_path,
        "import subprocess\ndef test_hangs(): subprocess.run(['sleep', '600'])\n",
    )
    with pytest.raises(RuntimeError, match="did not end within 5 s"):
        run(root, limit=5)


def test_tests_that_cannot_be_collected_are_said(tmp_path):
    root = project(tmp_path, "import no_such_module\n")
    assert [*run(root).values()] == ["error"]


def test_a_project_without_the_tests_that_we_know_is_said(tmp_path):
    with pytest.raises(RuntimeError, match=r"has no test_\*\.py"):
        run(tmp_path)
