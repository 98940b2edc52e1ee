"""What attributes and items of values are."""

import pytest

from painter import result

CLASSES = """
class Base:
    shared = paint()

    def __init__(self):
        self.held = paint().frame

    @property
    def shown(self):
        return self.shared

    @staticmethod
    def made(a):
        return a

    @classmethod
    def build(cls):
        return cls.shared

    def given(self, a):
        return a

class Box(Base):
    def more(self):
        return super().given(self.held)

class Row(TypedDict):
    picture: Picture

"""


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("Box().shared", "picture"),
        ("Box.shared", "picture"),
        ("Box().held", "frame"),
        ("Box().shown", "picture"),
        ("Box().made(paint())", "picture"),
        ("Box.made(paint())", "picture"),
        ("Box().build()", "picture"),
        ("Box.build()", "picture"),
        ("Box().given(paint().frame)", "frame"),
        ("Base.given(Box(), paint().frame)", "frame"),
        ("Box().more()", "frame"),
        ("Box().absent", "?"),
        ("Row(picture=paint())['picture']", "picture"),
        ("Row(picture=paint())['absent']", "?"),
        ("None.anything", "nothing"),
        ("'a'.anything", "method 'a'"),
    ],
)
def test_a_field_is_found_as_python_finds_it(expression, value):
    assert result(f"{CLASSES}x = {expression}\n") == value


def test_an_attribute_that_anybody_may_set_may_be_anything():
    assert result(f"{CLASSES}anything().held = 1\nx = Box().held\n") == "frame | ?"


def test_attributes_that_are_set_by_names_not_seen_may_be_anything():
    assert result(f"{CLASSES}b = Box()\nsetattr(b, name, 1)\nx = b.held\n") == "frame | ?"


TEMPLATE = """
class Base:
    def run(self): return self.extract(paint())
    def extract(self, p): raise NotImplementedError
{classes}
x = {made}.run()
"""


@pytest.mark.parametrize(
    ("classes", "made", "value"),
    [
        (["def extract(self, p): return p.frame"], "C0()", "frame"),
        (["def extract(self, p): return p.frame"], "Base()", "frame"),
        (["def extract(self, p): return p", "def extract(self, p): return p.frame"], "C1()",
         "frame | picture"),
        (["def extract(self, p): return p.frame"] * 9, "C8()", "frame"),
        (["def other(self): pass"], "C0()", "nothing"),
    ],
)  # fmt: skip
def test_what_a_template_method_calls_on_self_may_be_a_class_belows(classes, made, value):
    below = "".join(f"class C{n}(Base):\n    {one}\n" for n, one in enumerate(classes))

    assert result(TEMPLATE.format(classes=below, made=made)) == value


def test_a_class_below_is_known_by_the_annotation_of_its_base():
    program = """
    class Base:
        def extract(self, p): raise NotImplementedError
    class Below(Base):
        def extract(self, p): return p.frame
    def run(backend: Base):
        global x
        x = backend.extract(paint())
    """

    assert result(program) == "frame"


def test_an_instance_that_is_made_is_of_its_own_class():
    program = """
    class Base:
        def extract(self, p): return p
    class Below(Base):
        def extract(self, p): return p.frame
    x = Base().extract(paint())
    """

    assert result(program) == "picture"
