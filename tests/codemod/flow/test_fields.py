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
