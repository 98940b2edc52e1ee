"""Law 3 of DESIGN: streams commute with replies, for every way of cutting the same reply."""

import copy
import itertools
import json

from hypothesis import given
from hypothesis import strategies as st

from imageshim import (
    Format,
    SSEConverter,
    StreamConverter,
    collect,
    convert,
    convert_stream,
    read,
    read_all,
)
from imageshim.testing import strategies as shim

FORMATS = list(Format)


def bare(reply):
    """The reply less the stashes, and less the fields that are there for them alone."""
    stripped = copy.deepcopy(reply)
    for choice in stripped["choices"]:
        specific = choice["message"].get("provider_specific_fields")
        if specific:
            specific.pop("imageshim", None)
        if not specific:
            choice["message"].pop("provider_specific_fields", None)
    return stripped


def same(one, other):
    """Equal in every key, order included."""
    return json.dumps(one) == json.dumps(other)


def said(reply, name):
    """Text and images of each choice, in order."""
    return [
        (reading.text, [image.url for image in reading.images])
        for reading in read_all(reply, source=name, markdown=False)
    ]


def sources(name):
    return st.sampled_from([None, name])


@given(name=st.sampled_from(FORMATS), data=st.data())
def test_converted_then_collected_is_collected_then_converted(name, data):
    stream = data.draw(shim.scripted_streams(name))
    to, source = data.draw(st.sampled_from(FORMATS)), data.draw(sources(name))
    before = json.dumps(stream.chunks)
    converted = collect(convert_stream(stream.chunks, to, source=source))
    assert same(bare(converted), bare(convert(collect(stream.chunks), to, source=source)))
    assert json.dumps(stream.chunks) == before


@given(name=st.sampled_from(FORMATS), data=st.data())
def test_a_collected_stream_is_the_reply_that_was_cut(name, data):
    stream = data.draw(shim.scripted_streams(name))
    reply = collect(stream.chunks)
    assert said(reply, name) == said(stream.whole.reply, name)
    for collected, whole in zip(reply["choices"], stream.whole.reply["choices"], strict=True):
        assert collected["finish_reason"] == whole["finish_reason"]
        others = whole["message"].keys() - {"content", "image", "images"}
        for field in others - {"provider_specific_fields"}:
            assert collected["message"][field] == whole["message"][field]
    assert reply["usage"] == stream.whole.reply["usage"]


@given(name=st.sampled_from(FORMATS), data=st.data())
def test_a_converted_stream_says_what_was_said_in_the_same_order(name, data):
    stream = data.draw(shim.scripted_streams(name))
    to = data.draw(st.sampled_from(FORMATS))
    reply = collect(convert_stream(stream.chunks, to, source=name))
    for number, reading in enumerate(read_all(reply, source=to, markdown=False)):
        assert reading.text == stream.whole.text(number)
        assert [image.url for image in reading.images] == [
            picture.url for picture in stream.whole.pictures(number)
        ]
        if name in {Format.CONTENT, Format.PARTS}:
            parts = [part if isinstance(part, str) else part.url for part in reading.parts]
            wanted = stream.whole.choices[number]
            assert parts == [part if isinstance(part, str) else part.url for part in wanted]


@given(data=st.data())
def test_canonical_streams_come_back_from_every_format(data):
    stream = data.draw(shim.scripted_streams("images"))
    to = data.draw(st.sampled_from(FORMATS))
    back = collect(convert_stream(convert_stream(stream.chunks, to), "images", source=to))
    assert same(bare(back), bare(collect(stream.chunks)))


@given(name=st.sampled_from(FORMATS), data=st.data())
def test_chunks_keep_their_shape(name, data):
    """Ids, choices in order, images numbered 0, 1, … in each choice, the finish reason last."""
    stream = data.draw(shim.scripted_streams(name))
    chunks = list(convert_stream(stream.chunks, "images", source=name))
    numbers, finished = {}, set()
    for chunk in chunks:
        assert {**chunk, "choices": 0, "usage": 0} == {**stream.chunks[0], "choices": 0, "usage": 0}
        for choice in chunk["choices"]:
            assert choice["index"] not in finished
            for item in choice["delta"].get("images", ()):
                assert item["index"] == numbers.get(choice["index"], 0)
                numbers[choice["index"]] = item["index"] + 1
            if choice["finish_reason"]:
                assert choice["delta"] == {}
                finished.add(choice["index"])
    assert chunks[-1] is stream.chunks[-1]


@given(name=st.sampled_from(FORMATS), data=st.data())
def test_converting_again_changes_nothing(name, data):
    chunks = data.draw(shim.streams(name))
    to = data.draw(st.sampled_from(FORMATS))
    once = list(convert_stream(chunks, to, source=name))
    again = list(convert_stream(once, to, source=to))
    assert [id(chunk) for chunk in again] == [id(chunk) for chunk in once]


@given(
    message=shim.odd_messages(),
    to=st.sampled_from(FORMATS),
    pick=st.sampled_from(["first", "final"]),
)
def test_converting_any_spelling_again_says_the_same(message, to, pick):
    chunks = [
        {"choices": [{"index": 0, "delta": delta, "finish_reason": end}]}
        for delta, end in ((message, None), ({}, "stop"))
    ]
    once = list(convert_stream(chunks, to, pick=pick))
    readings = [
        read(collect(made)["choices"][0]["message"])
        for made in (once, convert_stream(once, to, pick=pick))
    ]
    first, again = ((one.text, sorted(image.url for image in one.images)) for one in readings)
    assert again == first


@given(data=st.data())
def test_only_a_beginning_of_a_data_uri_is_held(data):
    text = data.draw(shim.texts(min_size=1))
    converter = StreamConverter("images", source=data.draw(sources("content")))
    seen = ""
    for number, letter in enumerate(text, 1):
        for made in converter.feed({"choices": [{"index": 0, "delta": {"content": letter}}]}):
            seen += made["choices"][0]["delta"]["content"]
        held = text[len(seen) : number].lower()
        assert text.startswith(seen)
        assert "data:image/".startswith(held[:11])


def sse(body, to, cuts, source):
    converter = SSEConverter(to, source=source)
    places = [0, *cuts, len(body)]
    pieces = [converter.feed(body[start:end]) for start, end in itertools.pairwise(places)]
    return b"".join(pieces) + converter.finish()


@given(name=st.sampled_from(FORMATS), data=st.data())
def test_event_streams_cut_at_any_byte_give_the_same_bytes(name, data):
    stream = data.draw(shim.scripted_streams(name))
    to, source = data.draw(st.sampled_from(FORMATS)), data.draw(sources(name))
    body = stream.sse(data.draw(st.sampled_from([b"\n", b"\r\n", b"\r"])))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    whole = sse(body, to, [], source)
    assert sse(body, to, cuts, source) == whole
    assert sse(body, to, range(1, len(body)), source) == whole
