"""Detect, convert, normalise: what goes in and what comes out."""

import copy
import json
from types import SimpleNamespace

import pytest

from imageshim import (
    Format,
    ImageShimError,
    MalformedReplyError,
    UnknownFormatError,
    convert,
    detect,
    normalize,
    read,
    read_all,
)
from imageshim.messages.walk import over_messages
from imageshim.testing.pictures import jpeg, png, webp

PNG, JPEG, WEBP = png().url, jpeg().url, webp().url


def item(url, index=0, detail="auto", **more):
    return {
        "image_url": {"url": url, "detail": detail},
        "index": index,
        "type": "image_url",
        **more,
    }


def reply_of(*messages):
    return {
        "id": "r",
        "choices": [{"index": n, "message": message} for n, message in enumerate(messages)],
    }


# one picture in text, in each format: before and after

TEXT_FIRST = {
    "content": {"role": "assistant", "content": f"Here{PNG}"},
    "image": {"role": "assistant", "content": "Here", "image": {"url": PNG, "detail": "auto"}},
    "images": {"role": "assistant", "content": "Here", "images": [item(PNG)]},
    "parts": {
        "role": "assistant",
        "content": [
            {"type": "text", "text": "Here"},
            {"type": "image_url", "image_url": {"url": PNG, "detail": "auto"}},
        ],
    },
}


def less_stash(message):
    out = dict(message)
    specific = dict(out.pop("provider_specific_fields", {}))
    specific.pop("imageshim", None)
    return {**out, "provider_specific_fields": specific} if specific else out


@pytest.mark.parametrize("to", Format)
@pytest.mark.parametrize("name", TEXT_FIRST)
def test_any_format_becomes_any_other(name, to):
    before = TEXT_FIRST[name]
    after = convert(before, to, source=name)
    assert less_stash(after) == TEXT_FIRST[to]
    assert list(less_stash(after)) == list(TEXT_FIRST[to])
    assert (after is before) is (name == to)
    assert detect(before, name) is Format(name)


@pytest.mark.parametrize("to", Format)
@pytest.mark.parametrize("name", TEXT_FIRST)
def test_nothing_that_goes_in_is_changed(name, to):
    before = reply_of(TEXT_FIRST[name], {"role": "assistant", "content": "hi"})
    kept = copy.deepcopy(before)
    for on_loss in ("stash", "drop"):
        after = convert(before, to, source=name, on_loss=on_loss)
        assert json.dumps(before) == json.dumps(kept)
        assert after is before or after["choices"][1] is before["choices"][1]


def test_image_and_images_need_no_stash():
    assert convert(TEXT_FIRST["image"], "images") == TEXT_FIRST["images"]
    assert convert(TEXT_FIRST["images"], "image") == TEXT_FIRST["image"]


def test_strings_are_shared():
    after = normalize(TEXT_FIRST["image"])
    assert after["images"][0]["image_url"]["url"] is PNG
    whole = {"content": PNG}
    assert normalize(whole)["images"][0]["image_url"]["url"] is PNG


# normalize


def test_items_come_out_canonical():
    """Upstream gives index 0 to all; OpenRouter gives neither index nor detail."""
    before = {
        "content": None,
        "images": [
            item(PNG, 0),
            item(JPEG, 0, "high", vendor=1),
            {"image_url": {"url": WEBP}},
        ],
    }
    after = normalize(before)["images"]
    assert after == [item(PNG, 0), item(JPEG, 1, "high", vendor=1), item(WEBP, 2)]
    assert [list(entry) for entry in after] == [
        ["image_url", "index", "type"],
        ["image_url", "index", "type", "vendor"],
        ["image_url", "index", "type"],
    ]
    assert list(after[2]["image_url"]) == ["url", "detail"]


def test_the_index_counts_in_each_message():
    before = reply_of(
        {"content": None, "images": [item(PNG), item(JPEG)]},
        {"content": None, "images": [item(WEBP), item(PNG)]},
    )
    after = normalize(before)
    for choice in after["choices"]:
        assert [entry["index"] for entry in choice["message"]["images"]] == [0, 1]


@pytest.mark.parametrize("index", ["0", True, None, -1, 5])
def test_an_index_that_is_wrong_is_mended(index):
    before = {"content": None, "images": [item(PNG, index)]}
    after = normalize(before)["images"][0]["index"]
    assert type(after) is int
    assert after == 0


@pytest.mark.parametrize("detail", [None, ...])
def test_a_detail_that_is_absent_or_null_is_auto(detail):
    before = {"content": None, "images": [item(PNG, 0, detail)]}
    if detail is ...:
        del before["images"][0]["image_url"]["detail"]
    assert normalize(before)["images"] == [item(PNG)]


