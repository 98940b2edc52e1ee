"""Parts without a type, as DashScope's Qwen-Image and Qwen-VL write them in a list of content."""

import json
from types import SimpleNamespace

import pytest

from imageshim import collect, convert, convert_stream, detect, normalize, prepare_messages, read
from imageshim.testing.pictures import png

A = png().url
URL = "https://dashscope.example.com/a.png?Expires=1"
LISTS = {
    "a URL": ([{"image": URL}], [URL], ""),
    "a data URI": ([{"image": A}], [A], ""),
    "text before": ([{"text": "Here:"}, {"image": URL}], [URL], "Here:"),
    "text around": ([{"text": "a"}, {"image": URL}, {"text": "b"}, {"image": A}], [URL, A], "ab"),
    "with parts of OpenAI": (
        [{"text": "a"}, {"type": "image_url", "image_url": {"url": A}}], [A], "a",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "urls", "text"), LISTS.values(), ids=LISTS)
def test_they_are_read_and_converted_whole_and_streamed(content, urls, text):
    message = {"role": "assistant", "content": content}
    assert detect(message) == "parts"
    chunks = [
        {"choices": [{"index": 0, "delta": {"content": [part]}, "finish_reason": None}]}
        for part in content
    ]
    for to in ("content", "image", "images", "parts"):
        streamed = collect(convert_stream(chunks, to))["choices"][0]["message"]
        for made in (convert(message, to), streamed):
            reading = read(made)
            assert [image.url for image in reading.images] == urls
            assert reading.text.replace("\n", "") == text
            assert convert(made, to) == made
    objects = {"role": "assistant", "content": [SimpleNamespace(**part) for part in content]}
    assert [image.url for image in read(objects).images] == urls
    canonical = normalize(message)
    assert json.dumps(normalize(convert(canonical, "parts"))) == json.dumps(canonical)
    *_, asked = prepare_messages([message, {"role": "user", "content": "next"}])
    assert [part["image_url"]["url"] for part in asked["content"][:-1]] == urls


@pytest.mark.parametrize(
    "part",
    [
        {"image": "python:3"}, {"image": "cat.png"}, {"image": URL, "title": "A product"},
        {"image": URL, "type": "search_result"}, {"text": "t", "url": URL}, {"text": ["t"]},
        {"text": URL, "image": "x"},
    ],
)  # fmt: skip
def test_with_more_in_them_they_may_be_anything(part):
    message = {"role": "assistant", "content": [part, {"type": "text", "text": "x"}]}
    assert detect(message) is None
    assert convert(message, "images") is message
