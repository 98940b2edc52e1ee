"""One table for all paths: what a path changes is logged, and undone where it ends."""

import pytest

from imageshim.codemod.flow import values as v
from imageshim.codemod.flow.environment import Env
from imageshim.codemod.flow.paths import joined, same

ONE, TWO, THREE = v.Const("1"), v.Const("2"), v.Const("3")


@pytest.fixture
def env():
    made = Env()
    made["a"] = ONE
    made["a.x"] = TWO
    return made


def test_a_path_that_is_left_changed_nothing(env):
    before = dict(env)
    mark = env.fork()
    env["a"], env["b"] = TWO, THREE
    env.forget("a")

    assert env.back(mark) == {"a": TWO, "b": THREE, "a.x": None}
    assert dict(env) == before


def test_a_path_inside_of_another_is_part_of_it(env):
    outer = env.fork()
    env["b"] = ONE
    inner = env.fork()
    env["b"], env["c"] = TWO, TWO
    assert env.since(outer) == {"b": TWO, "c": TWO}
    assert env.back(inner) == {"b": TWO, "c": TWO}
    assert env.back(outer) == {"b": ONE}


def test_fields_that_come_back_are_forgotten_again(env):
    mark = env.fork()
    env.forget("a")
    env.back(mark)
    env.forget("a")

    assert dict(env) == {"a": ONE}


def test_what_a_path_changed_can_be_made_again(env):
    env.apply({"a.x": None, "b": TWO})

    assert dict(env) == {"a": ONE, "b": TWO}


def test_paths_that_meet(env):
    met = joined(env, [{"a": TWO}, {"b": THREE}])

    assert met == {"a": v.join(TWO, ONE), "b": THREE}


def test_a_field_that_one_path_lacks_is_not_known(env):
    assert joined(env, [{"a.x": None}, {}]) == {"a.x": None}
    assert joined(env, [{"a.y": ONE}, {}]) == {"a.y": None}


def test_no_path_that_ends_says_nothing(env):
    assert joined(env, []) == {}


@pytest.mark.parametrize(
    ("changes", "says_nothing"),
    [
        ({}, True),
        ({"a": ONE}, True),
        ({"a": TWO}, False),
        ({"b": v.UNKNOWN}, True),
        ({"b": ONE}, False),
        ({"a.x": None}, True),
    ],
)
def test_a_loop_ends_where_a_turn_says_nothing_new(env, changes, says_nothing):
    assert same(env, changes) == says_nothing
