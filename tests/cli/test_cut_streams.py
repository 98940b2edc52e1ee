"""A stream that breaks off inside an event is told, and its whole events are read."""

import json

import pytest

from chunks_of_streams import chunk
from imageshim.testing.pictures import png

URL = png().url
ITEM = {"image_url": {"url": URL, "detail": "auto"}, "index": 0, "type": "image_url"}
FIRST = b"data: " + json.dumps(chunk({"content": "Here"})).encode() + b"\n\n"
IMAGE = b"data: " + json.dumps(chunk({"images": [ITEM]})).encode() + b"\n\n"
SAID = f"breaks off inside an event, which begins at byte {len(FIRST)}"
COMMANDS = (("show",), ("detect",), ("convert", "--to", "content"))


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("size", [1, 3, 4, 5, 40, len(IMAGE) - 40])
def test_it_is_told_with_its_place(run, command, size):
    ended = run(*command, stdin=FIRST + IMAGE[:size])
    assert ended.code == 1
    assert f"<stdin>: the stream {SAID}" in ended.err
    assert ended.out


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "end", [b"", b": ping", b"data: [DONE]", b"data: [DONE]\n", b"\n", b"id: 1\n"]
)
def test_a_stream_whose_last_event_is_whole_is_fine(run, command, end):
    for body in (FIRST + IMAGE + end, FIRST + IMAGE.rstrip(b"\n")):
        ended = run(*command, stdin=body)
        assert (ended.code, ended.err) == (0, "")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_stream_without_a_whole_event_says_both(run, command):
    ended = run(*command, stdin=IMAGE[:60])
    assert ended.code == 1
    assert "no chunk of a chat completion" in ended.err


def test_whole_events_before_it_are_converted(run):
    ended = run("convert", "--to", "content", stdin=IMAGE + FIRST[:20])
    assert ended.code == 1
    assert URL.encode() in ended.out
    assert b'"images":[' not in ended.out
    assert ended.out.endswith(FIRST[:20])
