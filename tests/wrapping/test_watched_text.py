"""A watched text is a text, and notes what is done to it that is done to images only."""

from __future__ import annotations

import base64
import binascii
import copy
import json
import pickle
import re
import sqlite3

import jinja2
import orjson
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageshim.testing.pictures import png
from imageshim.wrapping.decoders import unwatch_decoders, watch_decoders
from imageshim.wrapping.watched_text import WatchedText

URL = png().url


class Notes(list):
    """What was noted."""

    def __call__(self, what, file, line):
        assert file == __file__
        assert line > 0
        self.append(what)


@pytest.fixture
def notes():
    return Notes()


@pytest.fixture
def text(notes):
    return WatchedText(f"Here: {URL} done", notes)


@pytest.fixture
def decoders():
    watch_decoders()
    yield
    unwatch_decoders()


def silent(text):
    return WatchedText(text, lambda *_: None)


# It is a text

SHORT = st.text("ab:,; \n=data64", max_size=12)
NUMBER = st.none() | st.integers(-4, 14)
CALLS = st.one_of(
    *(
        st.tuples(st.just(name), st.tuples(*arguments))
        for names, arguments in (
            ("strip lstrip rstrip", [st.none() | SHORT]),
            ("startswith endswith find rfind index rindex count", [SHORT, NUMBER, NUMBER]),
            ("startswith endswith", [st.tuples(SHORT, SHORT)]),
            ("split rsplit", [st.none() | SHORT, st.integers(-1, 3)]),
            ("partition rpartition removeprefix removesuffix __contains__ __add__", [SHORT]),
            ("replace", [SHORT, SHORT, st.integers(-1, 3)]),
            ("splitlines", [st.booleans()]),
            ("__getitem__", [st.slices(12) | st.integers(-14, 14)]),
            ("__eq__ __ne__ __lt__ __ge__", [SHORT]),
            ("__mod__ __mul__ join center zfill expandtabs", [st.integers(-1, 9)]),
            ("encode lower upper title swapcase casefold isascii isdigit capitalize", []),
            ("__hash__ __len__ __str__ __repr__", []),
            ("__format__", [st.sampled_from(["", ">9", "s", ".3"])]),
            ("join", [st.lists(SHORT, max_size=3)]),
        )
        for name in names.split()
    )
)


def outcome(text, name, arguments):
    try:
        return getattr(text, name)(*arguments)
    except Exception as error:  # noqa: BLE001  # whatever it raises, the other does
        return type(error)


@given(SHORT, CALLS)
def test_every_method_gives_what_it_gives_on_a_plain_text(text, call):
    assert outcome(silent(text), *call) == outcome(text, *call)


@given(SHORT, SHORT)
def test_sums_joins_and_formats_are_those_of_plain_texts(a, b):
    one = silent(a)
    assert (one + b, b + one, one + one) == (a + b, b + a, a + a)
    assert (f"{one}", f"<{one}>", "%s" % one, "{}".format(one)) == (a, f"<{a}>", a, a)  # noqa: UP031, UP032
    assert "".join([one, b]) == "".join([a, b])  # noqa: FLY002
    assert b.join([one, one]) == f"{a}{b}{a}"
    assert {one: 1}[a] == {a: 1}[one] == 1
    assert list(one) == list(a)
    assert sorted([one, b]) == sorted([a, b])
    assert re.sub("a", "b", one) == re.sub("a", "b", a)
    assert one.encode() == a.encode()
    assert str(one) == a
    assert type(str(one)) is str


PAGE = jinja2.Environment(autoescape=True).from_string(
    "<b>{{ a }}</b>{{ a|upper|replace('A', 'b') }}{{ a[:2] }}{{ a ~ b }}{{ [a, b]|join(b) }}"
    "{% if a == b %}same{% endif %}{{ a|length }}{{ a|safe }}"
)


@given(SHORT, SHORT)
def test_templates_and_encoders_write_what_they_write_of_plain_texts(a, b):
    one = silent(a)
    assert PAGE.render(a=one, b=b) == PAGE.render(a=a, b=b)
    assert orjson.dumps({"a": [one]}) == orjson.dumps({"a": [a]})
    assert json.dumps({one: one}) == json.dumps({a: a})


class Markup(str):
    """A text of somebody else's class that has its own sum."""

    __slots__ = ()

    def __radd__(self, other):
        return f"<{other}{self}>"


def test_a_text_of_another_class_decides_as_beside_a_plain_one(text):
    assert text + Markup("x") == str(text) + Markup("x") == f"<{text}x>"
    with pytest.raises(TypeError):
        text + 5
    with pytest.raises(TypeError):
        5 + text


