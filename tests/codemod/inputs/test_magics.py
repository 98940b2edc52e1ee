"""IPython's syntax in cells."""

import ast

import pytest

from imageshim.codemod.inputs.magics import without_magics


def python(cell):
    lines = without_magics(cell.splitlines(keepends=True))
    return None if lines is None else "".join(line.text for line in lines)


@pytest.mark.parametrize(
    ("cell", "seen"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("!pip install litellm\n", "pass\n"),
        ("files = !ls\n", "files = None\n"),
        ("a, b = %sx ls\n", "a, b = None\n"),
        ("if x:\n    !ls\n    y()\n", "if x:\n    pass\n    y()\n"),
        ("for f in files:\n    %run $f\n", "for f in files:\n    pass\n"),
        ("response?\n", "pass\n"),
        ("?response\n", "pass\n"),
        ("!echo 'it \nx = 1\n", "pass\nx = 1\n"),
        ("!curl a \\\n  -d b\nx = 1\n", "pass\n\nx = 1\n"),
        ("%time r = f(1)\n", "r = f(1)\n"),
        ("%timeit -n 3 f(1)\n", "pass\n"),
        ("%%time\nr = f()\n", "\nr = f()\n"),
        ("\n%%capture out\nr = f()\n%pip install x\n", "\n\nr = f()\npass\n"),
        ("x = 1\n", "x = 1\n"),
        ("", ""),
    ],
)
def test_a_magic_becomes_python_on_the_same_line(cell, seen):
    assert python(cell) == seen
    ast.parse(seen)


@pytest.mark.parametrize(
    "cell",
    ["x = (7\n% 3)\n", 'text = """\n%matplotlib inline\n!ls\n"""\n', "x = a\\\n% b\n"],
)
def test_what_only_looks_like_a_magic_stays(cell):
    assert python(cell) == cell


@pytest.mark.parametrize("cell", ["%%bash\nls\n", "%%html\n<b>", "%%writefile a.py\nx = 1\n"])
def test_a_cell_of_another_language_is_left_out(cell):
    assert python(cell) is None


@pytest.mark.parametrize("cell", ["x = (\n", "%matplotlib inline\nprint 1\n", "x = \0\n"])
def test_a_cell_that_is_no_python_even_so_is_an_error(cell):
    with pytest.raises(SyntaxError):
        python(cell)


def test_the_place_of_a_statement_behind_a_magic_is_known():
    (line,) = without_magics(["%time r = f(1)\n"])

    assert (line.text, line.kept) == ("r = f(1)\n", 6)
