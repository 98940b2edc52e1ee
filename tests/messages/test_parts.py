"""The neutral form."""

import pytest

from imageshim.messages.parts import Image, Other, Text, default_order, text_of

A, B = Image("data:image/png;base64,AAAA"), Image("data:image/png;base64,BBBB")
FILE = Other({"type": "file"}, "part")


@pytest.mark.parametrize(
    "parts",
    [[], [Text("a")], [A], [A, B], [Text("a"), A], [Text(""), A, B], [Text("a"), A, FILE], [FILE]],
)
def test_one_run_of_text_before_all_images_is_the_default_order(parts):
    assert default_order(parts)


@pytest.mark.parametrize(
    "parts",
    [[A, Text("a")], [Text("a"), Text("b"), A], [Text("a"), A, Text("b")], [FILE, A], [A, FILE, B]],
)
def test_every_other_order_is_worth_keeping(parts):
    assert not default_order(parts)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ([], None),
        ([A], None),
        ([Text("")], ""),
        ([Text("a"), A, Text("b"), FILE, Text("")], "ab"),
    ],
)
def test_text_is_joined_and_none_is_not_empty(parts, text):
    assert text_of(parts) == text