def test_unknown_keys_of_items_and_their_urls_are_kept():
    entry = item(PNG, vendor={"a": [1]})
    entry["image_url"]["media"] = "x"
    assert normalize({"content": None, "images": [{**entry, "index": 7}]})["images"] == [entry]


@pytest.mark.parametrize(
    "images",
    [
        [item(PNG)],
        [item(PNG), item(JPEG, 1, "low", vendor=2)],
        [{"type": "image_url", "index": 0, "image_url": {"detail": "auto", "url": PNG}}],
    ],
)
def test_what_is_canonical_comes_back_as_itself(images):
    reply = reply_of({"content": "x", "images": images})
    assert normalize(reply) is reply
    assert convert(reply, "images", source="1.80.0") is reply


@pytest.mark.parametrize(
    "message",
    [
        {}, {"content": None}, {"content": ""}, {"content": "hello"}, {"content": []},
        {"content": "x", "images": []}, {"content": "x", "images": None},
        {"content": "x", "image": None}, {"content": "x", "image": {}},
        {"content": [{"type": "text", "text": "x"}]},
        {"content": "x" * 10_000}, {"content": "data: " * 1000},
        {"content": "x", "provider_specific_fields": {"images": []}},
        {"content": "x", "provider_specific_fields": {"citations": [1]}},
        {"content": "x", "tool_calls": [{"id": "t"}]},
        {"content": "![cat](cat.png)"}, {"content": 5}, {"content": {"a": 1}},
        {"content": "x", "images": "none"}, {"content": "x", "images": {"0": 1}},
        {"content": "x", "images": [None, 5, {}, {"url": None}, {"image_url": {}}]},
        {"content": "x", "images": [item("")]}, {"content": "x", "image": {"url": ""}},
        {"content": "x", "image": 7}, {"content": "x", "image": ""},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("to", Format)
def test_a_message_without_images_comes_back_as_itself(message, to):
    for source in (None, "1.75.9", "1.76.3", "1.80.0"):
        for markdown in (False, True):
            assert convert(message, to, source=source, markdown=markdown) is message
    assert detect(message) is None
    reply = reply_of(message)
    assert convert(reply, to) is reply


@pytest.mark.parametrize(
    "reply",
    [
        {}, {"choices": []}, {"choices": None}, {"choices": "x"}, {"choices": [None, 5, "x", []]},
        {"choices": [{}]}, {"choices": [{"message": None}]}, {"choices": [{"message": "x"}]},
        {"message": None}, {"message": {}}, {"error": {"message": "boom"}}, SimpleNamespace(),
        {"choices": [{"text": "completion"}]}, {"data": [{"b64_json": "x"}]},
    ],
    ids=str,
)  # fmt: skip
def test_a_reply_without_messages_comes_back_as_itself(reply):
    for to in Format:
        assert convert(reply, to) is reply
    assert detect(reply) is None


def test_a_blocked_reply_has_nothing():
    blocked = {"choices": [], "usage": {"prompt_tokens": 1}}
    assert normalize(blocked) is blocked
    assert read(blocked).images == ()
    assert read_all(blocked) == ()


def test_only_the_choices_with_images_are_made_again():
    before = reply_of({"content": "a"}, TEXT_FIRST["content"], {"content": "b"})
    after = normalize(before)
    assert [new is old for new, old in zip(after["choices"], before["choices"], strict=True)] == [
        True, False, True,
    ]  # fmt: skip
    assert after["choices"][1]["index"] == 1


def test_the_first_choice_with_an_image_tells_the_format():
    reply = reply_of({"content": "a"}, TEXT_FIRST["image"], TEXT_FIRST["images"])
    assert detect(reply) is Format.IMAGE


# keys that are not ours


def test_unknown_keys_and_null_fields_keep_their_place():
    before = {
        "tool_calls": None,
        "content": f"Here{PNG}",
        "vendor": {"x": 1},
        "images": None,
        "role": "assistant",
        "provider_specific_fields": None,
        "function_call": None,
    }
    after = normalize(before)
    assert list(after) == list(before)
    assert {key: after[key] for key in ("tool_calls", "vendor", "role", "function_call")} == {
        "tool_calls": None, "vendor": {"x": 1}, "role": "assistant", "function_call": None,
    }  # fmt: skip
    back = convert(after, "content")
    assert list(back) == list(before)
    assert back == before


@pytest.mark.parametrize("name", ["image", "images"])
@pytest.mark.parametrize("to", Format)
def test_the_place_of_the_field_survives_the_way_back(name, to):
    message = TEXT_FIRST[name]
    before = {name: message[name], "z": 1, "content": "Here", "role": "assistant"}
    back = convert(convert(before, to), name)
    assert back == before
    assert list(back) == list(before)


def test_a_message_without_content_gets_none():
    before = {"role": "assistant", "images": [item(PNG)]}
    assert "content" not in convert(before, "image")
    there = convert(before, "content")
    assert there["content"] == PNG
    assert convert(there, "images") == before


@pytest.mark.parametrize("content", [None, ""])
@pytest.mark.parametrize("to", Format)
def test_no_text_and_empty_text_are_two_things(content, to):
    for name in ("image", "images"):
        before = {**TEXT_FIRST[name], "content": content}
        assert convert(convert(before, to), name) == before
    before = {"content": PNG}
    assert normalize(before)["content"] is None


# wrong calls


@pytest.mark.parametrize("to", ["Images", "1.80.0", "", None, b"images", [], 3])
def test_a_wrong_format_is_named(to):
    with pytest.raises(
        UnknownFormatError, match="is not a format; choose one of content, image, images"
    ):
        convert(TEXT_FIRST["content"], to)


@pytest.mark.parametrize("source", ["latest", "", b"1.75.9", 1.75, [], {}])
def test_a_wrong_source_is_named(source):
    for call in (
        lambda: convert(TEXT_FIRST["content"], "images", source=source),
        lambda: normalize(TEXT_FIRST["content"], source=source),
        lambda: detect(TEXT_FIRST["content"], source),
        lambda: read(TEXT_FIRST["content"], source=source),
        lambda: read_all(TEXT_FIRST["content"], source=source),
    ):
        with pytest.raises(UnknownFormatError, match=r"is neither a format .* nor a LiteLLM"):
            call()


@pytest.mark.parametrize("word", ["ignore", "", None, [], b"drop"])
@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("on_loss", "'stash', 'drop', 'raise'"),
        ("markdown", "False, True"),
        ("drafts", "'keep', 'images'"),
    ],
)
def test_a_wrong_word_is_named_with_the_right_ones(name, known, word):
    for call in (convert, lambda reply, _to, **words: normalize(reply, **words)):
        with pytest.raises(ImageShimError) as caught:
            call(TEXT_FIRST["content"], "images", **{name: word})
        assert str(caught.value) == f"{name} is {word!r}; choose one of {known}"


