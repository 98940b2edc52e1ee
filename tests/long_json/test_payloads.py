"""Payloads cut out of JSON before it is parsed, and spliced in when it is written."""

import json
import tracemalloc

import pytest
from pydantic_core import from_json, to_json

from imageshim.long_json import payloads
from imageshim.long_json.rope import LONG, Rope

BASE64 = "iVBORw0KGgo+/abcdefghijklmnopqrstuvwxyz" * 20_000
assert len(BASE64) > 5 * LONG


def body_of(value, **how):
    return json.dumps(value, **how).encode()


def strings(value):
    """All strings in a value, and their types."""
    if isinstance(value, str):
        yield type(value), value
    for item in value.values() if isinstance(value, dict) else value if type(value) is list else ():
        yield from strings(item)


@pytest.mark.parametrize("escaped", [False, True], ids=["plain", "slashes escaped"])
@pytest.mark.parametrize(
    "text",
    [
        BASE64,
        f"Here:\n\n{BASE64}",
        f"Voilà: {BASE64} — voilà\n",
        f'"{BASE64}"',
        f"\\{BASE64}\\",
        f"{BASE64}\n{BASE64}é{BASE64}",
    ],
    ids=["alone", "escapes before", "not ASCII", "quoted", "backslashes", "several"],
)
@pytest.mark.parametrize("ascii_only", [False, True])
def test_a_long_string_is_a_rope(text, escaped, ascii_only):
    value = {"a": [{"url": text, "index": 0}], "b": "short"}
    body = body_of(value, ensure_ascii=ascii_only)
    if escaped:
        body = body.replace(b"/", b"\\/")
    loaded = payloads.load(body)
    assert loaded == value
    assert type(loaded["a"][0]["url"]) is Rope
    assert type(loaded["b"]) is str
    assert payloads.dump(loaded) == to_json(value)
    assert payloads.plain(loaded) == value
    assert {kind for kind, _ in strings(payloads.plain(loaded))} == {str}


@pytest.mark.parametrize(
    "value",
    [
        {BASE64: 1},
        {"a": "x" * (LONG - 1)},
        {"a": "\n" * LONG},
        {"a": "é" * LONG},
        {"a": "\\" * LONG},
        {"a": BASE64, "b": list(range(50_000))},
    ],
    ids=["key", "not long", "escapes", "not ASCII", "backslashes", "little of the whole"],
)
def test_what_is_not_worth_or_cannot_be_cut_is_usual_text(value):
    body = body_of(value, ensure_ascii=False)
    try:
        loaded = payloads.load(body)
    except ValueError:  # whoever asked goes the usual way
        loaded = from_json(body)
        assert BASE64 in value
    assert loaded == value
    assert {kind for kind, _ in strings(loaded)} <= {str}


@pytest.mark.parametrize(
    "broken",
    [
        '{"a":"%s\n%s"}',  # a control character in a string
        '{"a":"%s\\/\n%s"}',
        '{"a":"\\/%s\n%s"}',  # beside an escape, where the blocks are read one by one
        '{"a":"\\n%s","b":"\u00e4%s\t"}',
        '{"a":"%s\\q%s"}',
        '{"a":"%s\\u00%s"}',
        '{"a":"%s%s',
        '{"a":"%s%s\\"',
        '{"a":"x" %s%s "b"}',
        '["x",%s%s,"y"]',
    ],
)
def test_broken_json_is_not_believed(broken):
    body = (broken % (BASE64, BASE64)).encode()
    with pytest.raises(ValueError, match="at line"):
        payloads.load(body)


def test_blanks_between_strings_are_no_string():
    body = b'{"a":' + b" " * 2 * LONG + b'"b"}'
    with pytest.raises(ValueError, match="line 1"):
        payloads.load(body)
    assert from_json(body) == {"a": "b"}


def test_bytes_without_a_quote_at_the_end_are_looked_through_once():
    with pytest.raises(ValueError, match="EOF"):
        payloads.load(b'{"a": [' + b"1," * LONG)


def test_of_a_key_given_twice_the_last_counts():
    body = f'{{"a":"{BASE64}1","b":"{BASE64}2","a":"{BASE64}3"}}'.encode()
    loaded = payloads.load(body)
    assert payloads.dump(loaded) == to_json(from_json(body))


def test_one_rope_in_several_places_is_written_in_each():
    url = payloads.load(body_of([BASE64]))[0]
    value = {"images": [{"url": url}, {"url": url[: LONG * 2]}], "pair": (1, url), "none": None}
    assert payloads.dump(value) == to_json(payloads.plain(value))
    assert value["images"][0]["url"] is url


def test_what_holds_no_rope_is_shared_and_written_as_ever():
    value = {"a": [1, {"b": "c"}], "d": float("nan")}
    assert payloads.plain(value) is value
    assert payloads.dump(value) == b'{"a":[1,{"b":"c"}],"d":NaN}'


def test_a_megabyte_is_copied_once():
    body = body_of({"choices": [{"message": {"content": BASE64 * 4}}]})
    payloads.load(body)
    tracemalloc.start()
    loaded = payloads.load(body)
    read = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    written = payloads.dump(loaded)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert read < len(body) / 2  # the blocks that are looked at
    assert peak < len(written) * 1.1
