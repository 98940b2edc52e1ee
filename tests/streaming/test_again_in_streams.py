"""A stream that is converted once more: no image comes twice, and no text turns into one."""

import json

import pytest

from imageshim import SSEConverter, collect, convert_stream, read
from imageshim.testing.pictures import gif, png

A, B = png(filling=1).url, gif().url
FORMATS = ("content", "image", "images", "parts")
PART = {"type": "image_url", "image_url": {"url": B}}


def text(said):
    return {"type": "text", "text": said}


DELTAS = {
    "a gateway's field": {"multi_mod_content": [{"inline_data": {"data": B.partition(",")[2]}}]},
    "two images in one": {"content_blocks": [PART, {"type": "image_url", "image_url": {"url": A}}]},
    "one beside a list of none": {"content_blocks": [PART], "images": [{}]},
    "one beside a list and text": {"content": "x", "content_blocks": [PART], "images": [None]},
    "a quotation beside a part": {"content": [text(A), PART]},
    "a quotation beside an image": {"content": [text(A)], "image": {"url": B}},
    "a quotation beside images": {"content": A, "images": [PART]},
    "one that the provider's fields repeat": {
        "images": [PART],
        "provider_specific_fields": {"images": [PART], "image": {"url": B}},
    },
    "one beside another of the provider's fields": {
        "image": {"url": B},
        "provider_specific_fields": {"images": [{"image_url": {"url": A}}]},
    },
    "a quotation beside two images": {"content": A, "images": [PART, {"url": A}]},
    "a quotation behind what is no image": {"content": [{}, PART, text(A)]},
    "a quotation behind a sound": {"content": [{"type": "audio"}, text(A)], "image": {"url": B}},
    "one beside a link": {"content": [{"url": "https://a.example.com"}], "content_blocks": [PART]},
    "unknown keys": {"image": {"url": B, "detail": "auto", "type": "text", "vendor": 1}},
    "a key that says otherwise": {
        "images": [{"image_url": {"url": B, "detail": "auto", "type": "text"}, "vendor": 1}]
    },
}


def chunks_of(delta):
    return [
        {"choices": [{"index": 0, "delta": one, "finish_reason": end}]}
        for one, end in ((delta, None), ({}, "stop"))
    ]


def said(chunks):
    (choice,) = collect(chunks)["choices"]
    reading = read(choice["message"])
    return reading.text, sorted(image.url for image in reading.images)


@pytest.mark.parametrize("delta", DELTAS.values(), ids=DELTAS)
@pytest.mark.parametrize("to", FORMATS)
@pytest.mark.parametrize("pick", ["first", "final"])
def test_it_says_the_same(delta, to, pick):
    chunks = chunks_of(delta)
    once = list(convert_stream(chunks, to, pick=pick))
    assert said(once) == said(chunks)
    assert said(convert_stream(once, to, pick=pick)) == said(chunks)
    frames = b"".join(b"data: %b\n\n" % json.dumps(chunk).encode() for chunk in chunks)
    for _ in range(2):
        converter = SSEConverter(to, pick=pick)
        frames = converter.feed(frames) + converter.finish()
    lines = [line[6:] for line in frames.split(b"\n") if line.startswith(b"data: ")]
    assert said(map(json.loads, lines)) == said(chunks)


@pytest.mark.parametrize("to", FORMATS)
@pytest.mark.parametrize(
    "later",
    [
        {"content_blocks": [{"type": "text", "text": "x"}, PART]},
        {"multi_mod_content": [{"text": "x"}]},
        {"content": "x", "custom_content": {"attachments": [{"type": "text/plain", "data": "x"}]}},
    ],
)
def test_a_gateways_field_behind_an_image_is_not_one_more(later, to):
    first, *end = chunks_of({"images": [PART], "content_blocks": [PART]})
    chunks = [first, chunks_of(later)[0], *end]
    once = list(convert_stream(chunks, to))
    assert said(once) == said(chunks) == (later.get("content", ""), [B])
    assert said(convert_stream(once, to)) == said(chunks)
    held = json.dumps(once)
    assert all(json.dumps(later[name])[1:-1] in held for name in later.keys() - {"content"})


@pytest.mark.parametrize("source", ["images", "1.80.0", "parts"])
@pytest.mark.parametrize("content", [A, [text(A)]])
def test_beside_a_quotation_a_gateways_field_is_read_where_the_source_is_known(source, content):
    chunks = chunks_of({"content": content, "content_blocks": [PART]})
    once = list(convert_stream(chunks, "images", source=source))
    deltas = [chunk["choices"][0]["delta"] for chunk in once]
    assert [item["image_url"]["url"] for one in deltas for item in one.get("images", ())] == [B]
    assert "".join(one.get("content") or "" for one in deltas) == A
    # With nothing known, the text is the image, and the field may only repeat it.
    (image,) = said(convert_stream(chunks, "images"))[1]
    assert image == A
