"""convert_bytes: JSON in, JSON out, the same bytes where nothing changes, and where it breaks."""

import json
import sys

import pytest

from imageshim import MalformedReplyError, convert, convert_bytes
from imageshim.long_json.reading import parse, parse_lazily, write, write_pieces
from imageshim.long_json.rope import LONG, Rope
from imageshim.testing.pictures import Picture, chunk, png
from imageshim.testing.strategies import write_message

EARLIER = int(sys.version_info >= (3, 13))
TRAILING_COMMA = "Illegal trailing comma" if EARLIER else "Expecting property name"
"""From Python 3.13 on the comma is named and not what follows it."""

HEADER = chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\x08\0\0\0\0")
LARGE = Picture(
    "image/png",
    b"\x89PNG\r\n\x1a\n" + HEADER + chunk(b"IDAT", bytes(4 * LONG)) + chunk(b"IEND", b""),
)
PICTURES = [pytest.param(png(), id="small"), pytest.param(LARGE, id="large")]
FORMATS = ("content", "image", "images", "parts")


def reply(message):
    return {"id": "x", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("to", FORMATS)
@pytest.mark.parametrize("name", FORMATS)
def test_bytes_convert_as_dicts_do(name, to, picture):
    value = reply(write_message(("Voilà:\n", picture), name))
    body = compact(value)
    converted = convert_bytes(body, to, source=name)
    assert converted == compact(convert(value, to, source=name))
    if name == to:
        assert converted is body
    assert convert_bytes(converted, name) == body


@pytest.mark.parametrize("picture", PICTURES)
def test_slashes_may_be_escaped_and_blanks_stand_anywhere(picture):
    value = reply(write_message(("Here: ", picture, "AndMore"), "content"))
    body = json.dumps(value, indent=2).replace("/", "\\/").encode()
    converted = convert_bytes(body, "images", source="1.75.9")
    assert converted == compact(convert(value, "images", source="1.75.9"))


PROSE = "Let me think about it. " * LONG


@pytest.mark.parametrize(
    ("message", "to"),
    [
        ({"content": "x", "reasoning_content": PROSE + LARGE.url + PROSE}, "images"),
        ({"content": PROSE + LARGE.url + PROSE}, "images"),
        ({"content": "See " + LARGE.url.partition(",")[2]}, "images"),
        ({"content": LARGE.url.partition(",")[2]}, "images"),
        ({"content": f"![a]({LARGE.url}) " + PROSE}, "parts"),
        ({"content": PROSE, "image": {"url": LARGE.url}, "images": [
            {"type": "image_url", "image_url": {"url": LARGE.url}}]}, "content"),
        ({"content": "x", "images": [
            {"type": "image_url", "image_url": {"url": "https://a.example/" + "a" * LONG}},
        ]}, "content"),
        ({"content": "x", "images": [
            {"type": "image_url", "image_url": {"url": "https://a.example/a b" + "a" * LONG}},
        ]}, "content"),
    ],
    ids=["draft", "prose", "base64 in text", "base64", "Markdown", "repeated", "remote", "blank"],
)  # fmt: skip
def test_long_text_of_any_kind_converts_as_in_dicts(message, to):
    value = reply(message)
    options = {"markdown": True, "drafts": "images", "source": None}
    converted = convert_bytes(compact(value), to, **options)
    wanted = convert(value, to, **options)
    assert converted == compact(wanted)
    assert convert_bytes(converted, "images") == compact(convert(wanted, "images"))


@pytest.mark.parametrize(
    "body",
    [
        b'{"choices": [{"message": {"content": "no image"}}]}',
        b'{"choices": [{"message": {"content": "' + b"a long answer. " * LONG + b'"}}]}',
        b'{"error": {"message": "quota"}}',
        b"[1, 2]",
        b"null",
        b'"data:image/png;base64,iVBORw0KGgo="',
    ],
    ids=["text", "long text", "error", "list", "null", "string"],
)
def test_a_body_without_images_comes_back_as_itself(body):
    assert convert_bytes(body, "images") is body


@pytest.mark.parametrize(
    ("body", "offset", "reason"),
    [
        (b"", 0, "Expecting value"),
        (b'{"a": 1,}', 8 - EARLIER, TRAILING_COMMA),
        ('{"é": tru}'.encode(), 7, "Expecting value"),
        (b'{"a": "\xff"}', 7, "invalid start byte"),
        (b'{"a": "x\ny"}', 8, "Invalid control character"),
        (b'{"a": "' + b"x" * LONG + b'", }', 7 + LONG + 3 - 2 * EARLIER, TRAILING_COMMA),
        (b'{"a": "' + b"x" * LONG + b'\n"}', 7 + LONG, "Invalid control character"),
        (b'{"a": "' + b"x" * LONG, 6, "Unterminated string"),
    ],
)
def test_what_is_no_json_is_refused_with_the_offset(body, offset, reason):
    with pytest.raises(MalformedReplyError, match=reason) as caught:
        convert_bytes(body, "images")
    assert caught.value.offset == offset
    assert f"byte {offset}" in str(caught.value)


def test_json_too_deep_to_read_is_refused():
    with pytest.raises(MalformedReplyError, match="nested too deeply"):
        convert_bytes(b"[" * 1_000_000, "images")


def test_lone_surrogates_come_out_as_they_came_in():
    message = write_message((png(),), "images")
    body = json.dumps(reply({**message, "content": "half \ud83d, NaN"})).encode()
    converted = convert_bytes(body, "image")
    assert json.loads(converted)["choices"][0]["message"]["content"] == "half \ud83d, NaN"
    assert convert_bytes(converted, "images") == body.replace(b'": ', b'":').replace(b', "', b',"')


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32-le"])
def test_other_encodings_of_json_are_read(encoding):
    value = reply(write_message((LARGE,), "images"))
    body = json.dumps(value).encode(encoding)
    assert convert_bytes(body, "image") == compact(convert(value, "image"))


def test_deep_nesting_beside_a_rope_is_written():
    rope = parse_lazily(compact(["x" * LONG * 2]))[0]
    assert type(rope) is Rope
    deep = rope
    for _ in range(300):
        deep = [deep]
    assert json.loads(write({"a": deep})) == json.loads(json.dumps({"a": deep}).replace(
        json.dumps(rope)[1:-1], str(rope)))  # fmt: skip


def test_a_rope_that_was_looked_into_is_an_error_and_not_a_reply():
    rope = parse_lazily(compact(["x" * LONG * 2]))[0]
    pieces = [rope, "y"]
    with pytest.raises(RuntimeError, match="rope"):
        write({"content": "".join(pieces)})


def test_parse_gives_usual_text_only():
    (text,) = parse(compact(["x" * LONG * 2]))
    assert type(text) is str


@pytest.mark.parametrize("body", ['{"choices": []}', {"choices": []}, None, memoryview(b"{}")])
def test_what_is_not_bytes_is_refused(body):
    with pytest.raises(MalformedReplyError, match=type(body).__name__):
        convert_bytes(body, "images")


def test_a_bytearray_converts_as_its_bytes_do():
    body = compact(reply(write_message(("Here: ", LARGE), "images")))
    assert convert_bytes(bytearray(body), "parts") == convert_bytes(body, "parts")


def test_pieces_of_what_the_fast_writer_refuses_are_written_all_the_same():
    value = {"text": "\ud800", "n": [1, None]}
    assert b"".join(write_pieces(value)) == write(value)
