"""A run opens, parses and interprets each file once: first pass, index and look share it."""

import ast
import sys
from collections import Counter

import pytest

from imageshim.cli.codemod.command import Command, execute
from imageshim.codemod.checking import interpretation
from imageshim.codemod.flow import project_index

ASK = "import litellm\n\ndef ask():\n    return litellm.completion(model='gemini-image')\n"
SHOW = "from ask import ask\n\nprint(ask().choices[0].message.image)\n"
NAMES = ("ask.py", "show.py")


@pytest.fixture
def counted(tmp_path, monkeypatch, capsys):
    """Fix the project of two files; returns what was printed, opened and parsed."""
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


@pytest.fixture
def interpreted(tmp_path, monkeypatch, capsys):
    """Returns what runs a command over files, and tells how often each was interpreted."""
    counts: Counter[str] = Counter()

    def count(run):
        def counted(flow):
            counts[flow.path] += 1
            run(flow)

        return counted

    for module in (interpretation, project_index):
        monkeypatch.setattr(module, "run", count(module.run))
    monkeypatch.chdir(tmp_path)

    def execute_over(files, *, rewrites):
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        execute(Command(inputs=(".",), rewrites=rewrites, write=rewrites, cache=False))
        assert "IMG001" in capsys.readouterr().out
        return dict(counts)

    return execute_over


# Readers of a reply before and after the file that it comes from, and one that reads its own.
PROJECT = {
    "a_show.py": f"import litellm\n{SHOW}",
    "ask.py": ASK,
    "other.py": "import litellm\nprint(litellm.completion().choices[0].message.image)\n",
    "show.py": SHOW,
    "text.py": f"import litellm\n{SHOW.replace('image', 'role')}",
}


@pytest.mark.parametrize("rewrites", [True, False])
def test_a_file_is_interpreted_once_and_what_becomes_of_it_once(interpreted, rewrites):
    changed = dict.fromkeys(("a_show.py", "other.py", "show.py"), 2)
    assert interpreted(PROJECT, rewrites=rewrites) == dict.fromkeys(PROJECT, 1) | changed


def test_what_asked_for_something_that_is_known_better_by_now_is_interpreted_again(interpreted):
    ask = "def ask():\n    return litellm.completion()\n"
    show = "print({}.ask().choices[0].message.images)\n"
    files = {
        "one.py": f"import litellm\nimport two\n{ask}{show.format('two')}",
        "two.py": f"import litellm\nimport one\n{ask}{show.format('one')}",
        "other.py": PROJECT["other.py"],
    }
    counts = interpreted(files, rewrites=False)
    assert sorted(counts[one] for one in ("one.py", "two.py")) == [1, 2]
