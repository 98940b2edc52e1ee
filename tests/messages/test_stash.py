"""The stash: its documented place and shape, and stashes that nobody should believe."""

import copy
import json
from types import SimpleNamespace

import pytest

from imageshim import Format, convert, normalize, read
from imageshim.messages import stash
from imageshim.testing.pictures import jpeg, png

PNG, JPEG = png().url, jpeg().url
RAW = PNG.partition(",")[2]
ITEM = {"image_url": {"url": PNG, "detail": "auto"}, "index": 0, "type": "image_url"}


def stash_of(message):
    return message["provider_specific_fields"]["imageshim"]


def test_its_place_and_its_shape_are_those_of_the_documentation():
    before = {
        "content": f"before{PNG}after{JPEG}",
        "role": "assistant",
        "images": None,
    }
    after = convert(before, "images")
    assert stash_of(after) == {
        "v": 1,
        "was": "content",
        "at": {"content": 0, "images": 2},
        "null": ["images"],
        "parts": [["text", 6], ["image", len(PNG)], ["text", 5], ["image", len(JPEG)]],
    }
    assert convert(after, "content") == before
    assert json.loads(json.dumps(after)) == after


def test_items_hold_what_the_format_does_not_and_null_where_the_message_does():
    before = {
        "content": "x",
        "images": [
            {**ITEM, "vendor": 7},
            {"image_url": {"url": JPEG, "detail": "high"}, "index": 1, "type": "image_url"},
        ],
    }
    assert stash_of(convert(before, "content"))["items"] == [
        {"image_url": {"url": None, "detail": "auto"}, "index": 0, "type": "image_url",
         "vendor": 7},
        {"image_url": {"url": None, "detail": "high"}, "index": 1, "type": "image_url"},
    ]  # fmt: skip
    # ``image`` holds the inner object of the first, and nothing of the second.
    assert stash_of(convert(before, "image"))["items"] == [
        {"image_url": None, "index": 0, "type": "image_url", "vendor": 7},
        before["images"][1],
    ]


def test_it_never_repeats_what_the_message_holds():
    before = {"content": f"a{PNG}b{JPEG}c"}
    for to in Format:
        after = convert(before, to, source="content")
        text = json.dumps(after)
        for url in (PNG, JPEG):
            assert text.count(url) == 1


def test_others_and_layout_hold_other_entries_and_other_spellings():
    before = {
        "content": [
            "plain",
            {"type": "file", "file": {"file_id": "f"}},
            {"image_url": {"url": PNG}, "type": "image_url"},
        ]
    }
    kept = stash_of(convert(before, "images"))
    assert kept["others"] == [{"type": "file", "file": {"file_id": "f"}}]
    assert kept["layout"] == ["", None, {"image_url": {"url": None}, "type": "image_url"}]
    assert kept["parts"] == [["text", 5], ["part", 0], ["image", len(PNG)]]


def test_raw_and_draft_entries():
    raw = PNG.partition(",")[2]
    assert stash_of(convert({"content": raw}, "images"))["parts"] == [["raw", len(raw)]]
    before = {"content": PNG, "reasoning_content": f"try{JPEG}more"}
    kept = stash_of(convert(before, "images", drafts="images"))
    assert kept["parts"] == [["draft", len(JPEG), 3], ["image", len(PNG)]]


def test_the_stash_is_gone_where_the_message_is_what_it_was():
    before = {"content": "x", "images": [{**ITEM, "vendor": 7}], "provider_specific_fields": None}
    there = convert(before, "parts")
    assert "imageshim" in there["provider_specific_fields"]
    assert convert(there, "images") == before


def test_other_keys_of_the_provider_stay_beside_it():
    before = {"content": PNG, "provider_specific_fields": {"citations": [1]}}
    after = normalize(before)
    assert after["provider_specific_fields"]["citations"] == [1]
    assert convert(after, "content") == before


BASE = {"v": 1, "was": "content", "at": {"content": 0}, "parts": [["image", len(PNG)]]}


