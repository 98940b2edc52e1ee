"""What old code read of a message."""

import copy
from types import SimpleNamespace

import pytest

from captured import VERSIONS, replies, upstream
from imageshim import (
    Format,
    convert,
    final_image,
    final_image_url,
    first_image,
    first_image_url,
    format_of,
    legacy_content,
)
from imageshim.messages.walk import message_of
from imageshim.testing.pictures import jpeg, png

PNG, JPEG = png().url, jpeg().url


def item(url, detail="auto", **more):
    return {"image_url": {"url": url, "detail": detail}, "index": 0, "type": "image_url", **more}


@pytest.mark.parametrize("version", [v for v in VERSIONS if format_of(v) is Format.CONTENT])
def test_legacy_content_is_what_content_was(version):
    for reply in replies(version).values():
        for choice in reply["choices"]:
            content = choice["message"]["content"]
            assert legacy_content(choice["message"]) == content
            # and still is, after any conversion
            for to in Format:
                there = convert(choice["message"], to, source=version)
                assert legacy_content(there) == content


@pytest.mark.parametrize("version", [v for v in VERSIONS if format_of(v) is Format.IMAGES])
def test_old_code_that_splits_the_base64_off_goes_on_working(version):
    """``content.split("base64,")[1]``, of a reply that is one image."""
    reply = replies(version)["a_image_only"]
    (truth,) = upstream()["a_image_only"]
    content = legacy_content(reply.get("choices")[0]["message"])
    assert content == truth.images[0]
    assert content.split("base64,")[1] == truth.images[0].partition("base64,")[2]


@pytest.mark.parametrize(
    ("message", "content"),
    [
        ({"content": "hi"}, "hi"), ({"content": ""}, ""), ({"content": None}, None), ({}, None),
        ({"content": "", "images": []}, ""), ({"content": None, "images": [item(PNG)]}, PNG),
        ({"content": "", "images": [item(PNG)]}, PNG),
        ({"content": "a", "images": [item(PNG), item(JPEG)]}, f"a{PNG}{JPEG}"),
        ({"content": "a", "image": {"url": PNG}}, f"a{PNG}"),
        ({"content": f"a{PNG}b"}, f"a{PNG}b"),
        ({"content": [{"type": "image_url", "image_url": {"url": PNG}},
                      {"type": "text", "text": "b"}, {"type": "file"}]}, f"{PNG}b"),
        ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, "ab"),
        ({"content": [{"type": "file"}]}, None), ({"content": []}, None),
        ({"content": 5}, None), ({"content": {"a": 1}}, None),
        ({"content": "a", "images": [{"image_url": {"url": "https://a/b"}}]}, "a\nhttps://a/b"),
        (None, None), ("text", None), (5, None), ([], None),
        ({"choices": []}, None), ({"choices": [{}]}, None), ({"choices": [None]}, None),
        ({"message": {"content": "x"}}, "x"),
        ({"choices": [{"message": {"content": "x"}}, {"message": {"content": "y"}}]}, "x"),
        ({"choices": [{"delta": {"content": "x"}}]}, "x"),
    ],
    ids=lambda value: str(value)[:50],
)  # fmt: skip
def test_legacy_content(message, content):
    before = copy.deepcopy(message)
    assert legacy_content(message) == content
    assert message == before


@pytest.mark.parametrize("content", [f"![cat]({PNG}) ok", PNG.partition(",")[2], f'"{PNG}"'])
def test_what_is_content_already_stays_as_it_is(content):
    message = {"content": content}
    assert legacy_content(message) is content


def test_the_order_comes_back_from_the_stash():
    message = {"content": f"a{PNG}b{JPEG}c"}
    for to in Format:
        assert legacy_content(convert(message, to)) == message["content"]


@pytest.mark.parametrize(
    ("message", "image"),
    [
        ({"content": "hi"}, None), ({}, None), (None, None), ("x", None), ({"choices": []}, None),
        ({"content": None, "images": []}, None), ({"image": None}, None),
        ({"content": "x", "image": {"url": PNG, "detail": "high"}},
         {"url": PNG, "detail": "high"}),
        ({"content": "x", "image": {"url": PNG}}, {"url": PNG, "detail": "auto"}),
        ({"content": "x", "images": [item(PNG), item(JPEG)]}, {"url": PNG, "detail": "auto"}),
        ({"content": "x", "images": [item(PNG, "low", vendor=1)]}, {"url": PNG, "detail": "low"}),
        ({"content": f"x{PNG}"}, {"url": PNG, "detail": "auto"}),
        ({"content": [{"type": "image_url", "image_url": {"url": PNG}}]},
         {"url": PNG, "detail": "auto"}),
        ({"provider_specific_fields": {"image": {"url": PNG, "detail": "auto"}}},
         {"url": PNG, "detail": "auto"}),
    ],
    ids=lambda value: str(value)[:50],
)  # fmt: skip
def test_first_image(message, image):
    assert first_image(message) == image
    assert first_image_url(message) == (image and PNG)
    for reply in (
        {"choices": [{"message": message}]},
        SimpleNamespace(choices=[SimpleNamespace(message=message)]),
        {"message": message},
    ):
        assert first_image(reply) == image


def test_the_image_may_be_changed_without_changing_the_message():
    message = {"content": "x", "images": [item(PNG, "low")]}
    first_image(message)["detail"] = "high"
    assert message["images"][0]["image_url"]["detail"] == "low"


@pytest.mark.parametrize("choice", [-1, 2, 99])
def test_no_such_choice_is_none(choice):
    reply = {"choices": [{"message": 1}, {"message": 2}]}
    assert message_of(reply, choice) is None
    assert message_of(reply, 1) == 2


@pytest.mark.parametrize("to", Format)
def test_the_final_image_is_the_last_one_whichever_format_holds_it(to):
    message = convert({"content": "Look:", "images": [item(PNG), item(JPEG, "high")]}, to)
    assert final_image(message) == {"url": JPEG, "detail": "high"}
    assert final_image_url(message) == JPEG


def test_a_message_without_an_image_has_no_final_one():
    assert final_image({"content": "Hello"}) is None
    assert final_image_url({"content": "Hello"}) is None
