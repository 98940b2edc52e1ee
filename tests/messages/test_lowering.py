"""What a format cannot hold, and what may not be overwritten."""

import warnings

import pytest

from imageshim import (
    Format,
    ImageShimError,
    LossyConversionError,
    LossyConversionWarning,
    MalformedImageError,
    convert,
    normalize,
)
from imageshim.testing.pictures import gif, jpeg, png

PNG, JPEG, GIF = png().url, jpeg().url, gif().url


def item(url, index=0, detail="auto", **more):
    return {
        "image_url": {"url": url, "detail": detail},
        "index": index,
        "type": "image_url",
        **more,
    }


def part(url, **more):
    return {"type": "image_url", "image_url": {"url": url, "detail": "auto"}, **more}


def text(value, **more):
    return {"type": "text", "text": value, **more}


FILE = {"type": "file", "file": {"file_id": "f"}}

ORDER = "the order of text and images"
LOSSES = [
    ("images", {"content": f"{PNG}after"}, ORDER),
    ("image", {"content": f"{PNG}after"}, ORDER),
    ("images", {"content": f"a{PNG}b"}, ORDER),
    ("images", {"content": [part(PNG), text("after")]}, ORDER),
    ("images", {"content": [text("a"), text("b"), part(PNG)]}, ORDER),
    ("image", {"content": None, "images": [item(PNG), item(JPEG, 1)]}, "1 of 2 images"),
    ("image", {"content": f"{PNG}{JPEG}{GIF}"}, "2 of 3 images"),
    ("content", {"content": None, "images": [item(PNG, 0, "high")]},
     "the detail or unknown keys of an image"),
    ("content", {"content": None, "images": [item(PNG, vendor=1)]},
     "the detail or unknown keys of an image"),
    ("image", {"content": None, "images": [item(PNG, vendor=1)]},
     "the detail or unknown keys of an image"),
    ("parts", {"content": None, "images": [item(PNG, vendor=1)]},
     "the detail or unknown keys of an image"),
    ("images", {"content": [part(PNG), FILE]}, "1 entry that is not an image"),
    ("content", {"content": [part(PNG), FILE, FILE]}, "2 entries that are not images"),
    ("image", {"content": None, "images": [item(PNG), {"type": "odd"}]},
     "1 entry that is not an image"),
    ("images", {"content": [text("a", cache_control={}), part(PNG)]},
     "the other keys of text and image parts"),
    ("image", {"content": [part(PNG), text("a"), FILE, part(JPEG)]},
     f"{ORDER}, 1 of 2 images, 1 entry that is not an image"),
]  # fmt: skip


@pytest.mark.parametrize(("to", "message", "loss"), LOSSES)
def test_raise_says_what_would_be_lost_and_where(to, message, loss):
    with pytest.raises(LossyConversionError) as caught:
        convert(message, to, on_loss="raise")
    assert str(caught.value) == f"message: the format {to!r} cannot hold {loss}"
    reply = {"choices": [{"message": {"content": "x"}}, {"message": message}]}
    with pytest.raises(LossyConversionError) as caught:
        convert(reply, to, on_loss="raise")
    assert str(caught.value) == f"choices[1].message: the format {to!r} cannot hold {loss}"
    with pytest.raises(LossyConversionError, match=r"^message: "):
        convert({"message": message}, to, on_loss="raise")


@pytest.mark.parametrize(("to", "message", "loss"), LOSSES)
def test_drop_warns_of_the_same_and_leaves_no_stash(to, message, loss):
    with pytest.warns(LossyConversionWarning) as caught:
        after = convert(message, to, on_loss="drop")
    assert [str(warning.message) for warning in caught] == [
        f"message: the format {to!r} cannot hold {loss}"
    ]
    assert "provider_specific_fields" not in after


@pytest.mark.parametrize(("to", "message", "loss"), LOSSES)
def test_stash_loses_nothing_and_says_nothing(to, message, loss):
    assert loss
    name = "images" if "images" in message else "parts"
    name = "content" if isinstance(message["content"], str) else name
    after = convert(message, to)
    assert "imageshim" in after["provider_specific_fields"]
    assert convert(after, name) == message


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("images", {"content": f"before{PNG}{JPEG}"}),
        ("images", {"content": None, "image": {"url": PNG, "detail": "high"}}),
        ("image", {"content": "a", "images": [item(PNG, 0, "low")]}),
        ("parts", {"content": "a", "images": [item(PNG, 0, "low"), item(JPEG, 1)]}),
        ("parts", {"content": f"a{PNG}b{JPEG}"}),
        ("content", {"content": "a", "images": [item(PNG)]}),
        ("content", {"content": [text("a"), part(PNG), text("b")]}),
        ("images", {"content": "a", "images": [item(PNG, 7)]}),
        ("image", {"content": "nothing"}),
    ],
)
def test_where_nothing_is_lost_nothing_is_said(to, message):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dropped = convert(message, to, on_loss="drop")
        assert convert(message, to, on_loss="raise") == dropped
    assert "provider_specific_fields" not in dropped


