"""The lattice of values: how they are joined, and what they hold."""

import pickle

import pytest

from imageshim.codemod.flow import values as v

A, B = v.Const("a"), v.Const("b")


def thing(kind: str = "picture") -> v.Obj:
    return v.Obj(kind, "painter", frozenset())


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (A, A, A),
        (A, v.BOTTOM, A),
        (A, v.UNKNOWN, v.UNKNOWN),
        (A, B, v.Alt((A, B))),
        (A, v.Const(None), A),
        (thing(), v.UNKNOWN, v.Alt((thing(), v.UNKNOWN))),
        (thing(), thing("frame"), v.Alt((thing(), thing("frame")))),
        (v.Seq((A, A)), v.Seq((A, B)), v.Seq((A, v.Alt((A, B))))),
        (v.Seq((A,)), v.Seq((A, B)), v.Seq(None, v.Alt((A, B)))),
        (v.Wrap("await", A), v.Wrap("await", B), v.Wrap("await", v.Alt((A, B)))),
        (v.Wrap("await", A), v.Wrap("iter", A), v.Alt((v.Wrap("await", A), v.Wrap("iter", A)))),
        (v.Wrap("with", A), v.Wrap("with", B), v.Wrap("with", v.Alt((A, B)))),
        (v.Wrap("partial", A), v.Wrap("partial", B),
         v.Alt((v.Wrap("partial", A), v.Wrap("partial", B)))),
        (v.Maybe(frozenset("a")), v.Maybe(frozenset("b")), v.Maybe(frozenset("ab"))),
        (v.Mapping((("k", A),)), v.Mapping((("k", B),)),
         v.Mapping((("k", v.Alt((A, B))),), partial=True)),
    ],
)  # fmt: skip
def test_values_of_two_paths_are_joined_in_any_order(one, other, both):
    assert v.join(one, other) == both
    assert v.join(other, one) == both


def test_what_two_paths_share_keeps_the_way_that_one_of_them_took():
    taken = v.Obj("picture", "painter", frozenset(), ((1, "p"),), frozenset({1}))

    assert v.join(thing(), taken).chain == v.join(taken, thing()).chain == taken.chain


def test_too_many_alternatives_are_unknown_but_for_what_is_looked_for():
    many = v.join_all([thing(), *(v.Const(str(n)) for n in range(20))])

    assert many == v.Alt((thing(), v.UNKNOWN))


@pytest.mark.parametrize(
    ("value", "whether"),
    [
        (thing(), True),
        (v.Seq((A, thing())), True),
        (v.Seq(None, thing()), True),
        (v.Wrap("iter", thing()), True),
        (v.Alt((A, thing())), True),
        (v.Ref("painter.paint", followed=True), True),
        (v.Ref("other"), False),
        (A, False),
        (v.UNKNOWN, False),
    ],
)
def test_a_value_holds_a_piece_or_what_makes_one(value, whether):
    assert v.holds(value) is whether


def test_the_extremes_are_the_same_objects_in_another_process():
    assert pickle.loads(pickle.dumps((v.UNKNOWN, v.BOTTOM))) == (v.UNKNOWN, v.BOTTOM)  # noqa: S301


def test_constants_are_told_where_every_path_has_one():
    assert v.constants(v.Alt((A, B))) == ["a", "b"]
    assert v.constants(v.Alt((A, thing()))) is None


def test_the_chain_of_an_object_does_not_grow_for_ever():
    value = thing()
    for line in range(100):
        value = value.after(line, "again")

    assert len(value.chain) < 20
    assert value.after(99, "again") == value


def test_mappings_are_equal_in_any_order_and_have_one_hash():
    one, other = v.Mapping((("a", A), ("b", B))), v.Mapping((("b", B), ("a", A)))

    assert one == other
    assert len({one, other}) == 1


def test_alternatives_are_equal_in_any_order_and_have_one_hash():
    assert len({v.Alt((A, B)), v.Alt((B, A))}) == 1


def test_what_holds_itself_again_and_again_stays_light_and_keeps_its_pieces():
    value: v.Value = thing()
    for _ in range(200):
        value = v.Seq((value, value))
        assert value.weight < 1_000

    assert v.holds(value)


def test_what_is_kept_of_too_much_may_be_something_else():
    deep: v.Value = thing()
    for _ in range(24):
        deep = v.Seq(None, deep)

    assert v.Seq((deep, deep)) == v.Seq(None, v.Alt((thing(), v.UNKNOWN)))
    assert v.Wrap("await", v.Alt((deep, deep))) == v.Wrap("await", v.Alt((thing(), v.UNKNOWN)))


def test_what_is_awaited_again_and_again_stays_light_and_keeps_its_pieces():
    value: v.Value = thing()
    for _ in range(200):
        value = v.Wrap("await", value)
        assert value.weight < 1_000

    assert v.holds(value)


def test_a_list_too_long_to_know_its_places_has_items_of_one_kind():
    assert v.Seq((A,) * 300) != v.Seq(None, A)
    assert v.Seq((A,) * 500) == v.Seq(None, A)


def test_a_dict_too_large_to_know_may_hold_anything():
    large = v.Mapping(tuple((str(n), A) for n in range(500)))

    assert large == v.Mapping((), partial=True)


def test_a_dict_that_is_added_to_again_and_again_is_known_up_to_some_size():
    grown = v.Mapping(())
    for number in range(100):
        grown = grown.grown(str(number), A)

    assert grown.get("0") == A
    assert len(grown.items) == v.MOST_GROWN
    assert grown.partial
    assert grown.grown("another", A) is grown
    assert grown.grown("0", B).get("0") == B


def test_of_too_many_names_of_libraries_none_is_kept_but_the_pieces_are():
    names = [v.Ref(f"painter.{n}", followed=True) for n in range(100)]
    many = v.join_all([thing(), *names])

    assert many == v.Alt((thing(), v.UNKNOWN, v.MANY))
    assert v.join(many, names[0]) == many
    assert v.join(names[0], many) == many
    assert v.widened(many) == many
    assert v.join(many, thing("frame")) == v.Alt((thing(), thing("frame"), v.UNKNOWN, v.MANY))
