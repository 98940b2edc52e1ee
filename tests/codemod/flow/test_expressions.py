"""What expressions evaluate to."""

import pytest

from painter import result


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('"a"', "'a'"),
        ("None", "None"),
        ("1.5", "?"),
        ("unheard_of", "?"),
        ("painter.tools", "name painter.tools"),
        ("p.frame", "frame"),
        ('p["frame"]', "frame"),
        ("p.price", "method picture"),
        ("p.layers[0]", "layer"),
        ("p.layers[1:]", "layers"),
        ("p.layers[a:b:c]", "layers"),
        ("[p, 1][0]", "picture"),
        ("[p, 1][-2]", "picture"),
        ("[p, 1][2]", "nothing"),
        ("[p, p.frame][n]", "frame | picture"),
        ("[p, p.frame][:1]", "[frame | picture]"),
        ('{"a": p}["a"]', "picture"),
        ('{"a": p}["b"]', "nothing"),
        ('{"a": p, **other}["b"]', "?"),
        ('{**{"a": p}}["a"]', "picture"),
        ('{"a": p, name: 1}["b"]', "?"),
        ("(y := p).frame", "frame"),
        ("[*[p], p.frame]", "(picture, frame)"),
        ("[*p.layers, p]", "[layer | picture]"),
        ("[*p.layers, *[p.frame]]", "[frame | layer]"),
        ("[one.frame for one in p.layers if one]", "[frame]"),
        ("{one for one in p.layers}", "[layer]"),
        ("(one for one in p.layers)", "iter layer"),
        ("list(one for one in p.layers)[0]", "layer"),
        ("{n: p for n in y}[3]", "picture"),
        ("(lambda a, b=1: a)(p)", "picture"),
        ("(lambda *, a=paint(): a)()", "picture"),
    ],
)
def test_an_expression_is_what_it_is_in_python(expression, value):
    assert result(f"p = paint()\nx = {expression}\n") == value


def test_a_name_of_a_comprehension_holds_again_what_it_held():
    assert result("one = paint()\n[one for one in one.layers]\nx = one\n") == "picture"


@pytest.mark.parametrize(
    ("body", "items"),
    [
        ("yield paint()", "picture"),
        ("yield from paint().layers", "layer"),
        ("yield paint()\n    yield paint().frame", "frame | picture"),
        ("yield", "None"),
    ],
)
def test_a_generator_gives_what_it_yields(body, items):
    program = f"def f():\n    {body}\nfor y in f():\n    x = y\npaint()\n"

    assert result(program) == items


def test_awaiting_an_async_function_gives_what_it_returns():
    program = """
    async def f():
        return paint()

    async def g():
        global x
        x = await f()
    """

    assert result(program) == "picture"
