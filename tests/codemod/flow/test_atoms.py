"""Values without others in them."""

import ast
import pickle

import pytest

from imageshim.codemod.flow.atoms import BOTTOM, MANY, UNKNOWN, Maybe, Obj, Origin


def painted(what="paint()", **more):
    return Origin(ast.Pass(), what, "painter", **more)


@pytest.mark.parametrize("extreme", [UNKNOWN, BOTTOM, MANY])
def test_there_is_one_of_each_extreme_in_every_process(extreme):
    assert pickle.loads(pickle.dumps(extreme)) is extreme  # noqa: S301


def test_labels_are_of_the_origins_and_of_the_way():
    value = Obj("picture", "painter", frozenset({painted(labels=frozenset({"URL"}))}))

    assert value.after(3, "answer").labels == {"URL", "answer"}


def test_a_piece_has_the_origins_of_the_whole_and_its_own_read():
    origin, read = painted(), ast.parse("picture.frame", mode="eval").body
    whole = Obj("picture", "painter", frozenset({origin}))

    assert whole.piece("frame", read) == Obj(
        "frame", "painter", frozenset({origin}), (), frozenset({read})
    )
    assert whole.piece("frame", read).piece("corner").reads == {read}


def test_origins_are_told_apart_though_they_say_the_same():
    assert painted() != painted()


def test_of_too_many_labels_the_shortest_are_kept_in_any_order():
    labels = [f"{n:04}" for n in range(500)]
    one = Maybe(frozenset(["x", *labels]))
    other = Maybe(frozenset(["x", *labels[:250]]) | Maybe(frozenset(labels[250:])).labels)

    assert one == other
    assert "x" in one.labels
    assert len(one.labels) < 100
