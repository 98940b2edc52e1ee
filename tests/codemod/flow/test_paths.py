"""Paths part, change names, and meet again."""

import ast

import pytest

from imageshim.codemod.flow import values as v
from imageshim.codemod.flow.interpreter import Interpreter
from imageshim.codemod.flow.paths import branch, joined, merge, same
from imageshim.codemod.knowledge import known
from imageshim.codemod.knowledge.reads import Reads

A, B, C = v.Const("a"), v.Const("b"), v.Const("c")


@pytest.mark.parametrize(
    ("before", "paths", "after"),
    [
        ({}, [{"x": A}, {"x": B}], {"x": v.Alt((A, B))}),
        ({"x": A}, [{"x": B}, {}], {"x": v.Alt((A, B))}),
        ({}, [{"x": B}, {}], {"x": B}),
        ({"x": A}, [{"x": None}, {"x": None}], {"x": None}),
        ({"x.y": A}, [{"x.y": None}, {}], {"x.y": None}),
        ({}, [{"x.y": A}, {}], {"x.y": None}),
    ],
)
def test_a_name_is_what_it_is_on_any_of_the_paths_that_meet(before, paths, after):
    assert joined(before, paths) == after


@pytest.mark.parametrize(
    ("before", "held", "paths", "after"),
    [
        ({}, {"x": [(1, A)]}, [{}, {}], {"x": A}),
        ({"x": B}, {"x": [(1, A)]}, [{}, {}], {"x": v.Alt((B, A))}),
        ({"x": B}, {"x": [(1, A)]}, [{"x": C}, {}], {"x": v.Alt((C, A))}),
        ({"x": B}, {"x": [(0, A)]}, [{}, {"x": C}], {"x": v.Alt((A, C))}),
        ({"x": B}, {"x": [(1, A), (2, C)]}, [{}, {}, {}], {"x": v.Alt((B, A, C))}),
        ({"x": B}, {"x": [(1, A), (1, C)]}, [{}, {}], {"x": v.Alt((B, C))}),
        ({"x": B}, {"x": [(2, A)]}, [{}, {}], {"x": B}),
        ({"x": B}, {"x": [(1, None)]}, [{}, {"x": C}], {"x": v.Alt((B, C))}),
        ({"x.y": B}, {"x.y": [(1, None)]}, [{}, {}], {"x.y": None}),
        ({}, {"x": [(0, A)]}, [], {}),
    ],
)
def test_what_a_name_holds_on_the_way_is_so_for_the_paths_that_part_behind(
    before, held, paths, after
):
    assert joined(before, paths, held) == after


@pytest.mark.parametrize(
    ("changes", "whether"),
    [
        ({}, True),
        ({"x": A}, True),
        ({"x": B}, False),
        ({"x": None}, True),
        ({"y": A}, False),
        ({"y": v.UNKNOWN}, True),
    ],
)
def test_a_path_is_compared_with_what_it_began_with(changes, whether):
    assert same({"x": A}, changes) is whether


def test_a_branch_leaves_no_trace_until_it_is_merged():
    tree = ast.parse("x = 'b'\nreturn x\n")
    at = Interpreter(tree, "a.py", "", (), None, known(), Reads())
    at.env["x"] = A

    alive = branch(at, tree.body[:1], {"y": A})
    ended = branch(at, tree.body)
    assert at.env == {"x": A}
    assert (alive[0], ended[0]) == (True, False)
    assert merge(at, alive, ended)
    assert at.env == {"x": B, "y": A}
    assert not merge(at, ended)
