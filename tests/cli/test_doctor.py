"""`imageshim doctor`."""

from __future__ import annotations

import json

import pytest

import imageshim

OLD = """
import litellm

reply = litellm.completion(model="gemini/x", modalities=["image"], messages=[])
print(reply.choices[0].message.image["url"])
"""
SHIM = """
import imageshim
# imageshim.install() would do
imageshim.install(emit="images")
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\nversion = "1"\ndependencies = ["litellm>=1.77"]\n'
    )
    (tmp_path / "old.py").write_text(OLD)
    (tmp_path / "shim.py").write_text(SHIM)
    (tmp_path / "names.py").write_text("from imageshim import read, wrap\n")
    return tmp_path


def test_it_says_what_the_code_needs_and_the_next_step(run, project):
    ended = run("doctor", project)
    assert (ended.code, ended.err) == (0, "")
    said = ended.out.decode()
    assert f"imageshim {imageshim.__version__}" in said
    assert "LiteLLM is not installed" in said
    assert "target: litellm>=1.77" in said
    assert "check: 3 files, 1 finding (1 that fix rewrites), 0 notes" in said
    assert "names.py:1" in said
    assert "shim.py:4" in said
    assert said.endswith(f"Next\n  See the edits, then add --write: imageshim fix {project}\n")


def test_json_has_it_all(run, project):
    found = json.loads(run("doctor", project, "--json").out)
    assert found["project"]["findings"] == 1
    assert sorted(place.rpartition("/")[2] for place in found["project"]["shims"]) == [
        "names.py:1", "shim.py:4",
    ]  # fmt: skip
    assert found["installed"]["libraries"]["openai"]
    assert found["format"] is None
    assert "imageshim fix" in found["next_step"]


def test_what_cannot_be_read_comes_first(run, project):
    (project / "broken.py").write_text("import litellm\nreply.message.image = (\n")
    found = json.loads(run("doctor", project, "--json").out)
    assert "broken.py" in found["project"]["problem"]
    assert found["next_step"].startswith("See why")
    assert "broken.py: " in run("doctor", project).out.decode()


def test_a_check_that_does_not_run_is_told(run, project):
    (project / "pyproject.toml").write_text("[tool.imageshim]\nnonsense = 1\n")
    found = json.loads(run("doctor", project, "--json").out)
    assert "nonsense" in found["project"]["problem"]


def test_an_installation_in_force_is_told(run, tmp_path):
    with imageshim.install():
        said = run("doctor", tmp_path).out.decode()
    assert "in force in every program of this Python" in said
    assert "no shim is installed" in run("doctor", tmp_path).out.decode()


def test_a_folder_that_is_not_there_is_bad_usage(run, tmp_path):
    ended = run("doctor", tmp_path / "none")
    assert ended.code == 2
    assert "does not exist" in ended.err


def test_the_format_and_the_faults_of_the_installed_version_are_told(run, tmp_path, monkeypatch):
    from importlib import metadata

    real = metadata.version
    for version, line in (
        ("1.76.3", "calls give message.image\n"),
        ("1.75.9", "calls give message.content\n"),
        ("ours", "the version ours is not among the known ones"),
    ):
        versions = {"litellm": version}
        monkeypatch.setattr(metadata, "version", lambda name: versions.get(name) or real(name))  # noqa: B023
        said = run("doctor", tmp_path).out.decode()
        assert line in said
        assert ("only the first is kept, mended in 1.77.0" in said) == (version == "1.76.3")


def test_a_file_that_vanishes_is_left_to_check(run, project):
    (project / "gone.py").symlink_to(project / "nowhere.py")
    assert run("doctor", project).code == 0


def without(monkeypatch, *packages, **versions):
    from importlib import metadata

    real = metadata.version

    def version(name):
        if name in packages:
            raise metadata.PackageNotFoundError(name)
        return versions.get(name) or real(name)

    monkeypatch.setattr(metadata, "version", version)


def test_missing_extras_are_named(run, tmp_path, monkeypatch):
    without(monkeypatch, "uvicorn")
    assert "without the extra 'server': uvicorn missing" in run("doctor", tmp_path).out.decode()


def test_without_what_looks_at_code_the_next_step_is_to_install_it(run, project, monkeypatch):
    without(monkeypatch, "pathspec", litellm="1.80.0")
    said = run("doctor", project).out.decode()
    assert "not looked at: that needs the extra 'codemod'" in said
    assert "check:" not in said
    assert "no shim" not in said
    assert said.endswith("looked at, too: pip install 'imageshim[codemod]'\n")
    assert json.loads(run("doctor", project, "--json").out)["project"]["looked"] is False
