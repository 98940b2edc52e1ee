"""Python in Markdown and reStructuredText."""

import pytest

from imageshim.codemod.findings import Edit
from imageshim.codemod.inputs.fenced_code import blocks

MARKDOWN = """# Title

```python
a = m.image
```

- a list

  ```py title="x"
  if b:
      m.image

  c
  ```

> ~~~python3
> d = 1
> ~~~

```
m.image
```

```json
{"a": 1}
```
"""

REST = """Title
=====

.. code-block:: python
   :linenos:

   a = m.image

   if b:
       c

Text::

    m.image

.. code:: json

   {}

* list

  .. code::  python

     d

.. sourcecode:: py
"""


def codes(path, text):
    pieces, problems = blocks(path, text.encode())
    assert problems == []
    return [piece.source.data.decode() for piece in pieces]


def test_the_fences_of_python_are_found_without_their_indentation():
    assert codes("a.md", MARKDOWN) == ["a = m.image\n", "if b:\n    m.image\n\nc\n", "d = 1\n"]


def test_the_code_blocks_of_restructuredtext_are_found_without_their_indentation():
    assert codes("a.rst", REST) == ["a = m.image\n\nif b:\n    c\n", "d\n"]


@pytest.mark.parametrize(("path", "text"), [("a.md", MARKDOWN), ("a.rst", REST)])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_an_edit_goes_back_to_its_place(path, text, newline):
    data = text.replace("\n", newline).encode()
    expected = data
    for piece in reversed(blocks(path, data)[0]):
        start = piece.source.data.find(b"m.image")
        if start >= 0:
            expected = piece.write(expected, [Edit(start, start + 7, "m.images[0]")])

    count = {"a.md": 2, "a.rst": 1}[path]
    lines = expected.decode().split(newline)
    assert sum("m.images[0]" in line for line in lines) == count
    assert expected.replace(b"m.images[0]", b"m.image") == data


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (
            "- x\n\n  ```python\n  a\n  b\n  ```\n",
            "- x\n\n  ```python\n  a\n  import x\n  b\n  ```\n",
        ),
        ("> ```python\n> a\n> b\n> ```\n", "> ```python\n> a\n> import x\n> b\n> ```\n"),
        ("```python\r\na\r\nb\r\n```\r\n", "```python\r\na\r\nimport x\r\nb\r\n```\r\n"),
    ],
)
def test_new_lines_are_indented_as_their_block_is(text, written):
    data = text.encode()
    (piece,), _ = blocks("a.md", data)
    start = piece.source.data.index(b"b")

    assert piece.write(data, [Edit(start, start, "import x\n")]) == written.encode()


def test_lines_after_the_last_are_indented_as_well():
    data = b"- x\n\n  ```python\n  a\n  ```\n"
    (piece,), _ = blocks("a.md", data)

    assert piece.write(data, [Edit(2, 2, "b\n")]) == b"- x\n\n  ```python\n  a\n  b\n  ```\n"


def test_places_are_those_of_the_document():
    pieces, _ = blocks("a.md", MARKDOWN.encode())

    assert pieces[0].locate(1, 4)[:2] == (4, 4)
    assert pieces[1].locate(2, 4)[:2] == (11, 6)


BROKEN = b"x\n\n```python\nlitellm\nprint 1\n```\n\n```python\nb\n```\n\n```py\nprint 1\n```\n"


def test_a_block_that_is_no_python_and_names_litellm_is_told_with_its_line():
    pieces, (problem,) = blocks("a.md", BROKEN)

    assert [piece.source.data for piece in pieces] == [b"b\n"]
    assert problem.line == 5
    assert problem.what.startswith("code block: ")


def test_a_block_whose_indentation_was_taken_apart_is_left_alone():
    assert codes("a.md", "1. x\n\n   ```python\n\ta\n   ```\n") == []
