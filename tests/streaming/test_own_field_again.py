"""A gateway's own field that comes again in a later delta is the same field, and no new image."""

import pytest

from chunks_of_streams import BLUE, PHOTO, RED, chunk, item
from imageshim import collect, convert, convert_stream, read

A, B, C = RED.url, BLUE.url, PHOTO.url
END = chunk({}, finish="stop")


def multi(*urls, **more):
    parts = [{"inline_data": {"mime_type": "image/png", "data": url.partition(",")[2]}}
             for url in urls]  # fmt: skip
    return {"multi_mod_content": [*({"text": text} for text in more.values()), *parts], **more}


def blocks(*urls):
    return {"content_blocks": [{"type": "image_url", "image_url": {"url": url}} for url in urls]}


def attached(*urls):
    found = [{"type": "image/png", "data": url.partition(",")[2]} for url in urls]
    return {"custom_content": {"attachments": found}}


def provided(fields):
    return {"provider_specific_fields": fields}


STREAMS = {
    "all of it again": [multi(A), multi(A)],
    "again with the last text": [multi(A), {"content": "x"}, multi(A, content="y") | multi(A)],
    "two again": [multi(A, B), multi(A, B)],
    "one more each time": [multi(A), multi(B), multi(C)],
    "one that came before the last": [multi(A), multi(B), multi(A)],
    "attachments again": [attached(A), {"content": "x"}, attached(A)],
    "blocks again": [blocks(A), blocks(A)],
    "in the provider's fields": [provided(multi(A)), provided(multi(A))],
    "text, then all of it": [multi(content="Hi"), multi(A)],
    "the same in images": [multi(A), {"images": [item(A)]}],
    "the same in image": [multi(A), {"image": {"url": A, "detail": "auto"}}],
    "the same in a second field": [multi(A), blocks(A)],
    "images before": [{"images": [item(A)]}, multi(A)],
}


def seen(reply):
    reading = read(reply)
    return [image.url for image in reading.images], reading.text


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("to", ["content", "image", "images", "parts"])
@pytest.mark.parametrize("pick", ["first", "final"])
@pytest.mark.parametrize("last", [[END], []], ids=["ends", "no end"])
def test_a_stream_comes_to_the_same_as_the_whole_reply(name, to, pick, last):
    chunks = [*map(chunk, STREAMS[name]), *last]
    whole = convert(collect(chunks), to, pick=pick)
    made = list(convert_stream(chunks, to, pick=pick))
    assert seen(collect(made)) == seen(whole)
    assert seen(collect(convert_stream(made, to, pick=pick))) == seen(whole)
    if to in {"image", "images"}:
        message = collect(made)["choices"][0]["message"]
        assert message[to] == whole["choices"][0]["message"][to]


def test_other_images_of_a_second_field_are_read_too():
    """Whether a second field only repeats the first is not known before the stream ends."""
    chunks = [*map(chunk, [multi(A), blocks(A, B)]), END]
    assert seen(collect(convert_stream(chunks, "images"))) == ([A, B], "")


def test_each_choice_has_fields_of_its_own():
    both = {**END, "choices": [
        {"index": place, "delta": multi(A), "finish_reason": None} for place in (0, 1)
    ]}  # fmt: skip
    reply = collect(convert_stream([both, both], "images"))
    assert [len(choice["message"]["images"]) for choice in reply["choices"]] == [1, 1]
