"""Law 7: one question has one answer, whatever spelling, carrier and door it comes through."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from asgi_calls import Application, call
from imageshim import (
    convert,
    convert_bytes,
    detect,
    first_image_url,
    normalize,
    prepare_messages,
    read,
)
from imageshim.cli.detect import main as detect_command
from imageshim.server.asgi import ImageFormatMiddleware
from imageshim.streaming import SSEConverter, collect, convert_stream
from imageshim.testing.strategies import odd_messages as messages

FORMATS = ("content", "image", "images", "parts")
SOURCES = (None, *FORMATS, "1.75.9", "1.80.0")


def own(message, source=None):
    """The images that are the message's own, where `read` shows them."""
    found = read(message, source=source).images
    return [image.url for image in found if image.found_in == "message"]


def without_stash(message):
    specific = {**(message.get("provider_specific_fields") or {})}
    specific.pop("imageshim", None)
    return {**message, "provider_specific_fields": specific}


def moved(message, source=None):
    """The images that a conversion moves into the canonical field."""
    after = normalize(message, source=source)
    return after, [image.url for image in read(after).images if image.found_in == "message"]


@given(messages(), st.sampled_from(SOURCES))
def test_detect_read_and_convert_agree(message, source):
    before = json.dumps(message)
    found = detect(message, source)
    read_ones = [image.url for image in read(message, source=source, markdown=False).images
                 if image.found_in == "message"]  # fmt: skip
    after, moved_ones = moved(message, source)
    assert (found is None) == (read_ones == [])
    assert (after is message) or found is not None
    assert moved_ones == read_ones
    assert normalize(after) is after
    assert json.dumps(message) == before
    body = json.dumps({"choices": [{"message": message}]}).encode()
    there = convert_bytes(body, "images", source=source)
    assert json.loads(there)["choices"][0]["message"] == after
    assert (there is body) == (after is message)


def served(headers, *pieces, **options):
    """Give the body that a client gets of a server with the middleware before it."""
    shim = ImageFormatMiddleware(Application(*pieces, headers=headers), **options)
    return asyncio.run(call(shim, request=b"{}")).body


@given(messages(), st.sampled_from(FORMATS))
def test_a_server_answers_as_convert_does(message, to):
    body = json.dumps({"choices": [{"index": 0, "message": message}]}).encode()
    assert served({}, body, default=to) == convert_bytes(body, to)
    delta = {**message, "role": "assistant"}
    chunks = [{"choices": [{"index": 0, "delta": one}]} for one in (delta, {})]
    frames = [b"data: %b\n\n" % json.dumps(chunk).encode() for chunk in chunks]
    converter = SSEConverter(to)
    wanted = converter.feed(b"".join(frames)) + converter.finish()
    assert served({"content-type": "text/event-stream"}, *frames, default=to) == wanted


@given(messages(), st.sampled_from(FORMATS))
def test_no_image_gets_lost_or_doubled_on_the_way_through_any_format(message, to):
    there = convert(message, to)
    canonical = normalize(message)
    assert own(there) == own(canonical)
    # A message that has images in two fields comes back with them in one, and its stash says so.
    assert without_stash(normalize(convert(canonical, to))) == without_stash(canonical)
    for markdown in (False, True):
        wanted = [image.url for image in read(message, markdown=markdown).images]
        assert sorted(image.url for image in read(there, markdown=markdown).images) == sorted(
            wanted
        )


@given(messages())
def test_an_object_answers_as_a_dict_does(message):
    carrier = SimpleNamespace(**message)
    assert detect(carrier) == detect(message)
    assert own(carrier) == own(message)
    assert first_image_url(carrier) == first_image_url(message)


@given(messages(), st.sampled_from(FORMATS))
def test_a_message_in_one_delta_converts_as_the_whole_does(message, to):
    message.pop("reasoning_content", None)
    chunks = [
        {"choices": [{"index": 0, "delta": message, "finish_reason": None}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    ]
    whole = collect(chunks)["choices"][0]["message"]
    made = list(convert_stream(chunks, to))
    converted = collect(made)["choices"][0]["message"]
    assert sorted(own(converted)) == sorted(own(convert(whole, to)))
    again = collect(convert_stream(made, to))["choices"][0]["message"]
    assert own(again) == own(converted)
    converter = SSEConverter(to)
    frames = b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in chunks)
    out = converter.feed(frames) + converter.finish()
    lines = [json.loads(line[6:]) for line in out.split(b"\n") if line.startswith(b"data: ")]
    assert collect(lines)["choices"][0]["message"] == converted


@given(messages())
def test_the_history_has_every_image_once(message):
    sent = prepare_messages([message, {"role": "user", "content": "next"}])
    wanted = [image.url for image in read(message).images]
    parts = [part for said in sent for part in said["content"] or () if isinstance(part, dict)]
    if wanted:
        shown = [
            part["image_url"]["url"] for part in sent[-1]["content"] if part["type"] == "image_url"
        ]
        assert len(shown) == len(wanted)
    else:
        assert sent[0] is message
    assert parts is not None


def test_the_command_line_prints_what_detect_says(tmp_path, capsys):
    path = tmp_path / "replies.jsonl"
    found = []

    @given(messages())
    def gather(message):
        found.append(message)

    gather()
    path.write_text("\n".join(json.dumps({"choices": [{"message": one}]}) for one in found))
    detect_command([str(path)])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(found)
    for message, line in zip(found, lines, strict=True):
        _, said, count = line.rsplit("\t", 2)
        images = read(message).images
        known = detect(message)
        elsewhere = images[0].found_in if images else "none"
        assert (said, int(count)) == (known.value if known else elsewhere, len(images))
