"""What a module hands out, by the dotted names that others know it by."""

from imageshim.codemod.flow.exports import aliases, exported
from painter import interpreted, told

PROGRAM = """
import other
from elsewhere import brush
def draw(): return paint()
def size(): return 3
class Studio:
    def __init__(self): self.last, self.size = paint(), 3
    def show(self): return self.last.frame
    class Inner:
        def draw(self): return paint()
last = paint()
studio = Studio()
"""


def test_functions_methods_fields_and_names_that_hold_pieces():
    found = {name: told(value) for name, value in exported(interpreted(PROGRAM), "app")}

    assert found == {
        "app.draw()": "picture",
        "app.Studio().show()": "frame",
        "app.Studio().last": "picture",
        "app.last": "picture",
    }


def test_names_for_something_else_are_told_where_it_matters():
    found = {
        name: ref.name for name, ref in aliases(interpreted(PROGRAM), "app", {"other"}.__contains__)
    }

    assert found == {"app.other": "other", "app.studio": "app.Studio()"}
