"""The strategies draw what they promise: every format, and what is worst for each."""

import base64
import json
import re
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from imageshim import (
    Format,
    ImageShimError,
    UnknownFormatError,
    collect,
    detect,
    format_of,
    read,
    read_all,
)
from imageshim.schema import problems
from imageshim.testing import strategies as shim
from imageshim.testing.pictures import KINDS, Picture, png

WIDE = settings(
    max_examples=5_000,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def is_picture(part):
    return isinstance(part, Picture)


def neighbours(parts, one, other):
    return any(one(a) and other(b) for a, b in pairwise(parts))


@pytest.mark.parametrize("name", Format)
@given(data=st.data())
def test_replies_are_in_their_format_and_tell_what_they_were_made_of(name, data):
    scripted = data.draw(shim.scripted_replies(name))
    assert problems(scripted.reply, name) == []
    assert len(scripted.choices) == len(scripted.reply["choices"])
    for place, reading in enumerate(read_all(scripted.reply, source=name, markdown=False)):
        assert reading.text == scripted.text(place)
        assert [i.data for i in reading.images] == [p.data for p in scripted.pictures(place)]
    if any(scripted.pictures(place) for place in range(len(scripted.choices))):
        assert detect(scripted.reply, name) is name


@pytest.mark.parametrize("name", Format)
@given(data=st.data())
def test_as_many_images_and_choices_as_asked_for(name, data):
    most = 1 if name is Format.IMAGE else 3
    reply = data.draw(shim.replies(name, min_images=1, max_choices=2))
    assert 1 <= len(reply["choices"]) <= 2
    for reading in read_all(reply, source=name, markdown=False):
        assert 1 <= len(reading.images) <= most
    message = data.draw(shim.messages(name, min_images=1))
    assert detect(message, name) is name


@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_pictures_of_every_type_come_with_every_padding(kind, padding):
    media_type = KINDS[kind]().media_type
    find(
        shim.images(),
        lambda picture: picture.media_type == media_type and picture.url.count("=") == padding,
        settings=WIDE,
    )


@given(shim.images())
def test_urls_are_the_pictures(picture):
    header, _, payload = picture.url.partition(",")
    assert header == f"data:{picture.media_type};base64"
    assert base64.b64decode(payload, validate=True) == picture.data


@pytest.mark.parametrize(
    "wanted",
    [
        lambda parts: neighbours(parts, is_picture, is_picture),
        lambda parts: neighbours(parts, is_picture, lambda p: str(p)[:1].isalnum()),
        lambda parts: neighbours(parts, lambda p: str(p)[-1:].isalnum(), is_picture),
        lambda parts: sum(map(is_picture, parts)) == 3,
        lambda parts: not parts,
    ],
    ids=["adjacent", "letters behind", "letters before", "three", "nothing"],
)
def test_parts_stand_in_every_order(wanted):
    find(shim.parts(), wanted, settings=WIDE)


@pytest.mark.parametrize(
    "piece", ["data:", "data:image/png;base64,", "iVBORw0KGgo", "```", "<img src=", "![", "é", "=="]
)
def test_texts_hold_what_looks_like_something_else(piece):
    find(shim.texts(), lambda text: piece in text, settings=WIDE)


@given(shim.texts(min_size=3))
def test_texts_are_as_long_as_asked_for(text):
    assert len(text) >= 3


def test_unknown_keys_and_details_are_drawn():
    found = set()

    @settings(max_examples=200, database=None, derandomize=True)
    @given(shim.messages("images", min_images=1))
    def look(message):
        found.update(message)
        for item in message["images"]:
            found.update((item["image_url"]["detail"], *item))

    look()
    assert found >= {"unknown", "tool_calls", "auto", "low", "high", "vendor"}


def test_two_pictures_do_not_fit_the_format_of_one():
    two = (KINDS["png"](), KINDS["jpeg"]())
    with pytest.raises(ValueError, match="holds one picture, not 2"):
        shim.write_message(two, "image")


@pytest.mark.parametrize("wrong", [b"\x89PNG", png().data, ("image/png", b""), None, 7])
def test_what_is_no_part_is_not_left_out_in_silence(wrong):
    with pytest.raises(ImageShimError, match=r"a part is a text or a picture.* not "):
        shim.write_message(["Here: ", wrong], "images")


def test_one_picture_is_one_part():
    assert shim.write_message(png(), "content")["content"] == png().url


@pytest.mark.parametrize(
    "make",
    [
        shim.messages,
        shim.scripted_messages,
        shim.replies,
        shim.scripted_replies,
        shim.streams,
        shim.scripted_streams,
        lambda name: shim.chunkings(shim.Scripted({"choices": []}, ()), name),
    ],
)
def test_a_wrong_format_raises_where_the_strategy_is_made(make):
    with pytest.raises(UnknownFormatError, match="picture"):
        make("picture")


def pictures_of(reading):
    return [image.data for image in reading.images]


@given(data=st.data())
def test_streams_of_a_reply_come_to_that_reply(data):
    reply = data.draw(shim.replies(min_images=1))
    chunks = data.draw(shim.chunks(reply))
    source = detect(reply)
    collected = collect(chunks, source=source)
    for whole, streamed in zip(
        read_all(reply, source=source), read_all(collected, source=source), strict=True
    ):
        assert streamed.text == whole.text
        assert pictures_of(streamed) == pictures_of(whole)


@given(data=st.data())
def test_event_streams_of_a_reply_hold_its_chunks(data):
    reply = data.draw(shim.replies("images", max_choices=1))
    body = data.draw(shim.sse(reply))
    events = [line for line in re.split(rb"\r\n|\r|\n", body) if line]
    assert events[-1] == b"data: [DONE]"
    chunks = [json.loads(event.removeprefix(b"data: ")) for event in events[:-1]]
    assert pictures_of(read(collect(chunks))) == pictures_of(read(reply))


def test_event_streams_end_their_lines_in_each_way():
    reply = {"choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "Hi"}}],
             "usage": None}  # fmt: skip
    for end in (b"\n\n", b"\r\n\r\n", b"\r\r"):
        find(shim.sse(reply), lambda body, end=end: body.endswith(b"[DONE]" + end), settings=WIDE)


@given(shim.legacy_content(min_images=1))
def test_legacy_content_tells_what_it_was_made_of(drawn):
    found = read({"role": "assistant", "content": drawn.content}, source="1.75.9")
    assert pictures_of(found) == [picture.data for picture in drawn.images]
    assert found.text == "".join(part for part in drawn.parts if isinstance(part, str))


def test_versions_are_on_both_sides_of_every_change():
    drawn = set()
    for name in ("content", "image", "images"):
        drawn.add(find(shim.versions(), lambda one, name=name: format_of(one) == name))
    assert len(drawn) == 3


@pytest.mark.parametrize("carrier", ["dict", "openai"])
@given(data=st.data())
def test_replies_come_as_the_carrier_that_is_asked_for(carrier, data):
    from openai.types.chat import ChatCompletion

    name = data.draw(st.sampled_from(Format))
    reply = data.draw(shim.replies(name, carrier=carrier, min_images=1))
    assert type(reply) is {"dict": dict, "openai": ChatCompletion}[carrier]
    assert detect(reply, name) is name


def test_a_carrier_that_does_not_exist_raises_where_the_strategy_is_made():
    with pytest.raises(ImageShimError, match="'xml' is none of dict, openai, litellm"):
        shim.replies(carrier="xml")


# -- the smallest case -----------------------------------------------------------------------------

SMALL = settings(
    max_examples=300, database=None, derandomize=True, deadline=None,
    phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck),
)  # fmt: skip
ITEM = {
    "image_url": {"url": png().url, "detail": "auto"}, "index": 0, "type": "image_url",
}  # fmt: skip


