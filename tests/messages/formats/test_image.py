"""``image``: one ``message.image``."""

import pytest

from imageshim.messages.formats import image
from imageshim.messages.parts import ImagePart, TextPart
from imageshim.testing.pictures import jpeg, png

PNG, JPEG = png().url, jpeg().url


def canonical(url, **inner):
    return {"image_url": {"url": url, **inner}, "index": 0, "type": "image_url"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"url": PNG, "detail": "auto"}, [ImagePart(PNG)]),
        ({"url": PNG}, [ImagePart(PNG)]),
        ({"url": PNG, "detail": None}, [ImagePart(PNG)]),
        ({"url": PNG, "detail": "high"}, [ImagePart(PNG, canonical(PNG, detail="high"))]),
        ({"image_url": {"url": PNG, "detail": "auto"}}, [ImagePart(PNG)]),
        ({"url": ""}, []), ({"url": None}, []), ({}, []), (None, []), (7, []),
        ("", []), ([], []),
        ({"url": "data:application/pdf;base64,JVBE"}, []),
    ],
)  # fmt: skip
def test_reading(value, expected):
    assert image.lift(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (PNG, [ImagePart(PNG)]),
        ([{"data": PNG.partition(",")[2], "mime_type": "image/png"}, {"url": JPEG}],
         [ImagePart(PNG), ImagePart(JPEG)]),
        ((JPEG, None, 5), [ImagePart(JPEG)]),
    ],
)  # fmt: skip
def test_reading_dialects(value, expected):
    assert image.lift(value) == expected


def test_writing_the_first():
    parts = [TextPart("a"), ImagePart(PNG), ImagePart(JPEG)]
    assert image.lower(parts, None) == {"content": "a", "image": {"url": PNG, "detail": "auto"}}


def test_writing_a_detail_and_unknown_keys():
    parts = [ImagePart(PNG, canonical(PNG, detail="low", media="x"))]
    assert image.lower(parts, None) == {
        "content": None,
        "image": {"url": PNG, "detail": "low", "media": "x"},
    }


def test_a_field_that_had_no_detail_gets_none():
    assert image.layout_of({"url": PNG}) == {"url": None}
    assert image.layout_of({"url": PNG, "detail": None}) is None
    assert image.layout_of({"url": PNG, "detail": "auto"}) is None
    assert image.layout_of("x") is None
    assert image.lower([ImagePart(PNG)], {"url": None})["image"] == {"url": PNG}
    assert image.lower([ImagePart(PNG)], {"url": None, "detail": 1})["image"]["detail"] == "auto"
    assert image.lower([ImagePart(PNG)], "x")["image"]["detail"] == "auto"
