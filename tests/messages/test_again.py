"""To convert a message to the format that it is in changes nothing, whatever else it holds."""

import json

import pytest

from imageshim import UnreadableImageWarning, convert, convert_bytes, detect, normalize, read
from imageshim.testing.pictures import gif, png

A, B = png(filling=1).url, gif().url
URL = "https://i.example.com/a.png"
FORMATS = ("content", "image", "images", "parts")


def inner(url, /, **more):
    return {"url": url, "detail": "auto", **more}


def item(url, /, **more):
    return {"image_url": inner(url), "index": 0, "type": "image_url", **more}


MESSAGES = {
    **{
        f"an unknown {name} inside of image_url": {
            "content": "x",
            "images": [{**item(A), "image_url": inner(A, **{name: value})}],
        }
        for name, value in {
            "vendor": 1, "images": None, "image_url": None, "index": None, "url_expires": "",
            "type": "text", "mime_type": "audio/wav", "text": "t", "content": None,
        }.items()
    },
    **{
        f"a remote one whose {name} says otherwise": {
            "content": "x",
            "images": [{**item(URL), "image_url": inner(URL, **{name: value}), "vendor": 1}],
        }
        for name, value in {"type": "video", "mime_type": "audio/wav", "type ": "file"}.items()
    },
    "members of an image": {"content": "x", "image": inner(A, vendor=1, index=None, type=None)},
    "an image without detail": {"image": {"vendor": {"a": None}, "url": A}},
    "an empty detail": {"content": "x", "images": [{"image_url": {"detail": "", "url": A}}]},
    "a url beside image_url": {"images": [item(A, url="t"), item(B, url="")]},
    "a url in a text part": {"content": [{"type": "text", "text": "x", "url": "y"},
                                         {"data": A, "images": []}]},
    "the same in the provider's fields": {
        "content": "x", "image": inner(A), "provider_specific_fields": {"image": inner(A)},
    },
    "others in the provider's fields": {
        "content": "x", "images": [item(A)], "provider_specific_fields": {"images": [item(B)]},
    },
    "a list that holds none": {"images": [[], None, {}], "content": [{"b64_json": A}]},
    "null behind an image": {"content": "x", "images": [item(A), None]},
    "a list of none beside an image in the reasoning": {"images": [{}], "reasoning_content": A},
    "an item with members beside an image in the reasoning": {
        "images": [item(A, vendor=1)], "reasoning_content": f"so: {B}",
    },
}  # fmt: skip


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
@pytest.mark.parametrize("to", FORMATS)
@pytest.mark.parametrize("drafts", ["keep", "images"])
@pytest.mark.parametrize("pick", ["first", "final"])
def test_converting_again_changes_nothing(message, to, drafts, pick):
    how = {"drafts": drafts, "pick": pick}
    once = convert(message, to, **how)
    again = convert(once, to, **how)
    assert json.dumps(again) == json.dumps(once)
    body = json.dumps(message).encode()
    once = convert_bytes(body, to, **how)
    assert json.loads(convert_bytes(once, to, **how)) == json.loads(once)


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
@pytest.mark.parametrize("to", FORMATS)
def test_nothing_of_it_is_lost_on_the_way(message, to):
    canonical = normalize(message)
    assert json.dumps(normalize(convert(canonical, to))) == json.dumps(canonical)
    urls = [image.url for image in read(message).images]
    assert sorted(image.url for image in read(convert(message, to)).images) == sorted(urls)


@pytest.mark.parametrize("text", ["x", f"a quotation: {B} in a text", A])
def test_what_a_client_moved_beside_the_stash_is_read(text):
    """LiteLLM puts the fields that it does not know into those of the provider."""
    there = convert({"content": text, "images": [item(A), item(B)]}, "image")
    fields = there.pop("provider_specific_fields")
    moved = {**there, "provider_specific_fields": {**fields, "image": there["image"]}}
    del moved["image"]
    assert [image.url for image in read(moved).images] == [A, B]
    assert normalize(moved)["content"] == text
    assert normalize(convert(moved, "content"))["content"] == text


def test_what_an_image_lacks_is_all_that_a_stash_tells_of_it():
    """A stash is kept as a strange one only for an image that stands nowhere else."""
    message = {"content": "x", "images": [item(A, url="https://a.example.com/b.png"), item(B)]}
    there = convert(message, "parts")
    again = convert({**there, "seen": True}, "image")
    assert "kept" not in again["provider_specific_fields"]["imageshim"]
    del there["content"][1]
    with pytest.warns(UnreadableImageWarning):
        convert({**convert(message, "image"), "image": None, "images": [item(A)]}, "parts")


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": A}, "cache_control": {"type": "ephemeral"}},
        {"type": "image_url", "image_url": {"url": A, "format": "png"}, "id": "p1"},
        {"type": "image_url", "image_url": {"url": A}, "index": 3, "text": None},
        {"vendor": 1, "image_url": {"url": A, "detail": "high"}, "type": "image_url"},
    ],
)
def test_parts_with_keys_of_their_own_are_in_the_format_already(part):
    content = [{"type": "text", "text": "x", "annotations": []}, part, {"type": "audio"}]
    message = {"role": "assistant", "content": content}
    assert convert(message, "parts") is message
    assert convert(message, "parts", on_loss="raise") is message
    for to in FORMATS:
        assert json.dumps(convert(convert(message, to), "parts")) == json.dumps(message)


EMPTY = [{}, [], "", 0, False, None]


@pytest.mark.parametrize("held", EMPTY, ids=repr)
@pytest.mark.parametrize("field", ["image", "images"])
@pytest.mark.parametrize(
    "said",
    [
        {
            "content": [
                {"type": "text", "text": "x"},
                {"type": "image_url", "image_url": {"url": A}},
            ]
        },
        {"content": "x", "images": [item(A)]},
        {"content": "x", "image": inner(A)},
        {"content": f"see {A}"},
    ],
)
def test_what_stands_empty_in_a_field_for_images_comes_back(held, field, said):
    message = {"role": "assistant", field: held, **said}
    came = detect(message)
    for to in FORMATS:
        there = convert(message, to)
        assert json.dumps(convert(there, to)) == json.dumps(there)
        if came is not None:
            assert json.dumps(convert(there, came)) == json.dumps(message)


def test_an_empty_field_is_believed_only_if_it_is_empty():
    there = convert({"content": "x", "images": [item(A)], "image": {}}, "image")
    specific = there["provider_specific_fields"]
    for wrong in ({"image": inner(B)}, [1], {"image": inner(B), 5: ""}):
        edited = {"imageshim": {**specific["imageshim"], "empty": wrong}}
        assert B not in repr(normalize({**there, "provider_specific_fields": edited}))


def test_an_image_that_a_text_part_cannot_hold_all_of_gets_a_part():
    message = {"role": "assistant", "content": [{"type": "text", "text": f"x{A}"}]}
    there = normalize(message)
    assert convert(there, "parts") == message
    there["images"][0]["vendor"] = 1
    back = convert(there, "parts")
    assert [image.url for image in read(back).images] == [A]
    assert convert(back, "parts") == back
    assert normalize(back)["images"] == there["images"]
    drawn = {**message, "reasoning_content": B}
    for to in FORMATS:
        made = convert(drawn, to, drafts="images")
        assert sorted(image.url for image in read(made).images) == sorted([A, B])
        assert json.dumps(convert(made, to, drafts="images")) == json.dumps(made)