@pytest.mark.parametrize(
    "raw",
    [
        None, 5, "text", [], {}, {**BASE, "v": 2}, {**BASE, "v": None}, {**BASE, "was": "jpeg"},
        {**BASE, "was": None}, {**BASE, "was": ["content"]}, {**BASE, "at": [0]},
        {**BASE, "at": None}, {**BASE, "null": "images"}, {**BASE, "null": [1]},
        {**BASE, "parts": {}}, {**BASE, "parts": [5]}, {**BASE, "parts": [["text"]]},
        {**BASE, "parts": [["text", -1]]}, {**BASE, "parts": [["text", "1"]]},
        {**BASE, "parts": [["text", True]]}, {**BASE, "parts": [[1, 1]]},
        {**BASE, "parts": [["draft", 1]]}, {**BASE, "parts": [["video", 1]]},
        {**BASE, "items": 5}, {**BASE, "others": {}},
    ],
    ids=repr,
)  # fmt: skip
def test_a_malformed_stash_is_none(raw):
    assert stash.load({"provider_specific_fields": {"imageshim": raw}}) is None


@pytest.mark.parametrize("held", [None, {}, [], "x", 7, {"other": 1}, SimpleNamespace(imageshim=1)])
def test_no_stash_is_none(held):
    assert stash.load({"provider_specific_fields": held}) is None
    assert stash.load({}) is None


def test_what_is_loaded_is_what_was_dumped():
    kept = stash.Stash(
        Format.PARTS, {"content": 1}, frozenset({"images"}), [("text", 1), ("draft", 2, 3)],
        [None, {"detail": "low"}], [7], {"url": None},
    )  # fmt: skip
    raw = stash.dump(kept)
    assert stash.load({"provider_specific_fields": {"imageshim": raw}}) == kept
    assert stash.load({"provider_specific_fields": SimpleNamespace(imageshim=raw)}) == kept


def test_places_that_are_none_are_not_believed():
    raw = {**BASE, "at": {"content": 0, "images": -1, "image": 10**30, "x": "y", 5: 1}}
    loaded = stash.load({"provider_specific_fields": {"imageshim": raw}})
    assert loaded is not None
    assert loaded.at == {"content": 0}


def test_a_template_has_null_where_the_message_has_the_value():
    item = {"type": "image_url", "image_url": {"url": "u", "detail": "low"}}
    assert stash.template(item, "image_url") == {"type": "image_url", "image_url": None}
    assert stash.template(item, "image_url", "url") == {
        "type": "image_url",
        "image_url": {"url": None, "detail": "low"},
    }
    assert item["image_url"]["url"] == "u"


