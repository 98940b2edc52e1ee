"""Models and JSON Schemas of the formats."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import captured
from imageshim import Format, UnknownFormatError, convert, detect
from imageshim.schema import MODELS, json_schema, problems
from imageshim.testing import strategies as shim
from imageshim.testing.pictures import png

URL = png().url
ITEM = {"image_url": {"url": URL, "detail": "auto"}, "index": 0, "type": "image_url"}


def reply(**message):
    return {"choices": [{"index": 0, "message": {"role": "assistant", **message}}]}


def said(found):
    return [str(problem) for problem in found]


@pytest.mark.parametrize("name", Format)
def test_each_format_has_a_schema_of_the_current_draft(name):
    schema = json_schema(name.value)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] == f"Chat completion with images in the format {name}"
    assert schema["properties"]["choices"]["type"] == "array"
    assert json.loads(json.dumps(schema)) == schema


def test_a_format_that_is_none_is_refused():
    with pytest.raises(UnknownFormatError):
        json_schema("pictures")
    with pytest.raises(UnknownFormatError):
        problems({}, "pictures")


@pytest.mark.parametrize("name", Format)
@given(data=st.data())
def test_replies_of_a_format_fit_its_model(name, data):
    assert problems(data.draw(shim.replies(name)), name) == []


@pytest.mark.parametrize("version", captured.VERSIONS)
def test_captures_and_what_becomes_of_them_fit(version):
    for before in captured.replies(version).values():
        name = detect(before, version)
        if name is not None:
            assert problems(before, name) == []
            for to in Format:
                assert problems(convert(before, to, source=version), to) == []


@pytest.mark.parametrize("content", [None, "x", [], [{"type": "file", "file": {}}]])
def test_contents_of_parts_that_are_fine(content):
    assert problems(reply(content=content), "parts") == []
    assert not list(Draft202012Validator(json_schema("parts")).iter_errors(reply(content=content)))


@pytest.mark.parametrize("name", Format)
@given(data=st.data())
def test_the_schema_takes_what_the_model_takes(name, data):
    validator = Draft202012Validator(json_schema(name))
    before = data.draw(shim.replies(data.draw(st.sampled_from(Format))))
    assert validator.is_valid(before) == (not problems(before, name))


def test_a_choice_without_a_number_is_the_first():
    model = MODELS[Format.IMAGES].model_validate({"choices": [{"message": {"content": "a"}}]})
    assert model.choices[0].index == 0


def test_an_address_may_be_one_letter():
    assert problems(reply(content=None, image={"url": "a"}), "image") == []


def test_models_keep_what_they_do_not_know():
    before = reply(images=[{**ITEM, "vendor": 1}], content="x", refusal=None)
    model = MODELS[Format.IMAGES].model_validate(before)
    assert model.choices[0].message.images[0].image_url.url == URL
    assert model.model_dump(exclude_unset=True) == before


@pytest.mark.parametrize(
    ("name", "message", "where"),
    [
        ("content", {"content": []}, "choice 0, message.content: "),
        ("image", {"image": URL}, "choice 0, message.image: "),
        ("image", {"image": {"url": ""}}, "choice 0, message.image.url: "),
        ("images", {"images": ITEM}, "choice 0, message.images: "),
        ("images", {"images": [ITEM, {**ITEM, "index": "0"}]}, "choice 0, message.images[1].index"),
        ("images", {"images": [{**ITEM, "index": -1}]}, "choice 0, message.images[0].index: "),
        ("images", {"images": [{"url": URL}]}, "choice 0, message.images[0]."),
        ("parts", {"content": 3}, "choice 0, message.content: "),
        ("parts", {"content": ["x"]}, "choice 0, message.content[0]: "),
        ("parts", {"content": [{"text": "x"}]}, "choice 0, message.content[0].type: "),
        ("parts", {"content": [{"type": []}]}, "choice 0, message.content[0].type: "),
        ("parts", {"content": [{"type": "text"}]}, "choice 0, message.content[0].text: "),
        (
            "parts",
            {"content": [{"type": "image_url", "image_url": {"url": 3}}]},
            "choice 0, message.content[0].image_url.url: ",
        ),
    ],
)
def test_faults_are_named_by_choice_and_field(name, message, where):
    found = said(problems(reply(**message), name))
    assert found
    assert all(problem.startswith(where) for problem in found)


def test_faults_of_every_choice_are_found():
    broken = reply(images=3)
    broken["choices"].append({"message": {"images": 4}})
    assert [problem.choice for problem in problems(broken, "images")] == [0, 1]


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ([], "reply: "),
        ("text", "reply: "),
        ({}, "choices: "),
        ({"choices": {}}, "choices: "),
        ({"choices": [3]}, "choice 0: "),
        ({"choices": [{}]}, "choice 0, message: "),
    ],
)
def test_faults_above_the_messages_are_named_too(value, where):
    (found,) = said(problems(value, "images"))
    assert found.startswith(where)
