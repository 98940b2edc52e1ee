"""A stash of a newer version, or one that does not fit, is never deleted with its images."""

import pytest

from imageshim import UnreadableImageWarning, convert, normalize, read
from imageshim.testing.pictures import jpeg, png

A, B = png(filling=1).url, jpeg().url
FIELD, KEY = "provider_specific_fields", "imageshim"


def item(url, index=0):
    return {"image_url": {"url": url, "detail": "auto"}, "index": index, "type": "image_url"}


TWO = {"role": "assistant", "content": "x", "images": [item(A), item(B, 1)]}
WITH_STASH = convert(TWO, "image")
OLD = WITH_STASH[FIELD][KEY]
UNREAD = {
    "a newer version": {**OLD, "v": 2},
    "a newer shape": {"v": 3, "images": [{"at": 1, "data": B}]},
    "no version": {"images": {"1": item(B, 1)}},
    "malformed": {**OLD, "parts": "x"},
}


@pytest.mark.parametrize("held", UNREAD.values(), ids=UNREAD)
@pytest.mark.parametrize("to", ["content", "images", "parts"])
def test_what_only_it_holds_is_kept_and_a_warning_says_so(held, to):
    message = {**WITH_STASH, FIELD: {KEY: held}}
    with pytest.warns(UnreadableImageWarning, match="holds images that this version cannot"):
        there = convert(message, to)
    assert [image.url for image in read(there).images] == [A]
    assert B in repr(there[FIELD])
    if to == "images":
        assert there[FIELD][KEY] == held
        assert normalize(there) is there
    with pytest.warns(UnreadableImageWarning):
        back = convert(there, "image")
    assert back[FIELD][KEY] == held or back[FIELD][KEY]["kept"] == held


def test_a_stash_that_does_not_fit_any_more_is_kept():
    edited = {**WITH_STASH, "images": [item(A)]}
    with pytest.warns(UnreadableImageWarning):
        there = convert(edited, "parts")
    assert B in repr(there[FIELD])


@pytest.mark.parametrize("held", [{"v": 2, "was": "content"}, {"v": 2, "items": [None]}, 5, "x"])
def test_one_without_an_image_goes(held):
    message = {"role": "assistant", "content": "x", "images": [item(A)], FIELD: {KEY: held}}
    assert held not in normalize(convert(message, "parts"))[FIELD].values()


def test_one_whose_images_are_all_there_goes():
    newer = {"v": 2, "items": [item(A)]}
    message = {"role": "assistant", "content": "x", "images": [item(A)], FIELD: {KEY: newer}}
    assert KEY not in normalize({**message, "image": None})[FIELD]


def test_one_that_is_read_says_nothing():
    for to in ("content", "images", "parts"):
        there = convert(WITH_STASH, to)
        assert [image.url for image in read(there).images] == [A, B]
