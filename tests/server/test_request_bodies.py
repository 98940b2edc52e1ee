"""What is looked for in a request is found, and cut out; the rest stays to the letter."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageshim.server.asked import take_format
from imageshim.server.request_bodies import can_hold, look

CUT = [
    ('{"metadata":{"image_format":"x"}}', "{}"),
    ('{ "metadata" : {"image_format":"x"} , "n":1e400}', '{ "n":1e400}'),
    ('{"n": -0, "metadata": {"image_format": "x"}}', '{"n": -0}'),
    ('{"metadata":{"image_format":"x","u":1.10 , "a":[]}}', '{"metadata":{"u":1.10 , "a":[]}}'),
    ('{"metadata":{"u":1 , "image_format":"x" }, "b":0}', '{"metadata":{"u":1 }, "b":0}'),
    ('{"metadata":{"u":1,"image_format":"x","v":2}}', '{"metadata":{"u":1,"v":2}}'),
    ('{"a":[{"b":"]}\\""}],"metadata":{"\\u0069mage_format":"x"}}', '{"a":[{"b":"]}\\""}]}'),
    (
        '{"metadata":{"image_format":"y","image_format":"x"},"metadata":{"image_format":"x","u":1}}',
        '{"metadata":{"u":1}}',
    ),
]


@pytest.mark.parametrize(("body", "rest"), CUT)
def test_the_wish_is_cut_out_and_the_rest_stays_to_the_letter(body, rest):
    assert can_hold(body.encode(), model=False)
    assert look(body.encode())[0::3] == ("x", rest.encode())


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{", '{"a"}', '{"a":}', '{"a":1', '{"a":[}', '{"a":1,}', "{1:2}", '{"a":1} 2',
     '{a":1}', '{"model":x}', "nul",
     '{"a', '{"a":"b\\"}', '{"a":[' + "1," * 40_000, '{"metadata":{"image_format":"x"'],
)  # fmt: skip
def test_what_is_no_json_object_is_told(body):
    with pytest.raises(ValueError, match=r"."):
        look(body.encode())


def test_model_and_modalities_are_read_where_they_are_what_they_should_be():
    found = look(b'{"model":"m","modalities":["text","image"],"metadata":null}')
    assert found == (None, "m", True, None)
    assert look(b'{"model":7,"modalities":"image","metadata":[]}') == (None, None, False, None)


@pytest.mark.parametrize(
    "value",
    [
        '"' + "x" * 5000 + '"',
        "[" * 70 + "]" * 70,
        "[" * 2000 + "]" * 2000,
        '{"a":' * 70 + "1" + "}" * 70,
        "9" * 5000,
    ],
)
def test_a_wish_that_is_long_or_deep_is_not_read_but_cut(value):
    body = f'{{"metadata":{{"image_format":{value}}},"a":1}}'
    found = look(body.encode())
    assert found.wish == value[:40]
    assert found.rest == b'{"a":1}'


def test_a_body_of_too_many_pieces_is_not_looked_through():
    with pytest.raises(ValueError, match="too many pieces"):
        look(b'{"metadata":{"image_format":"x"},"a":[' + b"[]," * 600_000 + b"0]}")


def test_the_model_is_looked_for_only_where_a_rule_asks_for_it():
    body = b'{"model":"m"}'
    assert not can_hold(body, model=False)
    assert can_hold(body, model=True)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
requests = st.dictionaries(
    st.sampled_from(["model", "messages", "metadata", "n", ""]),
    json_values
    | st.dictionaries(st.sampled_from(["image_format", "u", "image"]), json_values, max_size=3),
)


@given(requests, st.sampled_from([None, 1]), st.booleans())
def test_it_finds_what_reading_the_whole_would_find(value, indent, ascii_only):
    body = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()
    rest = copy.deepcopy(value)
    wish = take_format(rest)
    found = look(body)
    assert found.wish == wish
    assert json.loads(found.rest or body) == rest
    assert (found.rest is None) == (rest == value)


@pytest.mark.parametrize(
    "value",
    [
        '"' + "\\\\" * 70_000 + '"', '"' + '\\\\\\"' * 50_000 + '"', '"' + "x" * 200_000 + '\\""',
        "1" * 70_000, "[" + "1," * 70_000 + "0]", " " * 70_000 + "1", "[" + " " * 65_534 + '"]"]',
        '"' + "é😀" * 30_000 + '"', "[" * 5_000 + "]" * 5_000,
    ],
    ids=["backslashes", "quotes", "letters", "digits", "numbers", "blanks", "far", "wide", "deep"],
)  # fmt: skip
def test_what_is_looked_for_is_found_behind_values_of_any_length(value):
    rest = f'{{"a":{value},"é":1}}'
    body = f'{{"a":{value},"metadata":{{"image_format":"image"}},"é":1}}'
    found = look(body.encode())
    assert (found.wish, found.rest) == ("image", rest.encode())


def test_a_long_key_is_none_that_is_looked_for():
    assert look(b'{"' + b"metadata" * 1000 + b'":{"image_format":"image"}}').wish is None