def smallest(strategy, wanted):
    return find(strategy, wanted, settings=SMALL)


@pytest.mark.parametrize(
    ("strategy", "wanted", "is_so"),
    [
        (shim.images(), is_picture, png()),
        (shim.parts(), lambda parts: sum(map(is_picture, parts)) == 2, (png(), png())),
        (shim.parts(), lambda parts: not all(map(is_picture, parts)), ("Here: ",)),
        (
            shim.messages("images"), lambda message: message["images"],
            {"content": None, "role": "assistant", "images": [ITEM]},
        ),
        (
            shim.messages("content"), lambda message: "data:image/" in message["content"],
            {"content": png().url, "role": "assistant"},
        ),
        (shim.legacy_content(), lambda legacy: legacy.images, (png().url, (png(),))),
        (shim.versions(), lambda version: format_of(version) is Format.IMAGES, "1.77.0"),
        (shim.odd_messages(), bool, {"role": "assistant", "content": ""}),
    ],
    ids=[
        "image", "two images", "text", "message", "data URI", "legacy content",
        "version", "nothing",
    ],
)  # fmt: skip
def test_what_fails_is_shrunk_to_the_plainest_that_fails(strategy, wanted, is_so):
    assert smallest(strategy, wanted) == is_so


def test_a_stream_is_shrunk_to_plain_chunks():
    reply = smallest(shim.replies("images", min_images=1), bool)
    assert [choice["message"]["images"] for choice in reply["choices"]] == [[ITEM]]

    deltas = [
        choice["delta"]
        for chunk in smallest(shim.chunks(reply), bool)
        for choice in chunk["choices"]
    ]

    assert [delta for delta in deltas if "images" in delta] == [{"images": [ITEM]}]
    assert smallest(shim.sse(reply), bool).endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize(
    ("strategy", "shown"),
    [
        (shim.images(), "=png(filling=0)"),
        (shim.replies("images", carrier="openai"), "=ChatCompletion(id='chatcmpl-1'"),
        (shim.messages("images"), "={'content': "),
        (shim.sse({"choices": [{"index": 0, "message": {"content": "Hi"}}]}), "=b'data: {"),
    ],
    ids=["image", "object", "message", "event stream"],
)
def test_what_fails_is_shown_as_what_it_is(strategy, shown):
    @SMALL
    @given(strategy)
    def fails(drawn):
        assert not drawn

    with pytest.raises(AssertionError) as failure:
        fails()

    assert shown in "".join(failure.value.__notes__)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: shim.parts(min_images=-1), "min_images is -1"),
        (lambda: shim.parts(max_images=-1), "max_images is -1"),
        (lambda: shim.parts(min_images="1"), "min_images is '1'"),
        (lambda: shim.parts(min_images=2, max_images=1), "min_images is 2, and max_images is 1"),
        (lambda: shim.messages(min_images=-2), "min_images is -2"),
        (lambda: shim.messages("image", min_images=1.5), "min_images is 1.5"),
        (lambda: shim.messages("image", min_images=2), "'image' holds one image, not 2"),
        (lambda: shim.scripted_streams("image", min_images=3), "'image' holds one image, not 3"),
        (lambda: shim.legacy_content(min_images=-1), "min_images is -1"),
        (lambda: shim.replies(max_choices=0), "max_choices is 0; here it is a whole number from 1"),
        (lambda: shim.streams("images", max_choices=None), "max_choices is None"),
        (lambda: shim.texts(min_size=-1), "min_size is -1"),
        (lambda: shim.replies(carrier=None), "the carrier None is none of dict"),
        (lambda: shim.replies(carrier=["dict", "openai"]), r"the carrier \['dict', 'openai'\]"),
        (lambda: shim.chunks({}), "this dict has none"),
        (lambda: shim.chunks({"role": "assistant", "content": "a"}), "this dict has none"),
        (lambda: shim.sse('{"choices": []}'), "this str has none"),
        (lambda: shim.sse(shim.replies()), r"replies\(\).flatmap\(chunks\)"),
    ],
)
def test_what_cannot_be_drawn_raises_where_the_strategy_is_made(make, reason):
    with pytest.raises(ImageShimError, match=reason):
        make()


