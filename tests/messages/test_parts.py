"""The neutral form."""

import pytest

from imageshim.messages.parts import ImagePart, OtherPart, TextPart, default_order, text_of

A, B = ImagePart("data:image/png;base64,AAAA"), ImagePart("data:image/png;base64,BBBB")
FILE = OtherPart({"type": "file"}, "part")


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [TextPart("a")],
        [A],
        [A, B],
        [TextPart("a"), A],
        [TextPart(""), A, B],
        [TextPart("a"), A, FILE],
        [FILE],
    ],
)
def test_one_run_of_text_before_all_images_is_the_default_order(parts):
    assert default_order(parts)


@pytest.mark.parametrize(
    "parts",
    [
        [A, TextPart("a")],
        [TextPart("a"), TextPart("b"), A],
        [TextPart("a"), A, TextPart("b")],
        [FILE, A],
        [A, FILE, B],
    ],
)
def test_every_other_order_is_worth_keeping(parts):
    assert not default_order(parts)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ([], None),
        ([A], None),
        ([TextPart("")], ""),
        ([TextPart("a"), A, TextPart("b"), FILE, TextPart("")], "ab"),
    ],
)
def test_text_is_joined_and_none_is_not_empty(parts, text):
    assert text_of(parts) == text
