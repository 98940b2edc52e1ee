"""A stream whose conversion fails: nothing is lost, nothing comes twice, nothing overtakes."""

from __future__ import annotations

import warnings

import pytest

from imageshim.errors import UnreadableImageWarning
from imageshim.streaming.fail_open import FailOpen


class Halting:
    """Holds words until one ends with a stop; fails at the words it is told to fail at."""

    def __init__(self, faulty=(), *, broken_end=False):
        self.faulty = faulty
        self.broken_end = broken_end
        self.words = []

    @property
    def holds(self):
        return bool(self.words)

    def feed(self, word):
        if word in self.faulty:
            raise ZeroDivisionError(word)
        if not self.words and word.islower():
            return [word]
        self.words.append(word)
        return self._all() if word.endswith(".") else []

    def finish(self):
        if self.broken_end:
            raise KeyError("broken at the end")
        if self.words:
            warnings.warn("cut off", UnreadableImageWarning, stacklevel=2)
        return self._all()

    def _all(self):
        words, self.words = self.words, []
        return ["+".join(words)] if words else []


def drive(stream, *words):
    return [one for word in words for one in stream.feed(word)] + stream.finish()


def test_without_a_fault_everything_is_converted():
    stream = FailOpen(Halting())

    assert drive(stream, "a", "B", "C.", "d") == ["a", "B+C.", "d"]
    assert stream.fault is None


def test_what_was_held_goes_out_before_the_piece_at_fault_and_the_rest_passes():
    stream = FailOpen(Halting(["bad"]))

    out = drive(stream, "a", "B", "C", "bad", "D", "E.")

    assert out == ["a", "B+C", "bad", "D", "E."]
    assert isinstance(stream.fault, ZeroDivisionError)
    assert not stream.converts


def test_a_converter_that_cannot_give_what_it_held_gives_the_pieces_as_they_came():
    stream = FailOpen(Halting(["bad"], broken_end=True))

    out = drive(stream, "A", "B.", "C", "D", "bad", "E")

    assert out == ["A+B.", "C", "D", "bad", "E"]
    assert isinstance(stream.fault, ZeroDivisionError), "the first fault is the one to tell"


def test_what_came_out_already_does_not_come_again():
    stream = FailOpen(Halting(["bad"], broken_end=True))

    assert drive(stream, "A", "B.", "bad") == ["A+B.", "bad"]


def test_a_fault_at_the_end_gives_what_was_held_as_it_came():
    stream = FailOpen(Halting(broken_end=True))

    assert drive(stream, "A", "B") == ["A", "B"]
    assert isinstance(stream.fault, KeyError)
    assert stream.finish() == []


def test_a_user_of_it_can_give_up_for_a_reason_of_its_own():
    stream = FailOpen(Halting())
    stream.feed("A")
    reason = ValueError("too much is held")

    assert stream.give_up(reason) == ["A"]
    assert stream.fault is reason
    assert stream.give_up(KeyError("again")) == []
    assert stream.fault is reason


@pytest.mark.parametrize("at_the_end", [False, True])
def test_expected_exceptions_go_through(at_the_end):
    stream = FailOpen(Halting(["bad"], broken_end=True), (ZeroDivisionError, KeyError))
    stream.feed("A")

    with pytest.raises((ZeroDivisionError, KeyError)):
        stream.finish() if at_the_end else stream.feed("bad")

    assert stream.fault is None
    assert stream.converts is not at_the_end


def test_a_stream_that_is_stopped_forgets_what_it_held():
    stream = FailOpen(Halting())
    stream.feed("A")

    stream.stop()

    assert drive(stream, "b") == ["b"]


def test_what_is_held_is_kept_while_a_piece_of_another_choice_passes():
    class ByChoice(Halting):
        def feed(self, word):
            return [word] if word == "other" else super().feed(word)

    stream = FailOpen(ByChoice(["bad"], broken_end=True))

    out = drive(stream, "A", "other", "B", "bad", "E")

    assert out == ["other", "A", "B", "bad", "E"]
