"""Event streams in short lines: what clients that refuse long ones can read."""

from __future__ import annotations

import base64
import json

import pytest

from imageshim import SSEConverter, collect, read
from imageshim.testing import pictures
from imageshim.testing.strategies import write_message

BYTES = base64.b64decode(pictures.png().url.partition(",")[2])
LARGE = pictures.png().url.partition(",")[0] + "," + base64.b64encode(
    BYTES[:-12] + b"".join([(300_000).to_bytes(4, "big"), b"tEXt", b"a" * 300_004]) + BYTES[-12:]
).decode()  # fmt: skip
ITEM = {"image_url": {"url": LARGE, "detail": "auto"}, "index": 0, "type": "image_url"}
USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


def chunk(*choices, **more):
    return {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": list(choices), **more}  # fmt: skip


def choice(delta, index=0, finish=None):
    return {"index": index, "delta": delta, "finish_reason": finish}


def event(one):
    return b"data: " + json.dumps(one).encode() + b"\n\n"


def through(stream, to="content", size=None, **options):
    converter = SSEConverter(to, max_line=4096, **options)
    step = size or len(stream)
    pieces = [converter.feed(stream[at : at + step]) for at in range(0, len(stream), step)]
    return b"".join([*pieces, converter.finish()])


def longest(stream):
    return max(map(len, stream.splitlines(keepends=True)))


def chunks_of(stream):
    data = [line[6:] for line in stream.split(b"\n") if line.startswith(b"data: ")]
    return [json.loads(one) for one in data if one != b"[DONE]"]


STREAMS = {
    "one chunk": [chunk(choice({"role": "assistant", "content": "Here", "images": [ITEM]}))],
    "text and image": [
        chunk(choice({"role": "assistant", "content": "Here: "})),
        chunk(choice({"images": [ITEM]})),
        chunk(choice({}, finish="stop")), chunk(usage=USAGE),
    ],
    "all at once": [chunk(choice({"images": [ITEM]}, finish="stop"), usage=USAGE)],
    "two choices": [chunk(choice({"images": [ITEM]}), choice({"images": [ITEM]}, 1, "stop"))],
    "text in other alphabets": [chunk(choice({"content": 'ü€😀"\\\n' * 3000, "images": [ITEM]}))],
    "an old upstream": [chunk(choice({"role": "assistant", "content": f"A: {LARGE} B: {LARGE}"}))],
    "with details": [
        chunk(choice({"images": [{**ITEM, "more": 1}], "provider_specific_fields": {"a": 1}}))
    ],
}  # fmt: skip
streams = pytest.mark.parametrize("chunks", STREAMS.values(), ids=STREAMS)


@streams
@pytest.mark.parametrize("size", [None, 1000])
def test_no_line_is_longer_and_the_reply_is_the_same(chunks, size):
    stream = b"".join(map(event, chunks)) + b"data: [DONE]\n\n"

    short = through(stream, size=size)

    assert longest(short) <= 4096
    assert short.endswith(b"data: [DONE]\n\n")
    whole = SSEConverter("content")
    expected = collect(chunks_of(whole.feed(stream) + whole.finish()))
    for choice in expected["choices"]:
        fields = choice["message"].get("provider_specific_fields", {})
        if fields.pop("imageshim", None) and not fields:
            del choice["message"]["provider_specific_fields"]
    assert collect(chunks_of(short)) == expected
    assert read(collect(chunks_of(short))).images[-1].url == LARGE


@streams
def test_the_end_of_a_choice_and_the_usage_come_last(chunks):
    short = chunks_of(through(b"".join(map(event, chunks))))
    said = {one["index"] for each in chunks for one in each["choices"] if one["finish_reason"]}
    ended = set()
    for each in short:
        for one in each["choices"]:
            assert one["index"] not in ended or not one["delta"]
            if one["finish_reason"]:
                ended.add(one["index"])
    assert ended == said
    assert [each["usage"] for each in short if each.get("usage")] == [
        each["usage"] for each in chunks if each.get("usage")
    ]


def test_text_that_needs_no_conversion_is_cut_too():
    stream = event(chunk(choice({"content": LARGE})))
    assert through(stream, source="content") != stream
    assert longest(through(stream, source="content")) <= 4096
    text = event(chunk(choice({"content": "text " * 5000})))
    assert longest(through(text, to="images")) <= 4096
    assert collect(chunks_of(through(text))) == collect(chunks_of(text))


def test_an_event_keeps_its_name_and_its_id_comes_last():
    stream = b"event: message\nid: 7\n" + event(chunk(choice({"content": LARGE})))
    frames = through(stream, source="content").split(b"\n\n")[:-1]
    assert all(frame.startswith(b"event: message\n") for frame in frames)
    assert [b"id: 7" in frame for frame in frames] == [False] * (len(frames) - 1) + [True]


@pytest.mark.parametrize(
    "stream",
    [
        event(chunk(choice({"content": "short"}))),
        event(chunk(choice({"content": "a", "annotations": ["a" * 9000]}))),
        event({"error": {"message": "a" * 9000}}),
        b": " + b"a" * 9000 + b"\n\n",
        b"data: " + b"a" * 9000 + b"\n\n",
        event(["a" * 9000]),
        event({"choices": [None, "a" * 9000]}),
    ],
)
def test_what_is_short_and_what_is_no_text_stays_byte_for_byte(stream):
    assert through(stream) == stream


def test_images_in_fields_of_their_own_cannot_be_cut():
    stream = event(chunk(choice({"images": [ITEM]})))
    assert through(stream, to="images") == stream


def test_without_a_limit_nothing_is_cut():
    stream = event(chunk(choice({"content": LARGE})))
    assert SSEConverter("content", source="content").feed(stream) == stream


@pytest.mark.parametrize("to", ["image", "parts"])
def test_other_formats_are_as_ever(to):
    stream = event(chunk(choice(write_message(("Here", pictures.png()), "images"))))
    assert through(stream, to=to) == SSEConverter(to).feed(stream)
