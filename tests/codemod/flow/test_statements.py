"""What names hold where the paths of a program meet."""

import pytest

from painter import result


@pytest.mark.parametrize(
    ("program", "value"),
    [
        ("if a: y = p\nelse: y = p.frame", "frame | picture"),
        ("if a: y = p\nelif b: y = p.frame\nelse: y = p.layers", "frame | layers | picture"),
        ("y = p.frame\nif a: y = p", "frame | picture"),
        ("y = p\nif a: raise y from b", "picture"),
        ("y = p.frame\nfor n in a: y = p", "frame | picture"),
        ("y = p.frame\nfor n in a: y = p\nelse: y = p.layers", "layers"),
        ("y = p.frame\nfor n in a:\n    y = p\n    break\nelse: y = p.layers", "layers | picture"),
        ("y = p.frame\nwhile True:\n    y = p\n    break", "picture"),
        ("y = p.frame\nwhile a:\n    if b: continue\n    y = p", "frame | picture"),
        ("try: y = p\nexcept E: y = p.frame", "frame | picture"),
        ("try: y = p\nexcept E: raise", "picture"),
        ("try: z()\nexcept (A, B) as y: y = p\nelse: y = p.frame", "frame | picture"),
        ("try: z()\nfinally: y = p", "picture"),
        ("try:\n try:\n  a = p\n  raise E\n finally: y = a\nexcept E: pass", "picture"),
        ("try:\n    a = p\n    a = p.frame\nfinally: y = a", "frame"),
        ("a = anything()\nassert isinstance(a, Picture), 'no'\ny = a", "picture"),
        ("a = anything()\nif not isinstance(a, Picture): raise E\ny = a", "picture"),
        ("a = anything()\nif isinstance(a, int): pass\ny = a", "?"),
        ("with p as y: pass", "picture"),
        ("with anything() as y: pass", "?"),
        ("y = p.frame\nwith suppress(E): y = p", "frame | picture"),
        ("y = p.frame\nwith lock: y = p", "picture"),
    ],
)
def test_paths_meet_as_in_python(program, value):
    assert result(f"p = paint()\n{program}\nx = y\n") == value


@pytest.mark.parametrize(
    ("enter", "how"),
    [
        ("def __enter__(self): return paint()", "with"),
        ("async def __aenter__(self): return paint()", "async with"),
    ],
)
def test_an_object_of_the_file_is_entered_by_its_method(enter, how):
    program = f"""
    class Studio:
        {enter}

    async def f():
        global x
        {how} Studio() as y:
            x = y
    """

    assert result(program) == "picture"


def test_what_follows_a_return_is_not_reached():
    assert result("def f():\n    return paint()\n    return paint().frame\nx = f()\n") == "picture"
