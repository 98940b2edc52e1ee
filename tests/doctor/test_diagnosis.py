"""The one next step."""

from __future__ import annotations

import pytest

from imageshim import Format
from imageshim.doctor import Checked, Installed, diagnose


def step(litellm="1.109.1", *, active=False, **checked):
    libraries = {"openai": "3.57.0"} | ({"litellm": litellm} if litellm else {})
    found = Installed("3.11.7", "0.1.0", libraries, {})
    return diagnose(found, Checked("src", 3, **checked), active=active)


@pytest.mark.parametrize(
    ("version", "format_"),
    [
        ("1.75.9", "content"),
        ("1.76.3", "image"),
        ("1.77.0", "images"),
        ("ours", None),
        (None, None),
    ],
)
def test_the_installed_version_says_the_format(version, format_):
    assert step(version).format == (format_ and Format(format_))


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"problem": "no", "edits": 1, "findings": 1}, "imageshim check src"),
        ({"edits": 1, "findings": 2, "litellm": "1.75.9"}, "imageshim fix src"),
        (
            {"edits": 1, "litellm": "1.76.3", "assumed": True},
            "write: imageshim fix --target 'litellm>=1.76.3' src",
        ),
        ({"edits": 1, "litellm": "1.80.0", "assumed": True}, "write: imageshim fix src"),
        ({"findings": 2, "litellm": "1.75.9"}, "Look at what reads an old format"),
        ({"litellm": "1.76.3", "shims": ("a.py:1",)}, "upgrade to litellm>=1.77"),
        ({"shims": ("a.py:1",)}, "imageshim run --report"),
        ({"active": True}, "imageshim run --report"),
        ({}, "Nothing"),
        ({"notes": 3}, "Nothing"),
    ],
)
def test_the_most_pressing_step_is_the_one(more, says):
    assert says in step(**more).next_step


def test_without_a_client_it_says_where_to_install():
    found = Installed("3.11.7", "0.1.0", {"pydantic": "2.14"}, {})
    assert "environment of your program" in diagnose(found, Checked(".", 0), active=False).next_step


def test_a_folder_can_be_pasted_into_a_shell():
    found = Installed("3.11.7", "0.1.0", {"litellm": "1.80.0"}, {})
    assert diagnose(found, Checked("my code", 1, 1), active=False).next_step.endswith(" 'my code'")