@pytest.mark.parametrize(
    "reply", ["text", b'{"choices": []}', bytearray(b"{}"), None, [], [{}], (), 5, 1.5, True]
)
def test_what_is_no_reply_is_refused(reply):
    calls = {
        "convert": lambda: convert(reply, "images"),
        "normalize": lambda: normalize(reply),
        "detect": lambda: detect(reply),
        "read": lambda: read(reply),
        "read_all": lambda: read_all(reply),
    }
    for name, call in calls.items():
        with pytest.raises(MalformedReplyError) as caught:
            call()
        assert str(caught.value).startswith(
            f"{name}() takes a reply, a choice or a message, not {type(reply).__name__}"
        )
        hint = "parse it first, or use convert_bytes()"
        assert (hint in str(caught.value)) is isinstance(reply, (str, bytes, bytearray))


async def _reply():
    return {}


def test_a_reply_that_was_not_awaited_is_refused():
    coroutine = _reply()
    with pytest.raises(MalformedReplyError, match="not coroutine; await it first"):
        normalize(coroutine)
    coroutine.close()


def test_a_stream_is_refused():
    with pytest.raises(MalformedReplyError, match=r"not generator; .*convert_stream\(\)"):
        convert((chunk for chunk in [{}]), "images")


def test_the_words_may_be_formats_or_their_names():
    assert convert(TEXT_FIRST["images"], Format.IMAGE) == convert(TEXT_FIRST["images"], "image")
    assert detect(TEXT_FIRST["content"], Format.CONTENT) is detect(TEXT_FIRST["content"], "content")


def test_a_chain_of_conversions_comes_back_exactly():
    message = {"content": f"a{PNG}b{JPEG}c{WEBP}", "role": "assistant"}
    walked = message
    for to in ("images", "parts", "image", "images", "content"):
        walked = convert(walked, to)
    assert json.dumps(walked) == json.dumps(message)


@pytest.mark.parametrize("as_object", [False, True], ids=["dict", "object"])
def test_messages_that_are_replaced_in_place_leave_the_reply_the_same_object(as_object):
    reply = {"id": "x", "choices": [{"index": 0, "message": {"content": "a"}}]}
    if as_object:
        from openai.types.chat import ChatCompletion

        reply = ChatCompletion.construct(**reply)
    new = {"content": "b"}
    assert over_messages(reply, lambda _message, _where: new, in_place=True) is reply
    choice = reply.choices[0] if as_object else reply["choices"][0]
    assert (choice.message if as_object else choice["message"]) is new
