"""The strategies draw what they promise: every format, and what is worst for each."""

import base64
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from imageshim import Format, UnknownFormatError, detect, read_all
from imageshim.schema import problems
from imageshim.testing import strategies as shim
from imageshim.testing.pictures import KINDS, Picture

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
        shim.pictures(),
        lambda picture: picture.media_type == media_type and picture.url.count("=") == padding,
        settings=WIDE,
    )


@given(shim.pictures())
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
    find(shim.ordered_parts(), wanted, settings=WIDE)


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
