"""The command itself: help, versions, and what it says without its extra."""

import subprocess
import sys
from importlib import import_module

import pytest

import imageshim
from imageshim.cli import COMMANDS, main


def test_help_lists_the_commands_and_the_exit_codes(run):
    for word in ("--help", "-h"):
        ended = run(word)
        assert ended.code == 0
        assert "Exit codes: 0 done, 1 a problem in the data, 2 bad usage" in ended.out.decode()
        for name, line in COMMANDS.items():
            assert name in ended.out.decode()
            assert line[:30] in ended.out.decode()


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_each_command_has_help_with_examples(run, name):
    ended = run(name, "--help")
    assert ended.code == 0
    assert f"imageshim {name}" in ended.out.decode().partition("Example")[2]


def test_the_version_is_told(run):
    assert run("--version").lines == [f"imageshim, version {imageshim.__version__}"]


@pytest.mark.parametrize("words", [(), ("nonsense",), ("--nonsense",)])
def test_bad_usage_exits_with_2(run, words):
    assert run(*words).code == 2


def test_its_module_is_the_command():
    assert import_module("imageshim.__main__").main is main


def test_it_is_a_module_that_python_runs():
    ended = subprocess.run(
        [sys.executable, "-m", "imageshim", "--version"], capture_output=True, text=True, check=True
    )
    assert ended.stdout == f"imageshim, version {imageshim.__version__}\n"


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_the_extra_it_says_which(run, monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    for words in ((), ("--help",), ("show", "-h")):
        ended = run(*words)
        assert ended.code == 0
        assert "pip install 'imageshim[cli]'" in ended.out.decode()
        assert all(name in ended.out.decode() for name in COMMANDS)
    ended = run("detect", "x.json")
    assert (ended.code, ended.out) == (2, b"")
    assert "the extra 'cli': pip install 'imageshim[cli]'" in ended.err
