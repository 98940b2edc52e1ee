"""What git says of the files."""

import os
import shutil
import subprocess

import pytest

from imageshim.codemod.project import repository as repository_module
from imageshim.codemod.project.repository import dirty_files, journal_folder
from imageshim.errors import ImageShimError


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


# Repositories of strangers

_NAMES_A_PROGRAM = {
    "a watcher": ["core.fsmonitor"],
    "an alias": ["alias.status", "alias.rev-parse", "alias.config"],
    "a pager": ["core.pager", "pager.status", "pager.config", "pager.rev-parse"],
    "an editor": ["core.editor", "sequence.editor"],
    "a transport": ["core.sshCommand", "core.gitProxy", "remote.origin.uploadpack"],
    "a password": ["core.askPass", "credential.helper"],
    "a difference": [
        "diff.external",
        "diff.x.command",
        "diff.x.textconv",
        "interactive.diffFilter",
    ],
    "a merge": ["merge.x.driver", "mergetool.x.cmd", "difftool.x.cmd"],
    "a signature": ["gpg.program", "gpg.ssh.program", "gpg.ssh.defaultKeyCommand"],
    "a filter": ["filter.x.clean", "filter.x.smudge", "filter.x.process"],
    "a filter of an odd name": ["filter.a=b.clean", "filter.a=b.process"],
    "a filter that must be": ["filter.x.clean", "filter.x.required"],
    "alternates": ["core.alternateRefsCommand"],
    "a submodule": ["submodule.sub.update"],
}
_ATTRIBUTES = "*.py filter=x diff=x merge=x\né.py filter=a=b\n"


def evil(repository, options):
    """Let a repository name a program at each of the options; gives what it makes when it runs."""
    program, ran = repository / "evil.sh", repository.parent / "ran"
    program.write_text(f"#!/bin/sh\ntouch '{ran}'\ncat\n", encoding="utf-8")
    program.chmod(0o755)
    (repository / ".gitattributes").write_text(_ATTRIBUTES, encoding="utf-8")
    for option in options:
        value = "true" if option.endswith("required") else f"'{program}'"
        git(repository, "config", option, value)
    for name in ("clean.py", "é.py", "staged.py"):
        os.utime(repository / name, (1, 1))  # git must look into them
    return ran


@pytest.mark.parametrize("options", _NAMES_A_PROGRAM.values(), ids=_NAMES_A_PROGRAM)
def test_a_program_that_a_repository_names_is_not_run(repository, options):
    ran = evil(repository, options)

    assert "staged.py" in dirty(repository, "clean.py")

    assert not ran.exists()


@pytest.mark.parametrize("options", [["core.fsmonitor"], ["filter.x.clean"], ["filter.a=b.clean"]])
def test_git_alone_would_run_it(repository, options):
    ran = evil(repository, options)
    git(repository, "status", "--porcelain")
    assert ran.exists()


@pytest.mark.parametrize("extension", [True, False])
def test_a_filter_of_the_users_own_is_run_unless_the_repository_names_programs_for_it(
    repository, monkeypatch, tmp_path, extension
):
    ran = evil(repository, [])
    own = tmp_path / "own"
    own.write_text(f"[filter \"x\"]\n clean = '{repository / 'evil.sh'}'\n", encoding="utf-8")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(own))
    if extension:
        git(repository, "config", "lfs.extension.x.clean", "evil")

    dirty(repository, "clean.py")

    assert ran.exists() is not extension


def test_hooks_are_not_run(repository):
    ran = evil(repository, [])
    hooks = repository / ".git" / "hooks"
    for name in ("post-index-change", "pre-commit", "post-checkout", "fsmonitor-watchman"):
        shutil.copy(repository / "evil.sh", hooks / name)

    dirty(repository, "clean.py")

    assert not ran.exists()


def test_nothing_is_fetched(repository):
    ran = evil(repository, [])
    git(repository, "config", "remote.origin.url", f"ext::{repository / 'evil.sh'}")
    git(repository, "config", "remote.origin.promisor", "true")
    git(repository, "config", "core.repositoryFormatVersion", "1")
    git(repository, "config", "extensions.partialClone", "origin")
    git(repository, "config", "protocol.ext.allow", "always")
    shutil.rmtree(repository / ".git" / "objects")
    (repository / ".git" / "objects").mkdir()

    with pytest.raises(ImageShimError, match="git does not tell"):
        dirty(repository, "clean.py")

    assert not ran.exists()


def test_a_submodule_has_a_configuration_of_its_own_and_is_not_looked_into(repository, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init")
    for name in ("clean.py", "é.py", "staged.py"):
        (other / name).write_text("x", encoding="utf-8")
    git(other, "add", ".")
    git(other, "commit", "-m", "m")
    git(repository, "-c", "protocol.file.allow=always", "submodule", "add", str(other), "sub")
    git(repository, "commit", "-am", "m")
    ran = evil(repository / "sub", ["core.fsmonitor", "filter.x.clean"])

    dirty(repository, "clean.py")

    assert not ran.exists()


def test_a_bare_repository_among_the_files_is_none(repository):
    inside = repository / "inside"
    git(repository, "init", "--bare", str(inside))
    ran = evil(repository, [])
    (inside / "config").write_text(
        f"[core]\n bare = false\n worktree = {inside}\n fsmonitor = {repository / 'evil.sh'}\n",
        encoding="utf-8",
    )
    (inside / "a.py").write_text("x", encoding="utf-8")

    assert dirty_files([str(inside / "a.py")]) == []

    assert not ran.exists()


def test_what_the_environment_says_of_another_repository_does_not_count(repository, monkeypatch):
    before = dirty(repository, "clean.py")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_CONFIG"):
        monkeypatch.setenv(name, "/nowhere")

    assert dirty(repository, "clean.py") == before


@pytest.mark.parametrize("config", ["[core", "[include]\n path = {fifo}\n", "\0\x1b[31m"])
def test_a_repository_that_git_does_not_tell_of_is_not_written_to(
    repository, monkeypatch, tmp_path, config
):
    os.mkfifo(tmp_path / "fifo")
    monkeypatch.setattr(repository_module, "_TIMEOUT", 1)
    text = config.format(fifo=tmp_path / "fifo")
    (repository / ".git" / "config").write_text(text, encoding="utf-8")

    with pytest.raises(ImageShimError, match=r"git does not tell .* --allow-dirty") as told:
        dirty(repository, "clean.py")

    assert "\x1b" not in str(told.value)