@pytest.mark.parametrize(
    "make", [shim.messages, lambda **asked: shim.replies(max_choices=1, **asked)]
)
def test_more_images_than_usual_are_drawn_in_the_formats_that_hold_them(make):
    @settings(max_examples=10, database=None, derandomize=True)
    @given(make(min_images=4))
    def look(drawn):
        assert len(read(drawn).images) == 4

    look()


@settings(max_examples=200, database=None, derandomize=True)
@given(shim.messages(min_images=1))
def test_without_a_format_each_reply_can_be_read_without_its_source(message):
    assert read(message).images


@pytest.mark.parametrize("name", Format)
def test_objects_are_cut_as_dicts_are(name):
    @settings(max_examples=5, database=None, derandomize=True)
    @given(st.data())
    def look(data):
        reply = data.draw(shim.replies(name, carrier="openai", min_images=1, max_choices=1))
        expected = [image.data for image in read(reply, source=name).images]
        collected = collect(data.draw(shim.chunks(reply)), source=name)
        assert [image.data for image in read(collected).images] == expected
        assert data.draw(shim.sse(reply)).count(b"data: [DONE]") == 1

    look()


def test_the_plain_shapes_of_replies_are_drawn_often():
    shapes = Counter()

    @settings(
        max_examples=300, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(shim.parts(min_images=1))
    def look(parts):
        shapes["".join("I" if is_picture(part) else "T" for part in parts)] += 1

    look()
    assert min(shapes[one] for one in ("I", "TI", "IT", "TIT", "II")) >= 3  # a test draws 100
