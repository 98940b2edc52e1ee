"""What annotations say that values are."""

import pytest

from painter import result

PLAIN = [
    ("Picture", "picture"),
    ("painter.Picture", "picture"),
    ('"Picture"', "picture"),
    ('"list[Picture]"', "[picture]"),
    ("Picture | None", "picture"),
    ("None | Layer | Picture", "layer | picture"),
    ("Picture | int", "picture | ?"),
    ("Optional[Picture]", "picture"),
    ("typing.Annotated[Picture, 1]", "picture"),
    ("Union[Picture, Layer]", "layer | picture"),
    ("list[Picture]", "[picture]"),
    ("Sequence[Picture]", "[picture]"),
    ("set[Picture]", "[picture]"),
    ("tuple[Picture, ...]", "[picture]"),
    ("tuple[Picture, int]", "(picture, ?)"),
    ("Iterator[Picture]", "iter picture"),
    ("AsyncIterator[Picture]", "iter picture"),
    ("AsyncGenerator[Picture, None]", "iter picture"),
    ("Awaitable[Picture]", "await picture"),
    ("Coroutine[Any, Any, Picture]", "await picture"),
]
NOTHING = ["int", "Any", "list[int]", "tuple[int, str]", "Awaitable[int]", "dict[str, Picture]",
           '"int"', '"Picture["', "1", "Other", "f()", "painter.Other"]  # fmt: skip


@pytest.mark.parametrize(("stated", "meaning"), PLAIN)
def test_a_parameter_is_what_its_annotation_says(stated, meaning):
    assert result(f"def f(a: {stated}):\n    global x\n    x = a\n") == meaning


@pytest.mark.parametrize("stated", NOTHING)
def test_an_annotation_that_says_nothing_leaves_a_parameter_unknown(stated):
    assert result(f"def f(a: {stated}):\n    global x\n    x = a\npaint()\n") == "?"


def test_a_class_of_the_file_is_an_instance_of_it():
    program = """
    class Box:
        def __init__(self):
            self.held = paint()

    def f(box: Box):
        global x
        x = box.held
    """

    assert result(program) == "picture"


def test_several_types_of_an_isinstance_are_one_of_them():
    program = """
    def f(a):
        global x
        if isinstance(a, Picture):
            x = a.layers
    """

    assert result(program) == "layers"
