"""How a read that a trace saw is spelled."""

import ast

import pytest

from imageshim.codemod.checking.file import taken_apart


@pytest.mark.parametrize(
    ("read", "base", "how", "default"),
    [
        ("m.image", "m", "attribute", None),
        ("m['image']", "m", "item", None),
        ("m.get('image')", "m", "get", None),
        ("m.get('image', {})", "m", "get", "{}"),
        ("getattr(m, 'image')", "m", "getattr", None),
        ("getattr(m, 'image', a)", "m", "getattr", "a"),
    ],
)
def test_a_read_is_taken_apart(read, base, how, default):
    found = taken_apart(ast.parse(read, mode="eval").body, "image")

    assert found is not None
    assert (ast.unparse(found[0]), found[1]) == (base, how)
    assert (found[2] and ast.unparse(found[2])) == default


@pytest.mark.parametrize("other", ["m.text", "f(m)", "getattr(m)", "getattr()", "m"])
def test_what_is_no_read_of_the_field_is_none(other):
    assert taken_apart(ast.parse(other, mode="eval").body, "image") is None
