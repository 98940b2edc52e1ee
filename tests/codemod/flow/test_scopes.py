"""Which names are a scope's own, and what grows in it."""

import ast

import pytest

from imageshim.codemod.flow import values as v
from imageshim.codemod.flow.scopes import Scope

BINDING = [
    ("y = 1", {"y"}),
    ("import a.b, c as d", {"a", "d"}),
    ("def g():\n    inner = 1", {"g"}),
    ("class C:\n    inner = 1", {"C"}),
    ("lambda: (inner := 1)", set()),
    ("for y in z: pass", {"y"}),
    ("with z as y: pass", {"y"}),
    ("try: pass\nexcept E as y: pass", {"y"}),
    ("match z:\n    case [a, *b]: pass\n    case {**c}: pass", {"a", "b", "c"}),
]


@pytest.mark.parametrize(("body", "names"), BINDING)
def test_a_scope_owns_the_names_that_it_binds(body, names):
    assert Scope(ast.parse(body), None).bound == names


def test_a_function_owns_its_parameters():
    (function,) = ast.parse("def f(a, /, b, *c, d, **e): pass").body

    assert Scope(function, None).bound == {"a", "b", "c", "d", "e"}


def test_a_name_that_is_declared_global_is_not_its_own():
    scope = Scope(ast.parse("y = z = 1"), None)
    scope.redirected["y"] = scope

    assert scope.bound == {"z"}


def test_a_name_says_whether_it_learned_something():
    scope = Scope(ast.parse(""), None)

    assert scope.remember("y", v.Const("a"))
    assert not scope.remember("y", v.Const("a"))
    assert scope.remember("y", v.Const("b"))
    assert scope.cells["y"] == v.Alt((v.Const("a"), v.Const("b")))


def test_what_does_not_settle_is_cut_short():
    scope = Scope(ast.parse(""), None)

    assert scope.remember("y", v.Seq((v.Const("a"),)), widen=True)
    assert scope.cells["y"] is v.UNKNOWN
