"""The values of the codemod's data flow: what is found must not depend on the order of paths."""

from __future__ import annotations

import ast
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageshim.codemod.flow.scopes import Class, ClassInfo, Inst, Scope
from imageshim.codemod.flow.values import (
    BOTTOM,
    UNKNOWN,
    Const,
    Mapping,
    Maybe,
    Obj,
    Origin,
    Ref,
    Seq,
    Value,
    Wrap,
    alternatives,
    holds,
    join,
    join_all,
    widened,
)

ORIGINS = [
    Origin(ast.Pass(), "completion()", "litellm"),
    Origin(ast.Pass(), "Router.completion()", "litellm"),
]
_MADE = ast.parse("class Client: pass").body[0]
assert isinstance(_MADE, ast.ClassDef)
CLASS = ClassInfo(_MADE, Scope(ast.Module([], []), None))

ATOMS: list[Value] = [
    BOTTOM, UNKNOWN, Const(None), Const("a"), Const(True),
    Ref("litellm.completion", followed=True), Ref("os"),
    Maybe(frozenset({"reply"})), Maybe(frozenset({"m"})), Inst(CLASS), Class(CLASS),
    *(Obj(kind, "litellm", frozenset({origin})) for kind in ("reply", "message")
      for origin in ORIGINS),
    Obj("message", "dict", frozenset(ORIGINS)),
]  # fmt: skip


def composed(inner: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    return st.one_of(
        st.builds(Seq, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Seq, st.none(), inner),
        st.builds(Wrap, st.sampled_from(["await", "iter", "partial"]), inner),
        st.builds(
            Mapping, st.dictionaries(st.sampled_from("ab"), inner).map(lambda d: tuple(d.items()))
        ),
        st.builds(join, inner, inner),
    )


VALUES = st.recursive(st.sampled_from(ATOMS), composed, max_leaves=6)


@given(VALUES)
def test_a_value_joined_with_itself_is_itself(value):
    value = join(value, BOTTOM)
    assert join(value, value) == value


@given(VALUES, VALUES)
def test_what_is_joined_is_in_the_result(one, other):
    both = join(one, other)
    assert join(both, one) == both
    assert join(both, other) == both


@given(VALUES, VALUES)
def test_the_order_of_two_paths_does_not_matter(one, other):
    assert join(one, other) == join(other, one)


@given(VALUES, VALUES, VALUES)
def test_the_order_of_three_paths_does_not_matter(one, other, third):
    assert join(join(one, other), third) == join(one, join(other, third))


def test_a_list_that_may_be_unknown_has_items_that_may_be():
    reply = ATOMS[-2]
    texts, replies = Seq(None, Const("x")), Seq((reply, UNKNOWN))
    assert join(join(UNKNOWN, texts), replies) == join(UNKNOWN, join(texts, replies))


@given(VALUES)
def test_unknown_takes_in_everything_but_replies(value):
    found = join(value, UNKNOWN)
    assert UNKNOWN in alternatives(found)
    assert all(one is UNKNOWN or holds(one) for one in alternatives(found))


@given(VALUES, st.lists(st.sampled_from(["list", "pair", "await", "iter"]), min_size=1, max_size=3))
def test_what_is_widened_stops_growing(value, layers):
    """A loop may wrap what it holds once more each time."""
    rounds = 0
    while True:
        grown = value
        for layer in layers:
            if layer == "list":
                grown = Seq(None, grown)
            elif layer == "pair":
                grown = Seq((grown, value))
            else:
                grown = Wrap(layer, grown)
        after = widened(join(value, grown))
        if after == value:
            break
        value = after
        rounds += 1
        assert rounds < 10


@given(st.lists(VALUES, max_size=20))
def test_a_value_has_few_alternatives(values):
    assert len(alternatives(join_all(values))) <= 9


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (UNKNOWN, "UNKNOWN"),
        (BOTTOM, "BOTTOM"),
        (ATOMS[-2], "<litellm message of Router.completion()>"),
        (Seq(None, UNKNOWN), "Seq(items=None, rest=UNKNOWN)"),
    ],
)
def test_a_value_says_what_it_is(value, text):
    assert repr(value) == text


def test_there_is_one_unknown_in_every_process():
    assert pickle.loads(pickle.dumps(Seq(None, UNKNOWN))).rest is UNKNOWN  # noqa: S301
