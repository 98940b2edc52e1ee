"""Event streams of bytes in, event streams of bytes out."""

import json
import random

import pytest

from captured import FOLDER, PROXIES
from chunks_of_streams import BASE, BLUE, RED, chunk, frame, item, texts
from imageshim import LossyConversionError, SSEConverter
from imageshim.errors import UnreadableImageWarning

PROXY = FOLDER / "proxy"
DONE = b"data: [DONE]\n\n"
TWO_CHOICES = (
    b'data: {"choices":[{"index":0,"delta":{"content":"hi"}},'
    b'{"index":1,"delta":{"content":"hi"}}]}\n\n'
)


def converted(body, to="images", **words):
    converter = SSEConverter(to, **words)
    return converter.feed(body) + converter.finish()


def chunks_of(body):
    lines = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    data = [line.removeprefix(b"data:").strip() for line in lines if line.startswith(b"data:")]
    return [json.loads(one) for one in data if one != b"[DONE]"]


@pytest.mark.parametrize(
    "untouched",
    [
        DONE,
        b": ping\n\n",
        b"event: x\nid: 1\nretry: 5\n\n",
        b"\n",
        b'data: {"error": {"message": "overloaded"}}\n\n',
        b"data: overloaded\n\n",
        b"data: {\n\n",
        b"data: 5\n\ndata: []\n\ndata: null\n\n",
        b"data: \xff\xfe\n\n",
        frame({**BASE, "choices": [], "usage": {"total_tokens": 3}}),
        frame(chunk({"role": "assistant", "content": ""})),
        frame(chunk({"content": None})),
        frame(chunk({"content": 'a\\nb \u00e9 \ud83d\ude00 " c'})),
        frame(chunk({"content": "no images: none"})),
        frame(chunk({"content": "x", "tool_calls": [{"index": 0}]})),
        frame(chunk({"content": "x", "logprobs": {"content": []}})),
        TWO_CHOICES,
        b'data: {"choices":[{"index":1,"delta":{"content":"hi"}}]}\n\n',
        b'data: {"choices":[{"index":10,"delta":{"content":"hi"}}]}\n\n',
        b'data: {"choices":[{"delta":{"content":"hi"}}]}\n\n',
        b'data: {"choices":[{"index":0,"delta":{"content" : "hi"}}]}\n\n',
        b'data: {"choices":[{"index":0,"delta":{"content":"hi',
    ],
)
@pytest.mark.parametrize("to", ["content", "images"])
def test_what_needs_no_change_goes_through_byte_for_byte(untouched, to):
    body = frame(chunk({"content": "before"})) * 2 + untouched + frame(chunk({"content": "after"}))
    assert converted(body, to) == body
    assert converted(untouched, to) == untouched
    converter = SSEConverter(to)
    assert b"".join(converter.feed(bytes([byte])) for byte in body) + converter.finish() == body


def test_a_frame_with_images_in_the_right_format_goes_through():
    body = frame(chunk({"images": [item(RED.url)]}))
    assert converted(body) == body


def test_an_untouched_frame_comes_back_as_the_same_bytes():
    converter = SSEConverter("images")
    for text in ("one", "two", "three", "", "four"):
        body = frame(chunk({"content": text}))
        assert converter.feed(body) is body


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_frame_that_changes_keeps_its_other_lines(end):
    data = json.dumps(chunk({"content": f"a{RED.url}b"})).encode()
    lines = [b": hello", b"event: delta", b"id: 7", b"retry: 100", b"data:" + data, b"", b""]
    made = converted(end.join(lines), source="content").split(end)
    assert [line for line in made if not line.startswith(b"data:")] == [
        b": hello", b"event: delta", b"retry: 100", b"",
        b"event: delta", b"",
        b"event: delta", b"id: 7", b"", b"",
    ]  # fmt: skip
    assert [one["choices"][0]["delta"] for one in chunks_of(end.join(made))] == [
        {"content": "a"},
        {"images": [item(RED.url)]},
        {"content": "b"},
    ]


def test_several_data_lines_are_one_value():
    text = json.dumps(chunk({"image": {"url": RED.url}}), indent=1)
    body = b"".join(b"data: " + line.encode() + b"\n" for line in text.split("\n")) + b"\n"
    (made,) = chunks_of(converted(body))
    assert made == chunk({"images": [item(RED.url)]})
    unchanged = body.replace(b'"image"', b'"picture"')
    assert converted(unchanged) == unchanged


def test_a_byte_order_mark_stays_at_the_beginning():
    body = b"\xef\xbb\xbf" + frame(chunk({"content": f"a{RED.url}"}))
    made = converted(body, source="content")
    assert made.startswith(b"\xef\xbb\xbfdata: {")
    assert made.count(b"\xef\xbb\xbf") == 1
    assert len(chunks_of(made[3:])) == 2


