"""The interpreter of a file: names on a path and in scopes, and who is told what is learned."""

import ast

import pytest

from imageshim.codemod.flow import values as v
from imageshim.codemod.flow.interpreter import Interpreter
from imageshim.codemod.flow.scopes import Function, Scope
from imageshim.codemod.knowledge import known
from imageshim.codemod.knowledge.reads import Reads

A, B = v.Const("a"), v.Const("b")


def interpreter(assume=()):
    return Interpreter(ast.parse("def f(): pass"), "src/a.py", "a", assume, None, known(), Reads())


def test_a_name_is_looked_for_on_the_path_then_in_scopes_then_among_builtins():
    at = interpreter()
    at.top.cells["x"] = A
    at.scope = Scope(ast.parse("def f(): pass").body[0], at.top)

    assert at.load("x") == A
    at.bind("x", B)
    assert at.load("x") == B
    assert at.load("len") == v.Ref("len")
    assert at.load("nothing") is v.UNKNOWN


def test_who_has_read_a_name_is_told_when_more_is_known_of_it():
    at = interpreter()
    node = at.tree.body[0]
    assert isinstance(node, ast.FunctionDef)
    reader = Function(node, at.top, None)
    at.top.readers["x"] = {reader}

    at.learn(at.top, "x", A)
    assert list(at.awake) == [reader]
    at.awake.clear()
    at.learn(at.top, "x", A)
    assert not at.awake
    at.learn(at.top, "x", B)
    assert list(at.awake) == [reader]


def test_what_may_raise_anywhere_may_leave_each_value_behind():
    at = interpreter()
    at.traps.append({})
    at.bind("x", A)
    at.bind("x", B)

    assert at.traps == [{"x": v.Alt((A, B))}]


@pytest.mark.parametrize(
    ("assume", "found"),
    [
        (("proxy*",), ("proxy.local", "proxy*")),
        (("CLIENT",), ("CLIENT", "CLIENT")),
        (("src/*",), ("src/a.py", "src/*")),
        (("other",), None),
        ((), None),
    ],
)
def test_what_the_user_assumes_is_asked_of_labels_and_of_the_file(assume, found):
    assert interpreter(assume).assumption({"proxy.local", "CLIENT"}) == found


def test_a_name_of_a_module_that_grows_on_and_on_is_unknown():
    at = interpreter()

    assert at.imported("litellm.completion") == v.Ref("litellm.completion", followed=True)
    assert at.imported("litellm" + ".next" * 100) is v.UNKNOWN


def test_what_is_in_no_table_is_unknown_and_goes_on():
    at = interpreter()

    assert at.value(ast.expr()) is v.UNKNOWN
    assert at.block([ast.stmt()])
    at.assign(ast.expr(), A)
    assert not at.env


def test_a_closed_one_holds_nothing():
    at = interpreter()
    at.close()

    assert not vars(at)
