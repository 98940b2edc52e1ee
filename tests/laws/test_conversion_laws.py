"""The laws of DESIGN: round trips, idempotence, purity, conservation."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import imageshim
from captured import VERSIONS, expected, replies, upstream
from imageshim import Format, convert, detect, normalize, read_all
from imageshim.testing import strategies as shim

FORMATS = list(Format)


def same(one, other):
    """Equal in every key, order included."""
    return json.dumps(one) == json.dumps(other)


def without_stash(reply):
    """The reply less the stashes, and less the places that only they need."""
    stripped = copy.deepcopy(reply)
    for choice in stripped["choices"]:
        specific = choice["message"].pop("provider_specific_fields", None) or {}
        specific.pop("imageshim", None)
        choice["message"]["provider_specific_fields"] = specific
    return stripped


def captures():
    for version in VERSIONS:
        for scenario, reply in replies(version).items():
            yield pytest.param(version, scenario, reply, id=f"{version}-{scenario}")


@given(reply=shim.replies("images"), to=st.sampled_from(FORMATS))
def test_canonical_there_and_back(reply, to):
    assert same(convert(convert(reply, to), "images"), reply)


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
def test_old_format_there_and_back(name, data):
    reply = data.draw(shim.replies(name))
    assert same(convert(convert(reply, "images", source=name), name), reply)


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
def test_any_path_gives_the_same(name, data):
    reply = data.draw(shim.replies(name))
    path = data.draw(st.lists(st.sampled_from(FORMATS), max_size=3))
    to = data.draw(st.sampled_from(FORMATS))
    walked = reply
    for step in path:
        walked = convert(walked, step, source=name)
    assert same(
        without_stash(convert(walked, to, source=name)),
        without_stash(convert(reply, to, source=name)),
    )


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
def test_text_and_images_are_those_of_the_parts(name, data):
    scripted = data.draw(shim.scripted_replies(name))
    for number, reading in enumerate(read_all(scripted.reply, source=name, dialects="litellm")):
        assert reading.text == scripted.text(number)
        assert [image.data for image in reading.images] == [
            picture.data for picture in scripted.pictures(number)
        ]


@pytest.mark.parametrize("name", [Format.CONTENT, Format.PARTS])
@given(data=st.data())
def test_ordered_formats_keep_the_order_through_every_format(name, data):
    scripted = data.draw(shim.scripted_replies(name, max_choices=1))
    to = data.draw(st.sampled_from(FORMATS))
    converted = convert(scripted.reply, to, source=name)
    (reading,) = read_all(converted, source=to, dialects="litellm")
    parts = [part if isinstance(part, str) else part.data for part in reading.parts]
    wanted = [part if isinstance(part, str) else part.data for part in scripted.choices[0]]
    assert parts == wanted


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
def test_normalize_is_idempotent_and_pure(name, data):
    reply = data.draw(shim.replies(name))
    before = copy.deepcopy(reply)
    once = normalize(reply, source=name)
    assert same(reply, before)
    assert normalize(once) is once


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
def test_a_reply_without_images_comes_back_as_itself(name, data):
    parts = data.draw(shim.ordered_parts(max_images=0))
    reply = {"choices": [{"index": 0, "message": shim.write_message(parts, name)}]}
    for to in FORMATS:
        assert convert(reply, to, source=name) is reply
    assert detect(reply, name) is None


@given(reply=shim.replies("images"), to=st.sampled_from(FORMATS))
def test_objects_convert_as_dicts_do(reply, to):
    from openai.types.chat import ChatCompletion

    carrier = ChatCompletion.construct(**copy.deepcopy(reply))
    converted = convert(carrier, to)
    assert type(converted) is ChatCompletion
    # The stash tells places among the keys, and an object has keys of its own.
    for place, choice in enumerate(without_stash(convert(reply, to))["choices"]):
        message = converted.choices[place].message
        fields = without_stash({"choices": [{"message": message.model_dump(warnings=False)}]})
        fields = fields["choices"][0]["message"]
        assert {**fields, **choice["message"]} == fields
    assert convert(converted, "images") == carrier


@pytest.mark.parametrize(("version", "scenario", "reply"), list(captures()))
@pytest.mark.parametrize("known", [True, False], ids=["source", "no-source"])
def test_captures_read_as_the_upstream_sent_them(version, scenario, reply, known):
    truths = expected(version, scenario)
    readings = read_all(reply, source=version if known else None)
    for truth, reading in zip(truths, readings, strict=False):
        assert reading.text == truth.text
        assert [image.url for image in reading.images] == truth.images
    assert len(readings) >= len([truth for truth in truths if truth.images])


@pytest.mark.parametrize(
    ("version", "reply"),
    [pytest.param(*case.values[::2], id=case.id) for case in captures()],
)
def test_captures_round_trip(version, reply):
    before = json.dumps(reply)
    canonical = normalize(reply, source=version)
    name = detect(reply, version)
    for to in FORMATS:
        there = convert(canonical, to)
        assert same(convert(there, "images"), canonical)
        if name in {Format.CONTENT, Format.IMAGE}:
            assert same(convert(convert(reply, to, source=version), name), reply)
    assert json.dumps(reply) == before


# 1.76.3 has the final image only as JSON in a thinking block: read() recovers it, normalize() keeps
# to the message's own images.
ONLY_IN_THINKING_BLOCKS = {("1.76.3", "j2_thought_text_thoughtimage_image")}


def test_versions_agree():
    """One upstream reply, normalised: the same text and images but for the listed losses."""
    for scenario in upstream():
        seen = {}
        for version in VERSIONS:
            if (version, scenario) in ONLY_IN_THINKING_BLOCKS:
                continue
            if expected(version, scenario) != upstream()[scenario]:
                continue
            reply = normalize(replies(version)[scenario], source=version, drafts="images")
            readings = [
                (
                    message.get("content") or None,
                    [i["image_url"]["url"] for i in message.get("images") or []],
                )
                for message in (choice["message"] for choice in reply["choices"])
            ]
            # A blocked reply has an empty choice, or (1.65.4) none.
            seen[version] = [reading for reading in readings if reading != (None, [])]
        first = next(iter(seen.values()))
        assert all(value == first for value in seen.values()), (scenario, seen)


def test_every_version_is_read_in_the_format_of_its_era():
    for version in VERSIONS:
        found = {detect(reply, version) for reply in replies(version).values()} - {None}
        assert found == {imageshim.format_of(version)}
