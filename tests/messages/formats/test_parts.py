"""``parts``: ``content`` is a list."""

import json
from types import SimpleNamespace

import pytest

from imageshim import convert
from imageshim.messages.formats import parts
from imageshim.messages.parts import ImagePart, OtherPart, TextPart
from imageshim.testing.pictures import jpeg, png

PNG, JPEG = png().url, jpeg().url


def text(value, **more):
    return {"type": "text", "text": value, **more}


def image(url, **more):
    return {"type": "image_url", "image_url": {"url": url, "detail": "auto"}, **more}


@pytest.mark.parametrize(
    ("entry", "part"),
    [
        (text("a"), TextPart("a")), (text(""), TextPart("")), ("a", TextPart("a")),
        ({"type": "output_text", "text": "a"}, TextPart("a")),
        (SimpleNamespace(type="text", text="a"), TextPart("a")),
        (image(PNG), ImagePart(PNG)),
        ({"type": "image_url", "image_url": {"url": PNG}}, ImagePart(PNG)),
        (SimpleNamespace(type="image_url", image_url=SimpleNamespace(url=PNG)), ImagePart(PNG)),
        (text(None), OtherPart(text(None), "part")), ({}, OtherPart({}, "part")),
        (None, OtherPart(None, "part")),
        ({"type": "file"}, OtherPart({"type": "file"}, "part")),
        ({"type": [], "text": "a"}, OtherPart({"type": [], "text": "a"}, "part")),
        (
            {"type": "refusal", "refusal": "no"},
            OtherPart({"type": "refusal", "refusal": "no"}, "part"),
        ),
    ],
    ids=str,
)  # fmt: skip
def test_one_entry(entry, part):
    assert parts.lift([entry]) == [part]


def test_unknown_keys_and_a_detail_make_an_item():
    (part,) = parts.lift([image(PNG, cache_control=1)])
    assert part.item == {
        "image_url": {"url": PNG, "detail": "auto"}, "index": 0, "type": "image_url",
        "cache_control": 1,
    }  # fmt: skip
    entry = {"type": "image_url", "image_url": {"url": PNG, "detail": "low"}}
    (part,) = parts.lift([entry])
    assert part.item["image_url"]["detail"] == "low"


def test_writing_in_order():
    written = parts.lower(
        [
            TextPart("a"),
            ImagePart(PNG),
            OtherPart({"type": "file"}, "part"),
            OtherPart(1, "item"),
            TextPart("b"),
        ],
        None,
    )
    assert written == {"content": [text("a"), image(PNG), {"type": "file"}, text("b")]}


ENTRIES = [
    "plain",
    text("a"),
    text("b", cache_control={"type": "ephemeral"}),
    {"text": "c", "type": "text"},
    {"type": "output_text", "text": "d"},
    image(PNG),
    {"type": "image_url", "image_url": {"url": JPEG}},
    image(PNG, cache_control=1),
    {"type": "input_image", "image_url": {"url": PNG, "detail": "auto"}},
    {"image_url": {"detail": "high", "url": JPEG}, "type": "image_url"},
    {"type": "file"},
]


def test_spellings_come_back_by_the_layout():
    lifted = parts.lift(ENTRIES)
    layout = parts.layout_of(ENTRIES, lifted)
    assert PNG not in str(layout)
    assert JPEG not in str(layout)
    written = parts.lower(lifted, layout)["content"]
    assert written == ENTRIES
    assert [list(new) for new in written[1:]] == [list(old) for old in ENTRIES[1:]]


def test_usual_spellings_have_no_layout():
    entries = [text("a"), image(PNG), {"type": "file"}]
    assert parts.layout_of(entries, parts.lift(entries)) is None


def test_a_dialect_is_not_written_back():
    entry = {"type": "image", "b64_json": PNG.partition(",")[2]}
    lifted = parts.lift([entry])
    assert lifted[0].url == PNG
    assert parts.layout_of([entry], lifted) is None
    objects = [SimpleNamespace(type="text", text="a")]
    assert parts.layout_of(objects, parts.lift(objects)) is None


@pytest.mark.parametrize(
    "layout",
    [
        "x", [], [None], [5, 5], [{}, 5], [[], ""], [{"type": []}, {"image_url": 5}], [None, ""],
        [{"type": "text"}], {"0": None},
    ],
)  # fmt: skip
def test_a_layout_of_any_shape_loses_nothing(layout):
    written = parts.lower([TextPart("a"), ImagePart(PNG)], layout)
    assert written == {"content": [text("a"), image(PNG)]}


def test_keys_of_a_part_in_another_order_come_back():
    before = {
        "content": [
            {"index": 0, "image_url": {"url": PNG, "detail": "auto"}, "type": "image_url"},
            {"image_url": {"url": PNG, "detail": "auto"}, "type": "image_url"},
        ]
    }
    there = convert(before, "images")
    assert [tuple(item) for item in there["images"]] == [("image_url", "index", "type")] * 2
    assert json.dumps(convert(there, "parts")) == json.dumps(before)