def test_an_image_in_many_frames_is_put_together():
    pieces = [RED.url[at : at + 9] for at in range(0, len(RED.url), 9)]
    body = b"".join(map(frame, texts("Look: ", *pieces, " Done."))) + DONE
    made = converted(body)
    assert chunks_of(made) == [
        chunk({"content": "Look: "}),
        chunk({"images": [item(RED.url)]}),
        chunk({"content": " Done."}),
        chunk({}, finish="stop"),
    ]
    assert made.endswith(DONE)


def test_a_frame_that_only_adds_to_a_data_uri_leaves_its_other_lines():
    converter = SSEConverter("images")
    assert converter.feed(frame(chunk({"content": RED.url[:40]}))) == b""
    body = b"event: delta\n" + frame(chunk({"content": RED.url[40:50]}))
    assert converter.feed(body) == b""
    body = b": ping\nid: 4\n" + frame(chunk({"content": RED.url[50:60]}))
    assert converter.feed(body) == b": ping\nid: 4\n\n"


def test_frames_that_are_no_chunks_pass_text_that_is_held():
    converter = SSEConverter("images")
    converter.feed(frame(chunk({"content": "a dat"})))
    for other in (b"data: 5\n\n", b": ping\n\n", b"data: {\n\n", b'data: {"error": 1}\n\n'):
        assert converter.feed(other) == other
    assert chunks_of(converter.finish()) == [chunk({"content": "dat"})]


def test_text_that_is_held_goes_before_done():
    made = converted(frame(chunk({"content": "a dat"}), b"\r\n") + DONE.replace(b"\n", b"\r\n"))
    assert [one["choices"][0]["delta"]["content"] for one in chunks_of(made)] == ["a ", "dat"]
    assert made.endswith(b"}\r\n\r\ndata: [DONE]\r\n\r\n")


def test_whether_anything_is_held_is_told():
    converter = SSEConverter("images")
    assert converter.holds is False
    made = converter.feed(frame(chunk({"content": "a dat"})))
    assert converter.holds is True
    made += converter.feed(frame(chunk({"content": "e."})))
    assert converter.holds is False
    assert (
        "".join(delta["choices"][0]["delta"]["content"] for delta in chunks_of(made)) == "a date."
    )
    converter.feed(b"data: {")
    assert converter.holds is True


def test_text_that_is_held_comes_at_the_end():
    body = frame(chunk({"content": "a dat"}))
    assert chunks_of(converted(body)) == [chunk({"content": "a "}), chunk({"content": "dat"})]
    for left in (b"", b"\n"):
        made = converted(body[:-2] + left)
        assert chunks_of(made) == [chunk({"content": "a "}), chunk({"content": "dat"})]
        assert made.count(b"\n\n") == 2
    made = converted(body + b"data: {")
    assert made.endswith(b"}\n\ndata: {")
    assert chunks_of(made[: -len(b"data: {")])[-1] == chunk({"content": "dat"})


@pytest.mark.parametrize("left", [b"", b"\n"])
def test_a_last_frame_that_nothing_ends_can_become_several(left):
    body = frame(chunk({"content": f"a{RED.url}b"}))[:-2] + left
    made = converted(body, source="content")
    assert len(chunks_of(made)) == 3
    assert made.count(b"\n\n") == 2
    assert made.endswith(b"}" + left)


def test_a_stream_that_ends_inside_a_data_uri_gives_its_text_back():
    body = frame(chunk({"content": "Look: " + RED.url[:80]}))
    with pytest.warns(UnreadableImageWarning):
        made = converted(body)
    assert "".join(one["choices"][0]["delta"]["content"] for one in chunks_of(made)) == (
        "Look: " + RED.url[:80]
    )


def test_a_frame_that_cannot_be_converted_goes_through_with_a_warning():
    body = frame(chunk({"images": [item(RED.url)], "provider_specific_fields": "x"}))
    with pytest.warns(UnreadableImageWarning, match="goes through as it is") as caught:
        assert converted(body, "content") == body
    assert caught[0].filename == __file__


def test_on_loss_raise_raises():
    body = frame(chunk({"images": [item(RED.url), item(BLUE.url)]}))
    with pytest.raises(LossyConversionError):
        converted(body, "image", on_loss="raise")


def test_text_that_passed_at_a_look_still_tells_a_quotation():
    body = b"".join(
        frame(chunk({"content": text})) for text in ("Use ", "u", "rl", "(", RED.url, ")")
    )
    made = chunks_of(converted(body, source="content"))
    said = [one["choices"][0]["delta"]["content"] for one in made]
    assert said == ["Use ", "u", "rl", "(", f"{RED.url})"]
    body = b"".join(frame(chunk({"content": text})) for text in ("Use ", "x", "(", RED.url, ")"))
    assert len(chunks_of(converted(body, source="content"))) == 5
    assert b'"images"' in converted(body, source="content")


