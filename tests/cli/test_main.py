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


@pytest.mark.parametrize(("typed", "meant"), [("detekt", "detect"), ("shwo", "show")])
def test_a_misspelt_command_is_told_its_name(run, typed, meant):
    ended = run(typed)
    assert ended.code == 2
    assert f"there is no command {typed!r}; did you mean {meant}?" in ended.err


class TestWithoutTheExtra:
    """Nothing but the core: rich only makes tables pretty and draws progress bars."""

    @pytest.fixture(autouse=True)
    def no_rich(self, monkeypatch):
        for name in [*sys.modules]:
            if name.partition(".")[0] == "rich":
                monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, "rich", None)

    def test_help_and_commands_work(self, run, replies):
        for words in ((), ("--help",), ("show", "-h")):
            assert "imageshim" in run(*words).out.decode() + run(*words).err
        assert run("detect", replies / "one.json").lines == [f"{replies}/one.json\tcontent\t1"]
        assert run("convert", replies / "one.json").code == 0

    def test_images_are_shown(self, run, replies, tmp_path):
        rows = run("show", replies / "many.jsonl", "--save", tmp_path / "out").lines
        assert {row.split("\t")[3].partition(";")[0] for row in rows} == {
            "content",
            "reasoning",
            "no image",
        }
