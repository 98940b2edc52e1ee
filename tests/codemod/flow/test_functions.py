"""What calls of functions of the file give."""

import pytest

from painter import result


@pytest.mark.parametrize(
    ("function", "call", "value"),
    [
        ("def f(a, b): return b", "f(1, p)", "picture"),
        ("def f(a, b): return b", "f(b=p, a=1)", "picture"),
        ("def f(a, b): return b", "f(*[1, p])", "picture"),
        ("def f(a, b): return b", "f(**{'a': 1, 'b': p})", "picture"),
        ("def f(a=paint()): return a", "f()", "picture"),
        ("def f(*, a=paint()): return a", "f()", "picture"),
        ("def f(*a): return a[1]", "f(1, p)", "picture"),
        ("def f(**a): return a['k']", "f(k=p)", "picture"),
        ("def f(a, **b): return b", "f(1, **other)", "{}"),
        ("def f(a=paint()): return a", "f(**other)", "?"),
        ("def f(a, b): return b", "f(p, **other)", "?"),
        ("def f(*, a): return a", "f(**other)", "?"),
        ("def f(a): return a if a else p.frame", "f(p)", "frame | picture"),
        ("def f() -> Picture: return anything()", "f()", "picture"),
        ("def f(): pass", "f()", "nothing"),
        ("def f(n): return p if n else f(n - 1)", "f(3)", "picture"),
        ("def f(n): return {'a': f(n)} if n else {'b': p}", "f(3)['b']", "picture"),
        ("def f(): return [p, [p.frame]]", "f()[1][0]", "frame"),
        ("@anything\ndef f(): return p", "f()", "picture | ?"),
    ],
)
def test_a_call_gives_what_the_function_returns(function, call, value):
    assert result(f"p = paint()\n{function}\nx = {call}\n") == value


@pytest.mark.parametrize("handed", ["f", "[f]", "{'a': f}", "functools.partial(f, 1)", "Box().f"])
def test_a_function_that_is_handed_on_may_be_called_with_anything(handed):
    program = f"""
    import functools

    def f(self, a=None):
        global x
        x = self.frame if a is None else a

    class Box:
        def f(self, a=None):
            global x
            x = a

    f(paint())
    Box().f(paint())
    anything({handed})
    """

    assert "?" in result(program)
    assert "?" not in result(program.replace(f"anything({handed})", ""))


def test_a_function_with_a_context_is_entered():
    program = """
    import contextlib

    @contextlib.contextmanager
    def f():
        yield paint()

    with f() as x:
        pass
    """

    assert result(program) == "picture"


@pytest.mark.parametrize("handed", ["[f, 1]", "functools.partial(f, 1)", "{'a': [1, f]}"])
def test_what_else_is_handed_on_hides_no_function(handed):
    program = f"""
    import functools

    def f(a, b=None):
        global x
        x = a

    f(paint())
    anything({handed})
    """

    assert result(program) == "picture | ?"
