"""Ropes: text that stays in its bytes, and what code in C sees of it."""

import copy
import json
import pickle
import tracemalloc

import pytest
from pydantic_core import PydanticSerializationError, to_json

from imageshim.long_json.rope import LONG, Rope, Stretch, join

DATA = b"<" + bytes(range(32, 127)) * 4000 + b">"
TEXT = DATA[1:-1].decode()


@pytest.fixture
def rope():
    return Rope(["é: ", Stretch(DATA, 1, len(DATA) - 1), " end"])


def test_a_long_slice_is_a_rope_and_a_short_one_is_not(rope):
    assert type(rope[2:LONG]) is str
    long = rope[2 : LONG + 2]
    assert type(long) is Rope
    assert long == (f"é: {TEXT} end")[2 : LONG + 2]
    assert rope[:] is rope


def test_slices_copy_nothing(rope):
    tracemalloc.start()
    kept = [rope[at:] for at in range(100)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(kept) == 100
    assert peak < 100_000


def test_to_look_for_text_copies_nothing(rope):
    tracemalloc.start()
    assert rope.find("end") == 3 + len(TEXT) + 1
    assert rope.find("~ e") == 3 + len(TEXT) - 1  # across a seam
    assert "nowhere" not in rope
    assert rope.startswith("é: ")
    assert rope != rope[1:]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000


def test_every_nth_character_of_a_stretch_comes_without_a_copy(rope):
    tracemalloc.start()
    assert rope[3 : 3 + len(TEXT) : 1000] == TEXT[::1000]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000
    assert rope[::1000] == f"é: {TEXT} end"[::1000]


def test_a_rope_finds_and_compares_as_its_text_does(rope):
    text = f"é: {TEXT} end"
    assert rope[0] == "é"
    assert rope[-1] == "d"
    with pytest.raises(IndexError):
        rope[len(text)]
    assert rope[::-1] == text[::-1]
    assert rope[5:3:2] == ""
    assert rope.find("") == 0
    assert rope.find("end", 0, -1) == -1
    assert rope.startswith(("x", "é:"))
    assert rope.startswith("", 5)
    assert not rope.startswith("d", -2)
    assert rope.startswith(text)
    assert hash(rope) == hash(text)
    assert rope == Rope(["é", ": ", Stretch(DATA, 1, len(DATA) - 1), " end"])
    assert rope != text[:-1] + "t"
    assert {text: "found"}[rope] == "found"
    assert rope < "ê"
    assert rope.partition(": ") == ("é", ": ", TEXT + " end")


def test_what_copies_a_rope_gives_usual_text(rope):
    for copied in (copy.copy(rope), copy.deepcopy(rope), pickle.loads(pickle.dumps(rope))):  # noqa: S301
        assert type(copied) is str
        assert copied == rope
    assert type(f"{rope}") is str
    assert f"{rope}" == rope


def test_a_sum_with_what_is_no_text_is_refused(rope):
    with pytest.raises(TypeError):
        rope + 1
    with pytest.raises(TypeError):
        1 + rope
    assert rope.__eq__(1) is False


def test_a_sum_with_text_is_a_rope(rope):
    for total, wanted in ((rope + "x", TEXT + " endx"), ("x" + rope, TEXT + " end")):
        assert type(total) is Rope
        assert total.endswith(wanted)


def test_what_looks_into_a_rope_unasked_cannot_write_it(rope):
    with pytest.raises(PydanticSerializationError):
        to_json(rope)
    pieces = [rope, "x"]
    with pytest.raises(UnicodeEncodeError):
        "".join(pieces).encode()
    assert json.loads(json.dumps(rope)) != str(rope)


def test_join_is_that_of_text_where_there_is_no_rope():
    assert type(join(["a", "b"])) is str
    assert join([]) == ""
    assert join(["", "a"]) == "a"
