"""The command itself: help, versions, and what it says without its extra."""

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

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


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_fits_into_the_terminal_but_for_its_examples(run, name, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    before = run(name, "--help").out.decode().partition("\nExample")[0]
    assert max(map(len, before.splitlines())) <= 80


def test_the_version_is_told(run):
    assert run("--version").lines == [f"imageshim, version {imageshim.__version__}"]


@pytest.mark.parametrize("words", [*((name,) for name in sorted(COMMANDS)), ("archive", "report")])
def test_every_command_tells_the_version(run, words):
    assert run(*words, "--version").lines == [f"imageshim, version {imageshim.__version__}"]


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


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("--verison",), "no option '--verison'; did you mean --version?"),
        (("-V",), "no option '-V'; did you mean --version?"),
        (("help",), "no command 'help'; did you mean --help?"),
        (("show", "--sav", "out"), "no option --sav; did you mean --save?"),
        (("convert", "--form=1.75.9"), "no option --form; did you mean --from?"),
        (("check", "--selct", "IMG0"), "no option --selct; did you mean --select?"),
        (("archive", "report", "--htlm", "x"), "no option --htlm; did you mean --html?"),
        (("run", "--emti", "image", "app.py"), "no option --emti; did you mean --emit?"),
        (("gateway", "--up-stream", "x"), "no option --up-stream; did you mean --upstream?"),
        (("schema", "--quark"), "no option --quark (imageshim schema --help"),
        (("convert", "--to", "imags"), "--to: 'imags' is none of content, image, images, parts; "),
        (("schema", "imag"), "FORMAT: 'imag' is none of content, image, images, parts; did you"),
        (("archive", "reprt"), "error: 'reprt' is none of convert, extract, inline, report; did"),
        (("check", "--format", "sarf"), "junit; did you mean sarif?"),
        (("explain", "IMG01"), "no rule 'IMG01'; did you mean "),
        (("undo", "nowhere"), "'nowhere' is no folder"),
        (("fix", "--target", "litellm>>1"), "'litellm>>1' is not a requirement: "),
        (("show", "--from", "9.x"), "'9.x' is neither a format "),
    ],
)
def test_what_is_misspelt_is_told_its_name_in_one_line(run, words, hint):
    ended = run(*words)
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert hint in ended.err


def test_what_stands_behind_two_dashes_is_no_option(run):
    assert "file '--sav' does not exist" in run("show", "--", "--sav").err


def test_an_interrupted_command_says_so_without_a_traceback(run, monkeypatch):
    from imageshim.cli import schema

    def interrupted(_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(schema, "main", interrupted)
    ended = run("schema", "image")
    assert (ended.code, ended.err) == (130, "imageshim: interrupted\n")


def test_the_page_of_the_command_line_lists_every_command():
    page = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE) == sorted(COMMANDS)


def test_archive_without_a_command_names_them(run):
    assert "required: {convert,extract,inline,report}" in run("archive").err


@pytest.mark.parametrize("name", ["show", "detect"])
def test_a_pattern_that_nothing_matches_is_bad_usage(run, name):
    ended = run(name, "nowhere/*.json")
    assert (ended.code, ended.out) == (2, b"")
    assert ended.err == "imageshim: Error: nothing matches nowhere/*.json\n"


@pytest.mark.parametrize("words", [("--help",), ("show", "--help"), ("doctor", "--help")])
def test_a_terminal_that_shows_only_ascii_gets_escapes(words):
    ended = subprocess.run(
        [sys.executable, "-m", "imageshim", *words], capture_output=True, check=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert ended.stdout.isascii()


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
