"""What git says of the files."""

import subprocess

import pytest

from imageshim.codemod.project.repository import dirty_files, journal_folder


def git(folder, *arguments):
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.com"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "with space"
    folder.mkdir()
    git(folder, "init")
    for name in ("clean.py", "é.py", "staged.py"):
        (folder / name).write_text("x", encoding="utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "-m", "m")
    (folder / "é.py").write_text("y", encoding="utf-8")
    (folder / "staged.py").write_text("y", encoding="utf-8")
    git(folder, "add", "staged.py")
    (folder / "new.py").write_text("", encoding="utf-8")
    return folder


def dirty(repository, *names):
    found = dirty_files(str(repository / name) for name in names)
    return [name.rsplit("/", 1)[-1] for name in found]


def test_a_repository_with_changes_that_are_not_committed_is_dirty(repository):
    assert dirty(repository, "clean.py") == ["staged.py", "é.py"]


def test_a_file_that_git_does_not_know_counts_where_it_is_written_itself(repository):
    assert dirty(repository, "clean.py", "new.py") == ["new.py", "staged.py", "é.py"]


def test_a_renamed_file_is_named_as_it_is_now(repository):
    git(repository, "commit", "-am", "m")
    git(repository, "mv", "clean.py", "renamed.py")

    assert dirty(repository, "staged.py") == ["renamed.py"]


def test_a_clean_repository_is_not_dirty(repository):
    git(repository, "commit", "-am", "m")

    assert dirty(repository, "clean.py", "é.py") == []


def test_outside_of_a_repository_nothing_is_dirty(tmp_path):
    (tmp_path / "a.py").write_text("", encoding="utf-8")

    assert dirty_files([str(tmp_path / "a.py")]) == []


def test_without_git_nothing_is_dirty(repository, monkeypatch):
    monkeypatch.setenv("PATH", "")

    assert dirty_files([str(repository / "new.py")]) == []


def test_the_journal_is_with_the_users_own_state_and_never_in_the_project(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    one, other = journal_folder(tmp_path / "a"), journal_folder(tmp_path / "b")
    assert one != other
    assert one.is_relative_to(tmp_path / "state" / "imageshim")
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert journal_folder(tmp_path).is_relative_to(tmp_path / ".local" / "state")


def test_a_program_that_a_repository_names_is_not_run(repository):
    program = repository / "evil.sh"
    program.write_text("#!/bin/sh\ntouch ran\n", encoding="utf-8")
    program.chmod(0o755)
    git(repository, "config", "core.fsmonitor", str(program))
    dirty(repository, "clean.py")
    assert not (repository / "ran").exists()
