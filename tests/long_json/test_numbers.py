"""Numbers, constants and keys of JSON that Python reads in its own way."""

import json
import math

import pytest

from imageshim import SSEConverter, convert_bytes
from imageshim.testing.pictures import png
from ropes import long_is

URL = png().url
SPELLED = {
    "thousands of digits": "1" * 5000,
    "a negative one": "-" + "9" * 4301,
    "a large exponent": "1e999",
    "a large negative number": "-1e999",
    "NaN": "NaN",
    "Infinity": "Infinity",
    "a large whole number": "1" * 30,
    "a long fraction beside digits": '["NaN",0.5,' + "7" * 5000 + ',1e999,"Infinity"]',
}
every_number = pytest.mark.parametrize("number", SPELLED.values(), ids=SPELLED)


def body_of(number, name="message", text="a"):
    message = f'{{"role":"assistant","content":"{text}{URL}"}}'
    return f'{{"choices":[{{"index":0,"{name}":{message}}}],"n":{number}}}'


@every_number
def test_a_number_comes_out_as_it_is_spelled(number):
    body = body_of(number).encode()
    converted = convert_bytes(body, "images")
    assert b'"images":[' in converted
    assert f'"n":{number}'.encode() in converted
    with long_is(8):
        assert convert_bytes(body, "images") == converted
    assert convert_bytes(converted, "content") != converted
    with_surrogate = body_of(number, text="\\ud800").encode()
    assert f'"n":{number}'.encode() in convert_bytes(with_surrogate, "images")


@every_number
def test_in_an_event_stream_too(number):
    converter = SSEConverter("images")
    frame = b"data: " + body_of(number, "delta").encode() + b"\n\n"
    converted = converter.feed(frame) + converter.finish()
    assert b'"images":[' in converted
    assert f'"n":{number}'.encode() in converted


@pytest.mark.parametrize("number", ["1e400", "-1.5E+4000", "1" * 400 + ".5"])
def test_a_number_that_is_too_large_is_never_infinity(number):
    for body in (body_of(number), body_of(number, text="NaN and Infinity")):
        converted = convert_bytes(body.encode(), "images")
        value = json.loads(converted, parse_constant=pytest.fail)
        assert math.isinf(value["n"])
        assert (value["n"] < 0) == number.startswith("-")


def test_of_a_key_that_comes_twice_the_last_counts():
    converted = convert_bytes(body_of('1,"n":2').encode(), "images")
    assert converted.count(b'"n":') == 1
    assert json.loads(converted)["n"] == 2


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig"])
def test_other_encodings_of_json_are_read(encoding):
    converted = convert_bytes(body_of("1").encode(encoding), "images")
    assert json.loads(converted.decode())["choices"][0]["message"]["content"] == "a"
