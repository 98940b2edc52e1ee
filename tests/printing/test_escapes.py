import unicodedata

import pytest

from imageshim.printing.escapes import shown


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("plain", "plain"),
        ("Grüße, 日本語, 👩‍👩‍👧, e\u0301", "Grüße, 日本語, 👩‍👩‍👧, e\u0301"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("a\x9b31mb", r"a\x9b31mb"),
        ("one\r\ntwo\tthree", r"one\r\ntwo\tthree"),
        ("\u202eevil\u2066", r"\u202eevil\u2066"),
        ("\u2028", r"\u2028"),
        ("\udcff", r"\udcff"),
        ("\0\x7f", r"\x00\x7f"),
    ],
)
def test_what_a_terminal_would_obey_is_written_as_an_escape(text, printed):
    assert shown(text) == printed


def test_characters_that_are_kept_stay():
    assert shown("one\n\ttwo\x1b\r", keep="\n\t") == "one\n\ttwo\\x1b\\r"


def test_no_control_character_of_unicode_is_left():
    everything = "".join(map(chr, range(0x110000)))
    left = {unicodedata.category(letter) for letter in shown(everything)}
    assert not left & {"Cc", "Cs", "Zl", "Zp"}
    assert all(
        unicodedata.bidirectional(one)
        not in {"RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI", "FSI", "PDI"}
        for one in shown(everything)
    )
