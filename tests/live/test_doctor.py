"""`imageshim doctor` says the right thing in environments with and without LiteLLM."""

from __future__ import annotations

import json
import subprocess

import pytest

from . import environments

pytestmark = pytest.mark.live

NONE = environments.PackageSet("bare", ("wrapt", "pydantic"))
BEFORE = "print(reply.choices[0].message.content)\n"


@pytest.mark.parametrize(
    ("version", "format_", "faults", "step"),
    [
        (None, None, 0, "environment of your program"),
        ("1.76.3", "image", 5, "upgrade to litellm>=1.77"),
        ("1.77.0", "images", 5, "Nothing"),
        (environments.NEWEST, "images", 2, "Nothing"),
    ],
)
def test_each_environment_is_told_what_it_is(tmp_path, version, format_, faults, step):
    packages = NONE if version is None else environments.litellm(version)
    project = tmp_path / "project"
    project.mkdir()
    (project / "app.py").write_text(BEFORE)
    ended = subprocess.run(
        [environments.environment(packages), "-m", "imageshim", "doctor", project, "--json"],
        env=environments.clean_environ(tmp_path), cwd=tmp_path,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert found["format"] == format_
    assert len([f for f in found["faults"] if f["library"] == "litellm"]) == faults
    assert step in found["next_step"]
    assert found["installed"]["libraries"].get("litellm", "") == (
        "" if version is None else packages.requirements[0].partition("==")[2]
    )
