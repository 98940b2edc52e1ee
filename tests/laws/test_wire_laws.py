"""Bytes are converted as if they had been parsed and written whole, ropes or not."""

import json
import warnings

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from captured import VERSIONS, replies
from imageshim import Format, convert_bytes, wire
from imageshim.errors import ImageShimError
from imageshim.long_json import payloads
from imageshim.long_json.rope import Rope, Stretch, join
from imageshim.testing import strategies as shim
from ropes import long_is, no_ropes

FORMATS = list(Format)


def outcome(function, *args, **kwargs):
    """The result, or all that there is to an error."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = function(*args, **kwargs)
        except ImageShimError as error:
            result = type(error), str(error), getattr(error, "offset", None)
    return result, [str(warning.message) for warning in caught]


def written(reply, how):
    """JSON as various writers write it."""
    text = json.dumps(
        reply,
        ensure_ascii="ascii" in how,
        separators=None if "spaces" in how else (",", ":"),
        indent="\t" if "indent" in how else None,
    )
    if "slashes" in how:
        text = text.replace("/", "\\/")
    if "unicode" in how:
        text = text.replace("iVBOR", "\\u0069VBOR").replace("+", "\\u002B")
    return text.encode("utf-8", "surrogatepass")


hows = st.sets(st.sampled_from(["ascii", "spaces", "indent", "slashes", "unicode"]))
options = st.fixed_dictionaries(
    {},
    optional={
        "source": st.sampled_from([*FORMATS, None]),
        "on_loss": st.sampled_from(["stash", "drop", "raise"]),
        "markdown": st.booleans(),
        "drafts": st.sampled_from(["keep", "images"]),
    },
)
lengths = st.sampled_from([2, 8, 16, 40, 100])


formats = st.sampled_from(FORMATS)


@given(data=st.data(), name=formats, to=formats, how=hows, words=options, length=lengths)
def test_ropes_change_nothing(data, name, to, how, words, length):
    reply = data.draw(shim.replies(name, max_choices=2))
    if data.draw(st.booleans()):
        draft = data.draw(shim.messages("content"))["content"]
        reply["choices"][0]["message"]["reasoning_content"] = draft
    body = written(reply, how)
    with no_ropes():
        wanted = outcome(convert_bytes, body, to, **words)
        there = wanted[0] if isinstance(wanted[0], bytes) else body
        and_back = outcome(convert_bytes, there, name, **words)
    with long_is(length):
        assert outcome(convert_bytes, body, to, **words) == wanted
        assert outcome(convert_bytes, there, name, **words) == and_back
    if wanted[0] is body:
        with long_is(length):
            assert convert_bytes(body, to, **words) is body


@given(data=st.data(), length=lengths)
def test_what_is_broken_is_broken_in_the_same_place(data, length):
    name = data.draw(st.sampled_from(FORMATS))
    body = written(data.draw(shim.replies(name, min_images=1, max_choices=1)), data.draw(hows))
    place = data.draw(st.integers(0, len(body)))
    gone = data.draw(st.integers(0, 3))
    new = data.draw(
        st.sampled_from([b"", b'"', b"\\", b"\\u00", b"\n", b"\0", b"\xff", b"\xc3", b"\\ud800"])
        | st.binary(max_size=4)
        | st.just(b" " * 300)
    )
    body = body[:place] + new + body[place + gone :]
    with no_ropes():
        wanted = outcome(convert_bytes, body, "images", source="content")
    with long_is(length):
        assert outcome(convert_bytes, body, "images", source="content") == wanted


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.text("a/", min_size=9),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.text("k/", min_size=9), inner),
    max_leaves=20,
)


@given(value=JSON, how=hows, length=lengths)
def test_any_json_is_read_and_written_as_without_ropes(value, how, length):
    body = written(value, how)
    with no_ropes():
        wanted = outcome(lambda: wire.write(wire.parse_lazily(body)))
    with long_is(length):
        assert outcome(lambda: wire.write(wire.parse_lazily(body))) == wanted
        assert outcome(lambda: wire.write(payloads.plain(wire.parse_lazily(body)))) == wanted


@example(body=b'{"a" :                                                       "b"}')
@example(body=b'["a",1111111111111111111111111111111111111111111111,"b"]')
@example(body=b'["a" 1111111111111111111111111111111111111111111111,"b"]')
@example(body=b'["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\\"]')
@example(body=b'["\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\aaaaaaaaaaaa"]')
@example(body=b'["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')
@example(body=b'{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":1,"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":2}')
@example(body=b'{"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","b":1,"a":"bbbbbbbbbbbbbbbbbbbbbbb"}')
@given(body=st.binary() | st.text('"\\\\ab1/un {}[]:,\n\u00e9', min_size=20).map(str.encode))
def test_any_bytes_are_read_as_without_ropes(body):
    with no_ropes():
        wanted = outcome(lambda: wire.write(wire.parse_lazily(body)))
    for length in (2, 9, 20):
        with long_is(length):
            assert outcome(lambda: wire.write(wire.parse_lazily(body))) == wanted


@pytest.mark.parametrize("version", VERSIONS)
def test_captures_convert_with_ropes_as_without(version):
    for reply in replies(version).values():
        body = json.dumps(reply).encode()
        for to in FORMATS:
            with no_ropes():
                wanted = outcome(convert_bytes, body, to, source=version)
            with long_is(64):
                assert outcome(convert_bytes, body, to, source=version) == wanted


LETTERS = st.text("ab:/=é", max_size=12)


@st.composite
def ropes(draw):
    """A rope and its text: pieces of both kinds, some of them cut out of longer bytes."""
    pieces = []
    text = ""
    for kind, piece in draw(st.lists(st.tuples(st.booleans(), LETTERS), min_size=1)):
        whole = piece or "a"
        if kind and whole.isascii():
            before = draw(st.integers(0, 3))
            data = b"x" * before + whole.encode() + b"y"
            pieces.append(Stretch(data, before, len(data) - 1))
        else:
            pieces.append(whole)
        text += whole
    return Rope(pieces), text


PLACES = st.none() | st.integers(-30, 30)
SUBS = st.text("ab:/=é", max_size=3)
CALLS = st.one_of(
    st.tuples(st.sampled_from(["find", "startswith"]), st.tuples(SUBS, PLACES, PLACES)),
    st.tuples(
        st.sampled_from(["index", "rfind", "endswith", "count", "partition", "split", "strip",
                         "rstrip", "__contains__", "__lt__", "__ge__", "__add__", "__eq__",
                         "__ne__", "removeprefix"]),
        st.tuples(SUBS),
    ),
    st.tuples(st.just("startswith"), st.tuples(st.tuples(SUBS, SUBS))),
    st.tuples(st.just("__getitem__"), st.tuples(st.integers(-40, 40))),
    st.tuples(
        st.just("__getitem__"),
        st.tuples(st.builds(slice, PLACES, PLACES, st.sampled_from([None, 1, 2, 3, -1]))),
    ),
    st.tuples(
        st.sampled_from(["__len__", "__hash__", "__str__", "__repr__", "lower", "isascii", "encode",
                         "strip", "isalnum", "splitlines"]),
        st.just(()),
    ),
    st.tuples(st.just("__format__"), st.sampled_from([("",), (">40",), (".2",)])),
    st.tuples(st.just("replace"), st.tuples(SUBS, SUBS)),
)  # fmt: skip


def answer(text, name, args):
    try:
        result = getattr(text, name)(*args)
    except (ValueError, IndexError) as error:
        return type(error)
    return str(result) if isinstance(result, Rope) else result


@given(pair=ropes(), calls=st.lists(CALLS, min_size=1, max_size=8), length=lengths)
def test_a_rope_does_what_its_text_does(pair, calls, length):
    rope, text = pair
    with long_is(length):
        for name, args in calls:
            assert answer(rope, name, args) == answer(text, name, args), (name, args)


@given(pairs=st.lists(ropes() | LETTERS.map(lambda text: (text, text)), max_size=4), length=lengths)
def test_joining_ropes_joins_their_texts(pairs, length):
    wanted = "".join(text for _, text in pairs)
    with long_is(length):
        joined = join([rope for rope, _ in pairs])
        assert joined == wanted
        assert str(joined) == wanted
        assert wanted == joined
        assert payloads.dump(joined) == wire.write(wanted)


@given(one=ropes(), other=ropes(), length=lengths)
def test_ropes_compare_as_their_texts_do(one, other, length):
    with long_is(length):
        for left, right in ((one, other), (one, one), (other, one)):
            assert (left[0] == right[0]) is (left[1] == right[1])
            assert (left[0] != right[1]) is (left[1] != right[1])
            assert (left[1] == right[0]) is (left[1] == right[1])
            assert (left[0] < right[0]) is (left[1] < right[1])
            assert (right[0] in left[0]) is (right[1] in left[1])
            assert left[0].startswith(right[0]) is left[1].startswith(right[1])
