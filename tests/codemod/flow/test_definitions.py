"""What imports, functions and classes give to their names."""

import pytest

from painter import result


@pytest.mark.parametrize(
    ("program", "value"),
    [
        ("import painter as q\nx = q.paint()", "picture"),
        ("import painter.tools\nx = painter.tools.paint()", "picture"),
        ("from painter import paint as q\nx = q()", "picture"),
        ("from painter import *\nx = paint()", "picture"),
        ("from .near import thing\nx = thing", "name near.thing"),
        ("def f():\n    def g(): return paint()\n    return g\nx = f()()", "picture"),
        ("def d(f): return f\n@d\ndef f(): return paint()\nx = f()", "picture"),
        ("def d(n): return lambda f: f\n@d(1)\ndef f(): return paint()\nx = f()", "picture"),
        (
            "def d(n): return lambda f: lambda *a: f(*a)\n@d(1)\ndef f(): return paint()\nx = f()",
            "picture",
        ),
        (
            (
                "def d(n): return lambda f: f\n@d(1)\ndef f(): return paint()\n"
                "def g(): return f()\nx = g()"
            ),
            "picture",
        ),
        ("@anything(1)\ndef f(): return paint()\nx = f()", "picture | ?"),
        ("import functools\n@functools.lru_cache(x := paint())\ndef f(): pass", "picture"),
    ],
)
def test_a_name_is_what_defines_it(program, value):
    assert result(program + "\n") == value
