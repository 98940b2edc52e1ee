"""Drafts of the reasoning beside a stash that somebody has edited, or texts that were."""

import json

import pytest

from imageshim import convert, read
from imageshim.testing.pictures import gif, jpeg, png

A, B, C, D = png(filling=1).url, jpeg().url, png(filling=3).url, gif().url
FORMATS = ("content", "image", "images", "parts")
FIELD, KEY = "provider_specific_fields", "imageshim"


def item(url, index=0, **more):
    inner = {"url": url, "detail": "auto"}
    return {"image_url": inner, "index": index, "type": "image_url", **more}


def part(url, **more):
    return {"type": "image_url", "image_url": {"url": url}, **more}


MESSAGES = {
    "content": {"content": f"{C} x {D}", "reasoning_content": f"{A} and {B}!"},
    "one place": {"content": "no", "reasoning_content": f"hm {A}{B}"},
    "images": {"content": "t", "images": [item(C, 0, v=1), item(D, 1)],
               "reasoning_content": f"hm {A}!"},
    "parts": {"content": [{"type": "text", "text": "a"}, part(B, id=7), "b"],
              "reasoning_content": f"hm {A}"},
    "nothing of images in parts": {"content": [part(B, id=7)], "images": [{}, None],
                                   "reasoning_content": f"{A}"},
}  # fmt: skip


def _edit_stash(message, **fields):
    kept = (message.get(FIELD) or {}).get(KEY) or {}
    return {**message, FIELD: {KEY: {**kept, **fields}}}


def _moved(message):
    kept = (message.get(FIELD) or {}).get(KEY) or {}
    moved = [[*entry[:2], entry[2] + 9] if entry[0] == "draft" else entry
             for entry in kept.get("parts", [])]  # fmt: skip
    return _edit_stash(message, parts=moved)


EDITS = {
    "nothing": dict,
    "no reasoning": lambda said: {**said, "reasoning_content": None},
    "it is gone": lambda said: {k: v for k, v in said.items() if k != "reasoning_content"},
    "a longer one": lambda said: {**said, "reasoning_content": f"so {said['reasoning_content']}"},
    "a shorter one": lambda said: {**said, "reasoning_content": said["reasoning_content"][:2]},
    "offsets that are too large": _moved,
    "no order": lambda said: _edit_stash(said, parts=[]),
    "another text": lambda said: {**said, "content": "other"},
    "fewer images": lambda said: {**said, "images": (said.get("images") or [])[1:]},
}


def urls(message):
    return sorted(image.url for image in read(message).images)


@pytest.mark.parametrize("name", MESSAGES)
@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("first", FORMATS)
def test_no_image_is_lost_and_again_changes_nothing(name, edit, first):
    there = EDITS[edit](convert({"role": "assistant", **MESSAGES[name]}, first, drafts="images"))
    before = json.dumps(there)
    for to in FORMATS:
        for drafts in ("keep", "images"):
            made = convert(there, to, drafts=drafts)
            assert urls(made) == urls(there)
            assert json.dumps(convert(made, to, drafts=drafts)) == json.dumps(made)
    assert json.dumps(there) == before


@pytest.mark.parametrize("name", ["parts", "nothing of images in parts"])
@pytest.mark.parametrize("to", ["content", "image", "images", "parts"])
def test_a_stash_beside_drafts_holds_no_second_copy_of_an_image(name, to):
    there = convert({"role": "assistant", **MESSAGES[name]}, to, drafts="images")
    assert json.dumps(there).count(B) == 1
    back = convert(there, "parts", drafts="images")
    assert part(B, id=7) in back["content"]
    assert "text" not in back["content"][-1] or back["content"][-1]["text"] is not None
