"""What names hold that a ``match`` binds."""

import pytest

from painter import result


def matched(case: str, subject: str = "paint()") -> str:
    return result(f"match {subject}:\n    case {case}:\n        x = y\n")


@pytest.mark.parametrize(
    ("case", "bound"),
    [
        ("y", "picture"),
        ("Picture() as y", "picture"),
        ("Picture(frame=y)", "frame"),
        ("Picture(layers=[y])", "layer"),
        ("Picture(layers=[y, *_])", "layer"),
        ("Picture(layers=[_, *y])", "[layer]"),
        ("Picture(frame=y) | Picture(layers=y)", "frame | layers"),
        ('{"frame": y}', "frame"),
        ('{"frame": _, **y}', "?"),
        ("Picture(y)", "?"),
        ("Picture(price=y)", "?"),
    ],
)
def test_a_pattern_binds_the_part_that_it_names(case, bound):
    assert matched(case) == bound


def test_a_key_of_a_dict_that_is_matched_is_what_stands_there():
    assert matched('{"a": y}', '{"a": paint(), "b": 1}') == "picture"


def test_a_class_pattern_proves_what_nothing_else_does():
    assert matched("Layer() as y", "anything()") == "layer"
    assert matched("Layer(frame=y)", "anything()") == "frame"


def test_a_class_pattern_keeps_of_several_what_it_names():
    subject = "paint() if a else paint().layers[0]"

    assert matched("y", subject) == "layer | picture"
    assert matched("Layer() as y", subject) == "layer"


def test_a_class_that_says_nothing_leaves_what_is_known():
    assert matched("Other() as y") == "picture"


@pytest.mark.parametrize(
    ("last", "after"),
    [
        ("_", "frame | picture"),
        ("_ if a", "frame | picture | '0'"),
        ("2", "frame | picture | '0'"),
    ],
)
def test_what_comes_before_is_kept_unless_a_case_matches_all(last, after):
    program = f"""
    y = "0"
    match a:
        case 1:
            y = paint()
        case {last}:
            y = paint().frame
    x = y
    """

    assert sorted(result(program).split(" | ")) == sorted(after.split(" | "))