MESSAGES = {
    "content": {"content": f"a{PNG}"},
    "image": {"content": "a", "image": {"url": PNG, "detail": "auto"}},
    "images": {"content": "a", "images": [ITEM]},
    "parts": {
        "content": [
            {"type": "text", "text": "a"},
            {"type": "image_url", "image_url": {"url": PNG, "detail": "auto"}},
        ]
    },
}
WRONG = {
    "items": [
        [{}], [5], ["x"], [[]], [{"image_url": None}], [{"image_url": {"url": None}, "index": 0}],
        [{"image_url": 5, "index": None, "type": None}], [None, {"image_url": {"url": 7}}],
        [None, 5, "x", {"image_url": {"url": JPEG}}],
        [None, {"image_url": {"url": JPEG, "detail": "low"}, "index": "?", "type": 1}],
    ],
    "layout": [{}, {"url": None}, [], [None], [5, 5], [{}, {}], [{"type": []}, {"image_url": 5}],
               "x", 5, [{"type": "text"}, {"image_url": {"url": 1}}], ["", ""]],
    "parts": [[], [["text", 1]], [["image", len(PNG)], ["text", 1]], [["raw", len(PNG)]],
              [["text", 10**30]], [["text", 0], ["image", len(PNG)], ["text", 1]],
              [["draft", len(PNG), 10**30], ["text", 1]], [["item", 0], ["part", 0], ["text", 1]],
              [["text", 1], ["image", len(PNG)]] * 2, [["text", 1 + len(PNG)]],
              [["image", 1], ["image", len(PNG)]], [["raw", 1], ["image", len(PNG)]]],
    "others": [[None], [5, 6], [{"type": "image_url", "image_url": {"url": JPEG}}]],
    "at": [{}, {"content": 99}, {"images": 0, "image": 0}, {"content": 10**30}],
    "null": [["image"], ["images", "image", "content"], ["provider_specific_fields"], ["other"]],
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::imageshim.UnreadableImageWarning")
@pytest.mark.parametrize("was", Format)
@pytest.mark.parametrize("name", MESSAGES)
@pytest.mark.parametrize("key", WRONG)
def test_a_stash_that_does_not_fit_never_raises_and_never_loses_an_image(name, key, was):
    fitting = {"v": 1, "was": was.value, "at": {"content": 0}}
    for wrong in WRONG[key]:
        raw = {**fitting, "parts": [["text", 1], ["image", len(PNG)]], key: wrong}
        message = {**MESSAGES[name], "provider_specific_fields": {"imageshim": raw}}
        before = copy.deepcopy(message)
        for to in Format:
            for on_loss in ("stash", "raise"):
                try:
                    after = convert(message, to, source=name, on_loss=on_loss)
                except ValueError as error:
                    assert on_loss == "raise", error  # noqa: PT017  # allowed there only
                    continue
                urls = [image.url for image in read(after, source=to).images]
                assert PNG in urls, (raw, after)
                assert "a" in read(after, source=to).text
        assert message == before


def test_the_stash_of_an_edited_text_is_not_believed():
    """Before: text, image, text. Somebody changes the text; the image stays one, after it."""
    message = normalize({"content": f"before{PNG}after"})
    edited = {**message, "content": "something else"}
    assert convert(edited, "content")["content"] == f"something else{PNG}"
    edited = {**convert(message, "content"), "content": f"cut{PNG}"}
    assert [image.url for image in read(edited).images] == [PNG]


def test_the_stash_of_a_dropped_image_is_not_believed():
    message = normalize({"content": f"a{PNG}b{JPEG}c"})
    edited = {**message, "images": message["images"][1:]}
    assert convert(edited, "content")["content"] == f"abc{JPEG}"


def test_the_stash_of_an_added_image_is_not_believed():
    message = normalize({"content": f"a{PNG}b"})
    more = {"image_url": {"url": JPEG, "detail": "auto"}, "index": 1, "type": "image_url"}
    edited = {**message, "images": [*message["images"], more]}
    assert convert(edited, "content")["content"] == f"ab{PNG}{JPEG}"


def test_the_stash_of_reordered_parts_is_not_believed():
    message = convert({"content": f"a{PNG}b{JPEG}"}, "parts", source="content")
    edited = {**message, "content": message["content"][::-1]}
    assert convert(edited, "content")["content"] == f"{JPEG}b{PNG}a"


def test_an_image_of_the_same_length_takes_the_place_of_the_old_one():
    one, other = png(grey=1).url, png(grey=2).url
    assert len(one) == len(other)
    assert one != other
    message = normalize({"content": f"a{one}b"})
    message["images"][0]["image_url"]["url"] = other
    assert convert(message, "content")["content"] == f"a{other}b"


@pytest.mark.parametrize("url", ["https://example.org/a.png", "HTTP://a/b", "gs://bucket/x"])
@pytest.mark.parametrize("to", Format)
def test_a_url_that_is_no_data_uri_comes_back_from_every_format(url, to):
    before = {"content": "a", "images": [{**ITEM, "image_url": {"url": url, "detail": "auto"}}]}
    assert convert(convert(before, to), "images") == before


def test_text_where_the_stash_says_an_image_is_text():
    before = {"content": "a", "images": [{**ITEM, "image_url": {"url": "abcde", "detail": "auto"}}]}
    there = convert(before, "content")
    edited = {**there, "content": "a b d "}
    assert convert(edited, "images") is edited


@pytest.mark.parametrize("url", ["cat.png", "/files/1 2", "Qk0", "\0", "\ud800", "blob:x"])
def test_an_image_whose_url_does_not_look_like_one_comes_back(url):
    before = {"content": "a", "images": [{**ITEM, "image_url": {"url": url, "detail": "auto"}}]}
    there = convert(before, "content")
    assert there["content"] == f"a\n{url}"
    assert convert(there, "images") == before


def test_images_that_only_an_edited_stash_holds_are_whole_or_left_out():
    other = {**ITEM, "index": 1}
    there = convert({"content": "a", "images": [ITEM, other]}, "image")
    for broken in (
        SimpleNamespace(**other),
        {"image_url": {**ITEM["image_url"], "index": 1}},
        {**other, "image_url": {"url": PNG}},
        {**other, "image_url": {"url": 3, "detail": "auto"}},
        {**other, "image_url": SimpleNamespace(url=PNG, detail="auto")},
    ):
        edited = copy.deepcopy(there)
        edited["provider_specific_fields"]["imageshim"]["items"][1] = broken
        assert convert(edited, "images")["images"] == [ITEM]
