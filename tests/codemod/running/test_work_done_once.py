"""A run opens and parses each file once: the first pass, the index and the look share it."""

import ast
import sys

import pytest

from imageshim.cli.codemod.command import Command, execute

ASK = "import litellm\n\ndef ask():\n    return litellm.completion(model='gemini-image')\n"
SHOW = "from ask import ask\n\nprint(ask().choices[0].message.image)\n"
NAMES = ("ask.py", "show.py")


@pytest.fixture
def counted(tmp_path, monkeypatch, capsys):
    """Check the project of two files; returns what was printed, opened and parsed."""
    (tmp_path / "ask.py").write_text(ASK)
    (tmp_path / "show.py").write_text(SHOW)
    monkeypatch.chdir(tmp_path)
    opened, parsed = [], []
    active = True

    def hook(event, arguments):
        if active and event == "open" and str(arguments[0]).endswith(NAMES):
            opened.append(str(arguments[0]).rpartition("/")[2])

    real = ast.parse

    def parse(source, *args, **kwargs):
        parsed.append(source)
        return real(source, *args, **kwargs)

    monkeypatch.setattr(ast, "parse", parse)
    sys.addaudithook(hook)
    execute(Command(inputs=(".",), rewrites=True, cache=False, unsafe=True))
    active = False
    return capsys.readouterr().out, opened, parsed


def test_a_file_is_opened_and_parsed_once(counted):
    printed, opened, parsed = counted
    assert "IMG001" in printed
    assert sorted(opened) == ["ask.py", "show.py"]
    assert parsed.count(ASK) == parsed.count(SHOW) == 1


def test_what_it_becomes_is_parsed_once_to_prove_it(counted):
    others = [text for text in counted[2] if text not in (ASK, SHOW)]
    assert len(others) == len(set(others))
