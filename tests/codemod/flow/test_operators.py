"""What operators give."""

import pytest

from painter import result


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("p or p.frame", "frame | picture"),
        ("p and p.frame", "frame"),
        ("p if a else p.frame", "frame | picture"),
        ("p if a else None", "picture"),
        ("[p] + [p.frame]", "[frame | picture]"),
        ("p.title + 'a'", "text"),
        ("'a' + p.title + 'b'", "text"),
        ("'%s' % p.title", "text"),
        ("f'<{p.title:>{n}}>'", "text"),
        ("f'{a}'", "?"),
        ("p | p", "?"),
        ("not p", "?"),
        ("-p", "?"),
        ("p == 'a'", "?"),
        ("'a' in p", "?"),
    ],
)
def test_an_operator_gives_what_it_gives_in_python(expression, value):
    assert result(f"p = paint()\nx = {expression}\n") == value


def test_a_sum_may_be_longer_than_the_stack():
    assert result("x = " + "'a' + " * 2000 + "paint().title\n") == "text"