def test_what_copies_or_stores_it_has_a_plain_text(text):
    plain = str(text)
    made = [
        pickle.loads(pickle.dumps(text)), copy.copy(text), copy.deepcopy([text])[0],  # noqa: S301
        json.loads(json.dumps({"a": text}))["a"],
    ]  # fmt: skip
    assert made == [plain] * 4
    assert {type(one) for one in made} == {str}

    class Lax(pydantic.BaseModel):
        text: str

    class Strict(pydantic.BaseModel, strict=True):
        text: str

    assert Lax(text=text).text == Strict(text=text).text == plain
    assert json.loads(Lax(text=text).model_dump_json()) == {"text": plain}
    with sqlite3.connect(":memory:") as database:
        assert database.execute("select ?", (text,)).fetchone() == (plain,)
    database.close()


# What is cut out of it is watched, too


@pytest.mark.parametrize(
    "cut",
    [
        lambda t: t[3:], lambda t: t.split(" ")[1], lambda t: t.partition(" ")[2],
        lambda t: t.rpartition(" ")[0], lambda t: t.strip(), lambda t: t.replace("H", ""),
        lambda t: t.removeprefix("Here"), lambda t: t.removesuffix("done"), lambda t: t + "x",
        lambda t: "x" + t, lambda t: f"{t}", lambda t: t.splitlines()[0], lambda t: t.rsplit()[0],
    ],
)  # fmt: skip
def test_what_is_cut_out_carries_on(text, notes, cut):
    piece = cut(text)
    assert type(piece) is WatchedText
    assert not notes
    piece.startswith("data:")
    assert notes == ["startswith 'data:'"]


# What is done to images


@pytest.mark.parametrize(
    ("look", "said"),
    [
        (lambda t: t.startswith("data:image"), "startswith 'data:image'"),
        (lambda t: t.startswith(("http", "data:")), "startswith 'data:'"),
        (lambda t: t.find("base64,"), "find 'base64,'"),
        (lambda t: t.index("data:"), "index 'data:'"),
        (lambda t: "data:image/" in t, "in 'data:image/'"),
        (lambda t: t.split("base64,", 1), "split 'base64,'"),
        (lambda t: t.partition(";base64,"), "partition ';base64,'"),
        (lambda t: t.count("data:"), "count 'data:'"),
        (lambda t: t.split(sep="base64,"), "split 'base64,'"),
        (lambda t: base64.b64decode(t.split(",")[1].split()[0]), "base64.b64decode"),
        (lambda t: base64.urlsafe_b64decode(s=t[28:32]), "base64.urlsafe_b64decode"),
        (lambda t: binascii.a2b_base64(t.split(",")[1].split()[0]), "binascii.a2b_base64"),
        (lambda t: re.search(r"data:image", t), "re.search 'data:image'"),
        (lambda t: re.findall(re.compile("base64,(.*)"), t), "re.findall 'base64,(.*)'"),
        (lambda t: re.sub("data:image.*", "", t), "re.sub 'data:image.*'"),
        (lambda t: re.match("(?s).*image/png", string=t), "re.match '(?s).*image/png'"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("decoders")
def test_it_is_noted(text, notes, look, said):
    look(text)
    assert notes == [said]


@pytest.mark.parametrize(
    "use",
    [
        lambda t: t.split(","), lambda t: t.startswith("{"), lambda t: "error" in t,
        lambda t: re.search("Here", t), lambda t: t.find("```"), json.dumps, print,
        lambda t: re.sub(r"\s+", " ", t), lambda t: t.split(), lambda t: t == "data:",
    ],
)  # fmt: skip
@pytest.mark.usefixtures("decoders")
def test_what_is_done_to_texts_is_not(text, notes, use):
    use(text)
    assert notes == []


def test_the_functions_are_the_plain_ones_afterwards():
    before = base64.b64decode, re.search, re.sub, binascii.a2b_base64
    watch_decoders()
    watch_decoders()
    assert base64.b64decode is not before[0]
    assert base64.b64decode("QUJD") == b"ABC"
    unwatch_decoders()
    assert (base64.b64decode, re.search, re.sub, binascii.a2b_base64) == before


def test_who_patched_above_keeps_their_layer(monkeypatch):
    watch_decoders()
    theirs = lambda text: text  # noqa: E731
    plain = base64.b64decode.__wrapped__
    monkeypatch.setattr(base64, "b64decode", theirs)
    unwatch_decoders()
    assert base64.b64decode is theirs
    monkeypatch.setattr(base64, "b64decode", plain)
    monkeypatch.undo()
    base64.b64decode = plain
