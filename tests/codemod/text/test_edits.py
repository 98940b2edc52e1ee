"""Edits are made byte for byte, and proven before anything is handed out."""

from __future__ import annotations

import pytest

from imageshim.codemod.findings import Edit
from imageshim.codemod.text.edits import EditError, apply, verify, verify_comments
from imageshim.codemod.text.source import Source

CODE = b"import a\nx = m.image['url']\nprint(x)\n"


def made(*edits: Edit, data: bytes = CODE) -> bytes:
    source = Source("a.py", data)
    new = apply(source, edits)
    verify(source, edits, new)
    return new


def test_only_the_range_changes():
    assert made(Edit(15, 20, "photo")) == CODE.replace(b"image", b"photo")


def test_statements_are_inserted_between_lines():
    assert made(Edit(9, 9, "from b import c\n")) == CODE.replace(b"x =", b"from b import c\nx =", 1)


def test_several_edits_at_once():
    new = made(Edit(9, 9, "from b import c\n"), Edit(13, 13, "f("), Edit(14, 20, ")"))
    assert new == b"import a\nfrom b import c\nx = f(m)['url']\nprint(x)\n"


def test_an_edit_takes_the_line_ends_and_the_encoding_of_the_file():
    data = "# coding: latin-1\r\nx = 'ä'\r\n".encode("latin-1")
    assert made(
        Edit(19, 19, "y = 'ö'\n"), data=data
    ) == "# coding: latin-1\r\ny = 'ö'\r\nx = 'ä'\r\n".encode("latin-1")


def test_a_text_that_the_encoding_lacks_is_refused():
    with pytest.raises(EditError, match="iso8859-1"):
        made(Edit(18, 18, "y = '日'\n"), data=b"# coding: latin-1\nx = 1\n")


@pytest.mark.parametrize(
    "edits",
    [
        (Edit(13, 20, "f(m) or 1"),),  # ['url'] would belong to the 1
        (Edit(9, 9, "f("), Edit(14, 20, ")")),  # f(x = m): an argument, no assignment
        (Edit(15, 20, "image]"),),  # no Python
        (Edit(9, 10, "y, x"), Edit(13, 14, "m, n")),  # one assignment becomes another
        (Edit(28, 37, "print(x); print(x)"),),
        (Edit(15, 20, "image #"),),
    ],
)
def test_an_edit_that_would_change_more_than_its_node_is_refused(edits):
    with pytest.raises(EditError, match=r"a\.py"):
        made(*edits)


def test_parentheses_belong_to_what_they_hold():
    assert made(Edit(13, 20, "(f(m) or 1)")) == CODE.replace(b"m.image", b"(f(m) or 1)")


@pytest.mark.parametrize(
    "edits", [(Edit(3, 2, ""),), (Edit(0, 99, ""),), (Edit(0, 3, "a"), Edit(2, 4, "b"))]
)
def test_edits_that_do_not_fit_are_refused(edits):
    with pytest.raises(EditError, match="does not fit"):
        apply(Source("a.py", CODE), edits)


@pytest.mark.parametrize("changed", [CODE + b"#", b"#" + CODE, CODE.replace(b"print", b"prins")])
def test_bytes_outside_of_the_edits_must_be_the_old_ones(changed):
    source = Source("a.py", CODE)
    with pytest.raises(EditError):
        verify(source, [], changed)


def test_an_argument_between_others():
    data = b"f(a, 'b')\n"
    assert made(Edit(7, 7, "s"), Edit(8, 8, ", None"), data=data) == b"f(a, 'bs', None)\n"


def test_a_deep_expression():
    data = b"x = " + b" + ".join([b"a"] * 900) + b"\ny = m.image\n"
    start = data.index(b"image")
    assert made(Edit(start, start + 5, "photo"), data=data) == data.replace(b"image", b"photo")


def test_not_a_number_equals_itself():
    data = b"x = 1e999 - 1e999\ny = m.image\n"
    start = data.index(b"image")
    assert made(Edit(start, start + 5, "photo"), data=data).endswith(b"m.photo\n")


def test_a_chain_of_branches_longer_than_the_stack_is_proven_with_an_edit_at_its_end():
    arms = "".join(f"elif a == {n}:\n    b = c\n" for n in range(1_500))
    source = Source("a.py", f"if a:\n    b = c\n{arms}".encode())
    end = len(source.data) - 1
    planned = [Edit(place, place, ".d") for place in (len("if a:\n    b = c"), end)]

    changed = verify(source, planned, apply(source, planned))
    assert changed.data.endswith(b"b = c.d\n")
    with pytest.raises(EditError, match="more than"):
        verify_comments(source, source.data.replace(b"a == 1499", b"a != 1499"))


def test_comments_are_proven_to_change_nothing():
    source = Source("a.py", b"if a:\n    b = c\n")

    verify_comments(source, b"# why\nif a:\n    # how\n    b = c\n")
    with pytest.raises(EditError, match="more than"):
        verify_comments(source, b"if a:\n    pass  # b = c\n")
    with pytest.raises(EditError, match="not be Python"):
        verify_comments(source, b"if a:\n    # b = c\n")
