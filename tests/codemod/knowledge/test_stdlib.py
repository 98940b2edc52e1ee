"""What functions of the standard library hand on."""

import pytest

from painter import result

PROGRAM = """
import asyncio, copy, functools, importlib, json, re, typing
from concurrent.futures import ThreadPoolExecutor
p = paint()
async def work():
    return p
"""


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('getattr(p, "frame")', "frame"),
        ('getattr(p, "frame", None)', "frame"),
        ('getattr(p, "frame", p)', "frame | picture"),
        ("getattr(p, name)", "?"),
        ('getattr(anything(), "frame")', "?"),
        ("getattr(*args)", "?"),
        ('hasattr(p, "frame")', "?"),
        ('setattr(p, "frame", 1)', "None"),
        ("next(iter(p.layers))", "layer"),
        ("next(iter(p.layers), None)", "layer"),
        ("list(enumerate([p]))", "[(?, picture)]"),
        ("[b for a, b in zip(y, [p])]", "[picture]"),
        ("list(map(lambda a: a.frame, p.layers))", "[frame]"),
        ("map(f)", "?"),
        ("list(filter(None, p.layers))", "[layer]"),
        ("filter(f)", "?"),
        ("dict(a=p)", "{a: picture}"),
        ("dict(p)", "picture"),
        ("dict({'a': p})", "{a: picture}"),
        ("dict(y)", "?"),
        ("vars(p)", "picture"),
        ("any(p.layers)", "?"),
        ("sorted(p.layers)", "layers"),
        ("list({'a': p})[0]", "?"),
        ("list(p for n in y)[0]", "picture"),
        ("functools.partial(lambda a, b: b, 1)(p)", "picture"),
        ("functools.partial(lambda a, b: b, b=p)(1)", "picture"),
        ("functools.partial()()", "?"),
        ("json.loads(p.title)", "?"),
        ("json.loads(y)", "?"),
        ("copy.deepcopy(p)", "picture"),
        ("typing.cast(Picture, anything())", "picture"),
        ("typing.cast(int, anything())", "?"),
        ("typing.cast('Layer', p)", "picture"),
        ("typing.assert_type(p, Picture)", "picture"),
        ("importlib.import_module('painter').paint()", "picture"),
        ("__import__('painter').paint()", "picture"),
        ("importlib.import_module(y)", "?"),
        ("re.compile('a').sub('', p.title)", "?"),
        ("re.search('a', p.title)", "?"),
        ("ThreadPoolExecutor().submit(lambda a: a, p).result()", "picture"),
        ("ThreadPoolExecutor().submit()", "?"),
        ("list(ThreadPoolExecutor().map(lambda a: a.frame, p.layers))[0]", "frame"),
        ("asyncio.run(work())", "picture"),
        ("asyncio.new_event_loop().run_until_complete(work())", "picture"),
    ],
)
def test_a_function_hands_on_what_it_does_in_python(expression, value):
    assert result(PROGRAM + f"x = {expression}\n") == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("await asyncio.gather(work(), work())", "(picture, picture)"),
        ("await asyncio.gather(*[work() for n in y])", "[picture]"),
        ("await asyncio.to_thread(lambda a: a, p)", "picture"),
        ("await asyncio.get_running_loop().run_in_executor(None, lambda a: a, p)", "picture"),
        ("await asyncio.wait_for(work(), 1)", "picture"),
        ("await asyncio.create_task(work())", "picture"),
        ("await anext(aiter(p.layers))", "layer"),
    ],
)
def test_what_is_awaited_gives_what_it_does_in_python(expression, value):
    program = f"{PROGRAM}async def g():\n    global x\n    x = {expression}\n"

    assert result(program) == value


def test_super_is_the_class_above():
    program = """
    class Base:
        def f(self): return paint()

    class Box(Base):
        def f(self): return super().f().frame

    x = Box().f()
    """

    assert result(program) == "frame"


@pytest.mark.parametrize(
    "where", ["x = super()", "class A:\n    def f(self):\n        global x\n        x = super()"]
)
def test_super_without_a_class_above_is_unknown(where):
    assert result(f"{where}\npaint()\n") == "?"
