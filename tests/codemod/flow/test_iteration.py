"""What loops over values give, and what stands at their places."""

import pytest

from painter import result


@pytest.mark.parametrize(
    ("value", "item"),
    [
        ("p.layers", "layer"),
        ("p.title", "text"),
        ("p", "nothing"),
        ("[p, p.frame]", "frame | picture"),
        ("{'a': p}", "?"),
        ("{p: 1 for n in y}", "picture"),
        ("(p for n in y)", "picture"),
        ("enumerate([p])", "(?, picture)"),
        ("anything()", "?"),
        ("p.layers if a else [p]", "layer | picture"),
    ],
)
def test_a_loop_gives_the_items(value, item):
    assert result(f"p = paint()\nfor x in {value}: pass\n") == item


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("p.title[3]", "text"),
        ("p.title[1:]", "text"),
        ("p.frame[0]", "?"),
        ("(p, 1)[-1]", "?"),
        ("(p, 1)[-3]", "nothing"),
        ("(p, 1)[-n]", "picture | ?"),
        ("{'a': p}[n]", "picture"),
        ("anything()[0]", "?"),
    ],
)
def test_a_place_holds_what_stands_there(expression, value):
    assert result(f"p = paint()\nx = {expression}\n") == value


def test_an_async_loop_over_what_is_awaited_gives_its_items():
    program = """
    async def f():
        return paint().layers

    async def g():
        global x
        async for y in f():
            x = y
    """

    assert result(program) == "layer"