def test_a_dropped_stash_of_before_is_gone():
    message = normalize({"content": f"a{PNG}b"})
    with pytest.warns(LossyConversionWarning, match=ORDER):
        after = convert(message, "image", on_loss="drop")
    assert "provider_specific_fields" not in after


# what is not ours is not overwritten


@pytest.mark.parametrize("held", ["text", 7, [1], True])
def test_provider_fields_that_are_no_object_are_not_overwritten(held):
    message = {"content": f"{PNG}b", "provider_specific_fields": held}
    with pytest.raises(MalformedImageError) as caught:
        normalize({"choices": [{"message": message}]})
    assert str(caught.value) == (
        "choices[0].message.provider_specific_fields should be an object, "
        f"not {type(held).__name__}"
    )
    with pytest.warns(LossyConversionWarning):
        assert normalize(message, on_loss="drop")["provider_specific_fields"] == held


@pytest.mark.parametrize(
    ("to", "field", "held"),
    [
        ("image", "image", 7),
        ("image", "image", [1]),
        ("image", "image", {"path": "cat.png"}),
        ("images", "images", {"0": "x"}),
        ("images", "images", "x"),
    ],
)
def test_a_field_that_holds_something_else_is_not_overwritten(to, field, held):
    parts = [text("a"), part(PNG)]
    message = {"content": parts, field: held}
    with pytest.raises(MalformedImageError) as caught:
        convert(message, to)
    assert str(caught.value) == (
        f"message.{field} is of type {type(held).__name__}, which holds no image; "
        f"the format '{field}' would overwrite it"
    )
    assert convert(message, "content")[field] == held  # it stays where it is not in the way


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"content": [text("a"), part(PNG)]},
        {"content": "a", "image": {"url": PNG}},
        {"content": "a", "content_blocks": [part(PNG)]},
        {"content": "a", "provider_specific_fields": {"image": {"url": PNG}}},
    ],
)
@pytest.mark.parametrize("odd", [{"type": "odd"}, None, []])
def test_a_list_without_images_stays_before_the_image_that_stands_elsewhere(elsewhere, odd):
    message = {"images": [odd], **elsewhere}
    assert normalize(message)["images"] == [odd, {**normalize(elsewhere)["images"][0], "index": 1}]
    for to in ("content", "image", "parts"):
        there = convert(message, to)
        assert convert(there, to) == there
        assert normalize(there)["images"] == normalize(message)["images"]


def test_reasoning_that_is_no_text_holds_no_draft():
    drafted = {"content": PNG, "reasoning_content": f"a{JPEG}", "role": "assistant"}
    there = normalize(drafted, drafts="images")
    with pytest.raises(MalformedImageError) as caught:
        convert({**there, "reasoning_content": ["a"]}, "content")
    assert str(caught.value) == (
        "message.reasoning_content should be text to hold a draft, not list"
    )
    del there["reasoning_content"]
    assert convert(there, "content")["reasoning_content"] == JPEG


def test_every_error_is_one_class():
    for message in ({"content": f"{PNG}b", "provider_specific_fields": 7},):
        with pytest.raises(ImageShimError):
            normalize(message)


# order of keys


@pytest.mark.parametrize("to", Format)
@pytest.mark.parametrize(
    "keys", [("a", "content", "b"), ("content", "a", "b"), ("a", "b", "content")]
)
def test_fields_that_are_made_come_last_and_content_stays(to, keys):
    values = {"a": 1, "b": None, "content": f"x{PNG}"}
    before = {key: values[key] for key in keys}
    after = convert(before, to, source="content")
    assert [key for key in after if key in keys] == list(keys)
    assert list(after)[: len(keys)] == list(keys)
    assert list(convert(after, "content")) == list(keys)


def test_image_takes_the_place_of_images():
    before = {"a": 1, "images": [item(PNG)], "b": 2, "content": "x"}
    assert list(convert(before, "image")) == ["a", "image", "b", "content"]


def test_both_fields_null_stay_null():
    before = {"image": None, "content": f"x{PNG}", "images": None}
    after = normalize(before)
    assert list(after) == ["image", "content", "images", "provider_specific_fields"]
    assert after["image"] is None
    assert convert(after, "content") == before
    there = convert(after, "image")
    assert there["images"] is None
    assert convert(there, "content") == before
