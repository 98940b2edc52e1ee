"""What the page shows of a reply."""

from __future__ import annotations

import json

import pytest

from imageshim import MalformedReplyError
from imageshim.page import Shown, entries_of
from imageshim.testing.pictures import jpeg, png


def item(url):
    return {"type": "image_url", "image_url": {"url": url}}


def reply(*messages, **more):
    choices = [{"message": {"role": "assistant", **m}, "finish_reason": "stop"} for m in messages]
    return {"choices": choices, **more}


def test_parts_stand_in_the_order_of_the_model():
    (entry,) = entries_of(reply({"content": f"one: {png().url} two"}), "a.json")
    texts = [part for part in entry.parts if isinstance(part, str)]
    assert texts == ["one: ", " two"]
    assert isinstance(entry.parts[1], Shown)
    assert (entry.place, entry.choice, entry.format) == ("a.json", 0, "content")


def test_an_image_is_told_by_its_bytes_and_spelt_anew():
    claimed = jpeg().url.replace("image/jpeg", "image/png").rstrip("=")
    (entry,) = entries_of(reply({"images": [item(claimed)]}), "x")
    (image,) = entry.images
    assert image == Shown(0, jpeg().url, "image/jpeg", 8, 8, len(jpeg().data), False)


def test_what_a_conversion_would_lose_is_said_per_format():
    (entry,) = entries_of(reply({"images": [item(png().url), item(jpeg().url)]}), "x")
    assert "image" in entry.losses
    assert "images" not in entry.losses
    (one,) = entries_of(reply({"content": "t", "images": [item(png().url)]}), "x")
    assert one.losses == {}


def test_each_choice_is_an_entry():
    first, second = entries_of(reply({"content": "a"}, {"images": [item(png().url)]}), "x")
    assert (first.choice, first.format, first.images) == (0, "none", ())
    assert (second.choice, second.format) == (1, "images")


def test_why_there_is_no_image_is_told():
    (entry,) = entries_of(reply({"content": None, "refusal": "I will not"}, model="m"), "x")
    assert entry.reasons == {"finish_reason": "stop", "refusal": "I will not"}
    assert entry.model == "m"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://example.com/a.png", "reference only: https://example.com/a.png"),
        ("files/abc", "reference only"),
        ("data:image/png;base64,%%%", "damaged"),
    ],
)
def test_what_cannot_be_shown_says_why(url, says):
    (entry,) = entries_of(reply({"images": [item(url)]}), "x")
    (image,) = entry.images
    assert image.uri is None
    assert image.size is None
    assert says in image.problem


def test_a_signed_copy_that_the_message_lost_is_shown_and_named():
    inline = {"mimeType": "image/png", "data": png().url.partition(",")[2]}
    block = {"type": "thinking", "thinking": json.dumps({"inlineData": inline})}
    (entry,) = entries_of(reply({"content": "t", "thinking_blocks": [block]}), "x")
    assert (entry.format, entry.losses) == ("thinking_blocks", {})
    assert entry.images[0].uri == png().url


def test_a_reply_without_a_choice_is_shown():
    (entry,) = entries_of({"choices": [], "error": {"message": "blocked"}}, "x")
    assert (entry.format, entry.reasons, entry.parts) == ("none", {"error": "blocked"}, ())


def test_what_is_no_reply_is_refused():
    with pytest.raises(MalformedReplyError):
        list(entries_of({"error": {"message": "no"}}, "x"))