@pytest.mark.parametrize(("before", "quoted"), [("url(", True), ("x(", False)])
def test_the_end_of_many_texts_that_passed_still_tells_a_quotation(before, quoted):
    said = [*["word "] * 300, *before, RED.url, ")"]
    converter = SSEConverter("images", source="content")
    got = b"".join(converter.feed(frame(chunk({"content": text}))) for text in said)
    assert (b'"images"' in got) is not quoted
    assert got.count(b'"word "') == 300


def test_megabytes_stay_in_the_bytes_they_came_in():
    from imageshim.testing.pictures import png

    picture = png(filling=600_000)
    for delta, source in (
        ({"image": {"url": picture.url, "detail": "auto"}}, None),
        ({"content": picture.url}, "content"),
        ({"content": f"Look: {picture.url} done"}, None),
    ):
        body = frame(chunk(delta))
        cut = [body[at : at + 65536] for at in range(0, len(body), 65536)]
        converter = SSEConverter("images", source=source)
        made = b"".join(map(converter.feed, cut)) + converter.finish()
        assert made == converted(body, source=source)
        assert any(
            one["choices"][0]["delta"] == {"images": [item(picture.url)]} for one in chunks_of(made)
        )
        back = chunks_of(converted(made, "content"))
        assert "".join(one["choices"][0]["delta"]["content"] for one in back) == delta.get(
            "content", picture.url
        )


def test_an_image_of_several_frames_of_megabytes_is_put_together():
    from imageshim.testing.pictures import png

    url = png(filling=900_000).url
    pieces = [url[at : at + 400_000] for at in range(0, len(url), 400_000)]
    assert chunks_of(converted(b"".join(map(frame, texts(*pieces, finish=None))))) == [
        chunk({"images": [item(url)]})
    ]


SEEDS = [path.read_bytes() for name in PROXIES for path in sorted((PROXY / name).glob("*.sse"))]
GARBAGE = [
    *(
        b"\n",
        b"\r",
        b"\r\n\r\n",
        b"data: ",
        b'"',
        b"\\",
        b"{",
        b"}",
        b"[",
        b"null",
        b"\xff",
        b"\x00",
    ),
    *(b"data:image/png;base64,", b'"content":', b'"images":', b"7", b"[DONE]"),
]


def mutated(rng):
    body = bytearray(rng.choice(SEEDS))
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(body) + 1)
        kind = rng.randrange(4)
        if kind == 0:
            body[at:at] = rng.choice(GARBAGE)
        elif kind == 1:
            del body[at : at + rng.randint(1, 80)]
        elif kind == 2:
            body[at : at + 1] = bytes([rng.randrange(256)])
        else:
            body[at:at] = body[rng.randrange(len(body) + 1) :][: rng.randint(1, 400)]
        body = body or bytearray(b"\n")
    return bytes(body)


@pytest.mark.filterwarnings("ignore::imageshim.errors.UnreadableImageWarning")
@pytest.mark.parametrize(
    "part", [0, 1, 2, *(pytest.param(part, marks=pytest.mark.deep) for part in range(3, 10))]
)
def test_mutated_streams_give_bytes_and_lose_no_frame(part):
    """Each of 10,000: what is no chunk comes out as it went in, in order; text is all there."""
    rng = random.Random(part)  # noqa: S311  # the same streams in every run
    for _ in range(1000):
        body = mutated(rng)
        to = rng.choice(["content", "image", "images", "parts"])
        source = rng.choice([None, "content", "images"])
        made = converted(body, to, source=source)
        cut = rng.randrange(len(body) + 1)
        converter = SSEConverter(to, source=source)
        assert converter.feed(body[:cut]) + converter.feed(body[cut:]) + converter.finish() == made
        position = 0
        for other in others(body):
            position = made.find(other, position)
            assert position >= 0, other
            position += len(other)


def others(body):
    """The frames of a stream that are no chunks."""
    from imageshim.streaming.sse import Framer, lines_of

    framer = Framer()
    for one in [*framer.feed(body), framer.finish()]:
        data = [one[line.value : line.stop] for line in lines_of(one) if line.name == b"data"]
        try:
            value = json.loads(b"\n".join(data))
        except ValueError:
            yield one
        else:
            if not isinstance(value, dict) or not value.get("choices"):
                yield one


def test_images_in_markdown_are_read_on_request():
    body = b"".join(
        map(frame, texts("Look", "! It is", "!", f"[image]({RED.url})", " fine", finish=None))
    )
    said = [one["choices"][0]["delta"] for one in chunks_of(converted(body, markdown=True))]
    assert said == [
        {"content": "Look"}, {"content": "! It is"}, {"images": [item(RED.url)]},
        {"content": " fine"},
    ]  # fmt: skip
    assert converted(body) == body
