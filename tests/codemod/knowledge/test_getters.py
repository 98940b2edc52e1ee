"""What the getters of ``operator`` take out of what they are called with."""

import pytest

from imageshim.codemod.knowledge.getters import LIBRARY as GETTERS
from imageshim.codemod.knowledge.stdlib import LIBRARY as STDLIB
from painter import PAINTER, interpreted, told

PROGRAM = """
import operator
from operator import attrgetter, itemgetter, methodcaller
p = paint()
"""


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("attrgetter('frame')(p)", "frame"),
        ("operator.attrgetter('frame')(p)", "frame"),
        ("attrgetter('frame', 'layers')(p)", "(frame, layers)"),
        ("attrgetter('layers.frame')(y)", "?"),
        ("list(map(attrgetter('frame'), p.layers))", "[frame]"),
        ("attrgetter(y)(p)", "?"),
        ("attrgetter('frame')()", "?"),
        ("itemgetter(0)(p.layers)", "layer"),
        ("itemgetter('frame')({'frame': p})", "picture"),
        ("itemgetter('frame', 'other')({'frame': p, 'other': 'x'})", "(picture, 'x')"),
        ("methodcaller('get', 'frame')({'frame': p})", "picture"),
        ("methodcaller('get', 'frame', None)({'frame': p})", "picture"),
        ("methodcaller('copy')(p)", "?"),
        ("methodcaller()(p)", "?"),
        ("operator.add(p, p)", "?"),
    ],
)
def test_a_getter_gives_what_it_does_in_python(expression, value):
    flow = interpreted(PROGRAM + f"x = {expression}\n", (PAINTER, STDLIB, GETTERS))

    assert told(flow.top.cells["x"]) == value
