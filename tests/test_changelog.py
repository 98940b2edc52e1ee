"""What the changelog names exists."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

import imageshim
from imageshim.cli import COMMANDS
from imageshim.codemod import rules

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
CODE = re.findall(r"`([^`]+)`", " ".join(TEXT.split()))
SOURCE = "\n".join(
    path.read_text(encoding="utf-8") for path in sorted((ROOT / "src").rglob("*.py"))
)


def resolves(name):
    """Whether a dotted name is a module, or stands in one."""
    module, _, rest = name.rpartition(".")
    return is_module(name) or hasattr(import_module(module), rest)


def is_module(name):
    try:
        return find_spec(name) is not None  # without its imports: LiteLLM is not here
    except ModuleNotFoundError:
        return False


@pytest.mark.parametrize("name", sorted({*re.findall(r"\bimageshim(?:\.\w+)+", " ".join(CODE))}))
def test_its_dotted_names_exist(name):
    assert resolves(name)


def test_its_public_functions_and_classes_exist():
    named = {word.removesuffix("()") for word in CODE} & {
        word for word in dir(imageshim) if not word.startswith("_")
    }
    assert {"convert", "read", "install", "capture_images", "RulesFileError"} <= named


def test_its_commands_exist():
    named = set(re.findall(r"(?:^|`)imageshim ([a-z-]+)", "\n".join(CODE), re.MULTILINE))
    assert named <= set(COMMANDS)


def test_its_options_exist():
    options = {option for code in CODE for option in re.findall(r"(?<!\w)--[a-z-]+", code)}
    assert [one for one in sorted(options) if f'"{one}' not in SOURCE] == []


def test_its_rules_exist():
    known = rules.load()
    codes = set(re.findall(r"IMG[0-9]+", TEXT))
    assert [code for code in codes if not any(one.startswith(code) for one in known)] == []


def test_its_variables_exist():
    variables = {one for one in re.findall(r"IMAGESHIM_[A-Z]+", TEXT) if f'"{one}"' not in SOURCE}
    assert variables == set()


def test_breaking_changes_come_first():
    version = TEXT.split("\n## ")[1]
    assert version.split("\n### ")[1].startswith("Breaking changes, and what to do\n")
