"""What other files see of a value."""

import pytest

from imageshim.codemod.flow import values as v
from imageshim.codemod.flow.foreign import foreign, shape
from painter import interpreted, told


def held(program: str) -> v.Value:
    return interpreted(program).top.cells["x"]


@pytest.mark.parametrize(
    ("expression", "seen"),
    [
        ("paint()", "picture"),
        ("[paint()]", "(picture)"),
        ("[p for n in paint().layers for p in [n]]", "[layer]"),
        ("(p for p in paint().layers)", "iter layer"),
        ("paint() if a else paint().frame", "frame | picture"),
        ("painter.tools", "name painter.tools"),
        ("'a'", "?"),
        ("{'a': paint(), 'b': 1}", "{a: picture}"),
        ("{'b': 1}", "?"),
    ],
)
def test_what_has_no_tree_is_seen_elsewhere(expression, seen):
    assert told(foreign(held(f"x = {expression}\n"), "a.py")) == seen


def test_the_chain_says_in_which_file_it_was_and_says_so_once():
    value = foreign(held("x = paint()\n"), "a.py")

    assert [step.text for step in value.chain] == ["x in a.py"]
    assert [step.text for step in foreign(value, "b.py").chain] == ["x in a.py"]


def test_an_origin_is_the_same_from_everywhere():
    value = held("x = paint()\n")
    (one,), (other,) = foreign(value, "a.py").origins, foreign(value, "b.py").origins

    assert one is other
    assert one.node not in value.origins


@pytest.mark.parametrize(
    "expression", ["paint()", "[paint()]", "(p for p in paint().layers)", "paint() if a else 1",
                   "painter.tools", "a", "'a'"]
)  # fmt: skip
def test_the_shape_of_a_value_is_the_same_in_another_run(expression):
    first, second = (held(f"x = {expression}\n") for _ in range(2))

    assert shape(first) == shape(second)


def test_different_values_have_different_shapes():
    values = [
        held(f"x = {one}\n") for one in ("paint()", "[paint()]", "paint().frame", "painter.a")
    ]

    assert len({str(shape(one)) for one in values}) == len(values)
