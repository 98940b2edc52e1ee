"""Which function is handed what, from which file."""

import ast

from imageshim.codemod.flow.calls_between import Calls
from imageshim.codemod.flow.hooks import Given
from imageshim.codemod.flow.values import UNKNOWN, Obj

NODE = ast.Call(ast.Name("f"), [], [])
REPLY = Obj("reply", "litellm", frozenset())


def test_calls_are_told_by_function_and_by_file():
    calls = Calls()
    calls.record("app.f", "a.py", Given(NODE, [UNKNOWN], {}))
    calls.record("app.f", "b.py", Given(NODE, [], {"x": REPLY}))
    calls.record("app.g", "a.py", Given(NODE, [UNKNOWN], {}))

    assert list(calls.of("app.f")) == [([UNKNOWN], {}), ([], {"x": REPLY})]
    assert list(calls.of("app.h")) == []
    assert calls.with_replies() == {"app.f": ["b.py"]}
    assert [name for name, _ in calls.made_by("a.py")] == ["app.f", "app.g"]


def test_the_same_call_again_is_one_and_one_of_nobody_none():
    calls = Calls()
    for caller in ("a.py", "a.py", ""):
        calls.record("f", caller, Given(NODE, [REPLY], {}))

    assert list(calls.of("f")) == [([REPLY], {})]


def test_a_file_that_is_looked_at_again_calls_anew():
    calls = Calls()
    calls.record("f", "a.py", Given(NODE, [REPLY], {}))
    calls.forget("a.py")

    assert calls.with_replies() == {}
