"""Hypothesis knows the reply types, as it loads the plugin in somebody else's tests."""

import os
import subprocess
import sys
from importlib.metadata import entry_points

import pytest

PROGRAM = """
import {first}
import {second}
from hypothesis import given, settings, strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk
import imageshim

seen = set()

@settings(max_examples=20, database=None, deadline=None)
@given(st.from_type(ChatCompletion), st.from_type(ChatCompletionChunk))
def draws(reply, chunk):
    assert type(reply) is ChatCompletion and type(chunk) is ChatCompletionChunk
    seen.add(len(imageshim.read(reply).images))

draws()
print(max(seen))
"""


def run(program):
    ours = {"HYPOTHESIS_NO_PLUGINS"}
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False,
        env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_hypothesis_finds_the_plugin():
    (found,) = [one for one in entry_points(group="hypothesis") if one.name == "imageshim"]
    assert found.value == "imageshim.testing.hypothesis_plugin:register"


@pytest.mark.parametrize("order", [("hypothesis", "openai.types.chat"),
                                   ("openai.types.chat", "hypothesis")])  # fmt: skip
def test_types_are_known_whichever_is_imported_first(order):
    first, second = order
    assert run(PROGRAM.replace("{first}", first).replace("{second}", second)) > "0"


def test_nothing_is_imported_for_it():
    program = """
import hypothesis, sys
heavy = {"openai", "litellm", "wrapt", "imageshim.testing.strategies"}
print(sorted(heavy & set(sys.modules)))
"""
    assert run(program) == "[]"
