"""Event streams as input of the commands."""

import json

import pytest

from captured import FOLDER
from chunks_of_streams import BLUE, RED, chunk, frame, item
from imageshim import SSEConverter

BODY = b"".join(
    map(
        frame,
        [chunk({"content": f"a{RED.url}"}), chunk({"content": f"b{BLUE.url}"}, finish="stop")],
    )
)
DONE = b"data: [DONE]\n\n"


def test_an_event_stream_is_converted_frame_by_frame(run):
    ended = run("convert", "--from", "content", stdin=BODY + DONE)
    assert (ended.code, ended.err) == (0, "")
    converter = SSEConverter("images", source="content")
    assert ended.out == converter.feed(BODY + DONE) + converter.finish()
    assert ended.out.endswith(DONE)


@pytest.mark.parametrize(
    "start", [b"", b"\xef\xbb\xbf", b"\n", b": hello\n\n", b"event: x\n", b"id: 1\n"]
)
def test_an_event_stream_is_known_by_its_first_line(run, start):
    ended = run("convert", "--from", "content", "--to", "content", stdin=start + BODY)
    assert (ended.code, ended.out) == (0, start + BODY)


def test_a_captured_file_is_shown(run, tmp_path):
    path = FOLDER / "proxy" / "1.76.3" / "d_text_image_text_image.sse"
    ended = run("show", str(path), "--save", str(tmp_path))
    assert ended.code == 0
    assert [file.suffix for file in sorted(tmp_path.iterdir())] == [".png", ".png"]


def test_the_images_of_all_chunks_are_shown(run):
    ended = run("show", "--from", "content", stdin=BODY)
    assert ended.code == 0
    assert ended.out.count(b"image/png") == 2


def test_a_stream_that_ends_inside_an_image_is_reported_and_kept(run):
    body = frame(chunk({"content": RED.url[:80]}))
    ended = run("convert", stdin=body)
    assert ended.code == 1
    assert "<stdin>: choices[0].delta: the stream ended inside a data URI" in ended.err
    assert json.loads(ended.out[6:]) == chunk({"content": RED.url[:80]})


def test_the_options_of_convert_are_those_of_the_stream(run):
    body = frame(chunk({"images": [item(RED.url), {"b64_json": BLUE.url.partition(",")[2]}]}))
    ended = run("convert", "--to", "image", "--on-loss", "raise", stdin=body)
    assert ended.code == 1
    assert ended.out == body
    assert "cannot hold more than one image" in ended.err


def test_an_error_in_mid_stream_is_why_there_is_no_image(run):
    body = frame(chunk({"content": "I will"})) + b'data: {"error": {"message": "overloaded"}}\n\n'
    ended = run("show", stdin=body)
    assert ended.code == 0
    assert "no image; error: overloaded" in ended.out.decode()


def test_a_reply_without_choices_says_why(run):
    ended = run("show", stdin=b'{"choices": [], "error": {"message": "overloaded"}}')
    assert "no image; error: overloaded" in ended.out.decode()


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (DONE, "no chunk of a chat completion in this event stream"),
        (
            b'data: {"error": {"message": "slow down"}}\n\n',
            "an error in place of a reply: .*slow down",
        ),
        (b"data: {\n\ndata: 5\n\n: ping\n\n", "no chunk of a chat completion"),
    ],
)
def test_a_stream_without_a_reply_is_reported_and_kept(run, body, problem):
    import re

    for command in ("convert", "show"):
        ended = run(command, stdin=body)
        assert ended.code == 1
        assert re.search(problem, ended.err)
    assert run("convert", stdin=body).out == body
