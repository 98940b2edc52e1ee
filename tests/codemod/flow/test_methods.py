"""What methods of values give."""

import pytest

from painter import result


@pytest.mark.parametrize(
    ("call", "given"),
    [
        # of an object
        ('p.get("frame")', "frame"),
        ('p.get("frame", None)', "frame"),
        ('p.get("frame", p)', "frame | picture"),
        ('p.pop("frame")', "frame"),
        ('p.__getitem__("frame")', "frame"),
        ("p.get(name)", "?"),
        ("p.copy()", "picture"),
        ("p.layers.__iter__().__next__()", "layer"),
        ("p.layers.__next__()", "layer"),
        ("p.sell()", "?"),
        # of a text
        ("p.title.strip()", "text"),
        ('p.title.replace("a", "b")', "text"),
        ('p.title.split(",")', "[text]"),
        ('p.title.partition(",")[2]', "text"),
        ("p.title.isdigit()", "?"),
        # of a list
        ("[p].pop()", "picture"),
        ("[p].copy()", "(picture)"),
        ("[p].index(p)", "?"),
        # of a dict
        ('{"a": p}.get("a")', "picture"),
        ('{"a": p}.get("b")', "None"),
        ('{"a": p}.get("b", p.frame)', "frame"),
        ('{"a": p, **other}.get("b")', "?"),
        ('{"a": p}.setdefault("a", 1)', "picture"),
        ('list({"a": p}.values())', "[picture]"),
        ('list({"a": p}.items())', "[(?, picture)]"),
        ('{"a": p}.copy()', "{a: picture}"),
        ('{"a": p}.update(b=1)', "?"),
        # of a string of the program
        ('",".join([p.title])', "text"),
        ('"{}".format(p.title)', "?"),
    ],
)
def test_a_method_gives_what_it_gives_in_python(call, given):
    assert result(f"p = paint()\nx = {call}\n") == given


@pytest.mark.parametrize(
    "change",
    ["y.append(p)", "y.insert(0, p)", "y.extend([p])", "y.add(p)", "y.update({p})", "y += [p]"],
)
def test_a_list_holds_what_was_put_into_it(change):
    assert result(f"p = paint()\ny = []\n{change}\nx = y[0]\n") == "picture"


def test_each_of_several_values_answers_for_itself():
    assert result('p = paint() if a else {"frame": paint()}\nx = p.get("frame")\n') == (
        "frame | picture"
    )


def test_what_is_handed_to_a_method_that_is_not_known_may_be_called_by_it():
    program = """
    def f(a):
        global x
        x = a
    f(paint())
    paint().each(f)
    """

    assert result(program) == "picture | ?"
