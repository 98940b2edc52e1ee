"""Which image is shown where there is room for one: models that think aloud send drafts first."""

import json

import pytest

from imageshim import (
    convert,
    convert_bytes,
    final_image,
    final_image_url,
    first_image_url,
    normalize,
    read,
)
from imageshim.testing.pictures import jpeg, png

A, B, C = png(filling=1).url, jpeg().url, png(filling=3).url


def item(url, index, **inner):
    inner = {"url": url, "detail": "auto", **inner}
    return {"image_url": inner, "index": index, "type": "image_url"}


IMAGES = {"role": "assistant", "content": "x", "images": [item(A, 0), item(B, 1), item(C, 2)]}
DETAILED = {**IMAGES, "images": [item(A, 0), item(B, 1), {**item(C, 2, detail="low"), "vendor": 1}]}
MIXED = normalize({"role": "assistant", "content": f"a{A}b{B}c{C}d"})
ONE = {"role": "assistant", "content": "x", "images": [item(A, 0)]}


@pytest.mark.parametrize("message", [IMAGES, DETAILED, MIXED, ONE])
@pytest.mark.parametrize("pick", ["first", "final"])
def test_the_format_that_holds_one_image_gets_the_one_that_is_asked_for(message, pick):
    urls = [image.url for image in read(message).images]
    there = convert(message, "image", pick=pick)
    assert there["image"]["url"] == urls[-1 if pick == "final" else 0]
    assert [image.url for image in read(there).images] == urls
    assert normalize(there) == message
    assert convert(there, "image") is there
    for to in ("content", "parts"):
        assert [image.url for image in read(convert(there, to)).images] == urls
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    assert json.loads(convert_bytes(body, "image", pick=pick)) == there


def test_it_can_be_picked_again():
    there = convert(IMAGES, "image")
    again = convert(there, "image", pick="final")
    assert again["image"]["url"] == C
    assert normalize(again) == IMAGES


def test_what_the_other_formats_hold_is_the_same_whatever_is_picked():
    for to in ("content", "parts", "images"):
        assert convert(MIXED, to, pick="final") == convert(MIXED, to)


def test_a_draft_is_not_final_where_that_is_known():
    block = json.dumps({"inlineData": {"mimeType": "image/png", "data": A.partition(",")[2]}})
    message = {
        **IMAGES, "reasoning_content": "hm", "thinking_blocks": [{"thinking": block}],
    }  # fmt: skip
    assert final_image_url(message) == A
    drafts = {"role": "assistant", "content": A, "reasoning_content": B}
    assert convert(drafts, "image", drafts="images", pick="final")["image"]["url"] == A
    alone = {"role": "assistant", "content": "x", "reasoning_content": B}
    assert convert(alone, "image", drafts="images", pick="final")["image"]["url"] == B


@pytest.mark.parametrize("message", [IMAGES, MIXED, {"choices": [{"message": IMAGES}]}])
def test_the_final_image_is_the_last(message):
    assert final_image(message) == {"url": C, "detail": "auto"}
    assert final_image_url(message) == C
    assert first_image_url(message) == A


@pytest.mark.parametrize("message", [{"content": "x"}, {}, None, 5, "text", {"choices": []}])
def test_without_an_image_there_is_none(message):
    assert final_image(message) is None
    assert final_image_url(message) is None


def test_the_detail_of_a_final_image_is_kept():
    assert final_image(DETAILED) == {"url": C, "detail": "low"}
