"""Items that are no images, beside an image that stands elsewhere."""

import pytest

from imageshim import collect, convert, convert_stream, normalize, read
from imageshim.testing.pictures import png

URL = png().url
AUDIO = {"type": "audio", "data": "UklGRiQAAABXQVZF", "mimeType": "audio/wav"}
PART = {"type": "image_url", "image_url": {"url": URL}}
REMOTE = {"type": "image_url", "image_url": {"url": "https://i.example.com/a.png"}}


@pytest.mark.parametrize(
    "elsewhere",
    [{"image": {"url": URL}}, {"content_blocks": [PART]}],
    ids=lambda one: next(iter(one)),
)
def test_a_list_of_other_items_takes_the_image_in(elsewhere):
    message = {"role": "assistant", "content": "x", "images": [AUDIO], **elsewhere}
    there = normalize(message)
    assert there["images"][0] == AUDIO
    assert [image.url for image in read(there).images] == [URL]
    assert normalize(there) is there


def test_other_items_keep_their_place_on_the_way_through_content():
    message = normalize({"role": "assistant", "content": "x", "images": [AUDIO, REMOTE]})
    assert normalize(convert(message, "content"))["images"] == message["images"]


def test_a_list_of_none_beside_the_old_field_comes_back():
    message = {"role": "assistant", "content": "x", "images": [], "image": {"url": URL}}
    assert convert(normalize(message), "image") == message


def test_a_text_that_is_known_to_be_one_stays_one_when_a_stream_is_read_again():
    delta = {
        "role": "assistant",
        "content": f"Look: {URL}",
        "image": {"url": URL, "detail": "auto"},
    }
    chunks = [{"choices": [{"index": 0, "delta": delta, "finish_reason": "stop"}]}]
    once = list(convert_stream(chunks, "images"))
    twice = collect(convert_stream(once, "images"))
    assert [image.url for image in read(twice).images] == [URL]
    assert twice["choices"][0]["message"]["content"] == f"Look: {URL}"
