"""Notebooks: one namespace, and not a byte changed but in the strings that are edited."""

import json

import pytest

from imageshim.codemod.findings import Edit
from imageshim.codemod.inputs.notebook import NotebookPiece, cells
from imageshim.codemod.text.edits import EditError

OUTPUT = {"output_type": "display_data", "data": {"image/png": "iVBORw0K"}, "metadata": {}}


def notebook(*sources, indent=1, ascii_only=False, **metadata):
    code = [
        {"cell_type": "code", "execution_count": 1, "id": f"c{number}", "metadata": {},
         "outputs": [OUTPUT], "source": source}
        for number, source in enumerate(sources)
    ]  # fmt: skip
    text = {"cell_type": "markdown", "metadata": {}, "source": ["# é litellm\n"]}
    whole = {"cells": [text, *code], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return (json.dumps(whole, indent=indent, ensure_ascii=ascii_only) + "\n").encode()


def only(data):
    pieces, problems = cells("n.ipynb", data)
    assert problems == []
    (piece,) = pieces
    return piece


def replace(data, *pairs):
    """Write each pair's second in place of its first, as an edit of the piece."""
    piece = only(data)
    planned = []
    for old, new in pairs:
        start = piece.source.data.index(old.encode())
        planned.append(Edit(start, start + len(old.encode()), new))
    return piece.write(data, planned)


def insert(data, before, text):
    piece = only(data)
    start = piece.source.data.index(before.encode())
    return piece.write(data, [Edit(start, start, text)])


def sources(data):
    return [cell["source"] for cell in json.loads(data)["cells"] if cell["cell_type"] == "code"]


def test_the_cells_are_one_module():
    data = notebook(["import litellm\n", "r = f()"], "%time x = r\n!ls", ["%%bash\n", "ls"], ["y"])

    assert only(data).source.data == b"import litellm\nr = f()\nx = r\npass\ny\n"


@pytest.mark.parametrize("indent", [None, 1, 4, "\t"])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_an_edit_changes_its_string_and_nothing_else(indent, ascii_only):
    data = notebook(
        ["a = 'é😀\"'; m.image\n", "b"], ["m.image['url']"], indent=indent, ascii_only=ascii_only
    )

    new = replace(data, ("m.image\n", 'm.images[0]["é"]\n'), ("m.image['url']", "z"))

    assert sources(new) == [['a = \'é😀"\'; m.images[0]["é"]\n', "b"], ["z"]]
    written = 'm.images[0][\\"\\u00e9\\"]' if ascii_only else 'm.images[0][\\"é\\"]'
    assert new == data.replace(b"m.image\\n", written.encode() + b"\\n").replace(
        b"m.image['url']", b"z"
    )


def test_an_edit_over_several_lines_leaves_the_list_of_lines():
    data = notebook(["x = f(\n", "  1,\n", ")\n", "y"])

    assert sources(replace(data, ("f(\n  1,\n)", "g()"))) == [["x = g()\n", "y"]]


def test_a_new_line_becomes_a_string_of_the_list():
    data = notebook(["x\n", "y"])

    new = insert(data, "y", "import a\nimport b\n")

    assert sources(new) == [["x\n", "import a\n", "import b\n", "y"]]
    assert json.dumps(json.loads(new), indent=1, ensure_ascii=False).encode() + b"\n" == new


def test_a_new_line_stays_in_a_source_that_is_one_string():
    assert sources(insert(notebook("x\ny"), "y", "import a\n")) == ["x\nimport a\ny"]


def test_lines_after_a_cell_go_to_its_end_and_not_to_the_next_cell():
    data = notebook(["import litellm"], ["x"], ["y\n"])

    assert sources(insert(data, "x\n", "import a\n")) == [
        ["import litellm\n", "import a"],
        ["x"],
        ["y\n"],
    ]
    assert sources(insert(data, "x\n", "f")) == [["import litellm"], ["fx"], ["y\n"]]
    assert sources(insert(data, "import", "import a\n")) == [
        ["import a\n", "import litellm"],
        ["x"],
        ["y\n"],
    ]


def test_a_notebook_with_windows_line_ends_keeps_them():
    data = notebook(["x\r\n", "y\r\n"]).replace(b"\n", b"\r\n")

    new = insert(data, "y", "import a\n")

    assert sources(new) == [["x\r\n", "import a\r\n", "y\r\n"]]
    assert b"\r\n" in new
    assert new.count(b"\n") == new.count(b"\r\n")


def test_a_cell_that_ends_its_last_line_is_followed_by_the_next():
    assert only(notebook(["x\n"], ["y"])).source.data == b"x\ny\n"


def test_a_byte_order_mark_stays():
    data = b"\xef\xbb\xbf" + notebook(["x"])

    assert replace(data, ("x", "y")) == data.replace(b'"x"', b'"y"')


def test_places_are_told_by_cell_and_line():
    data = notebook(["a\n", "%magic\n", "b"], "c\nd")
    piece = only(data)

    places = [piece.locate(line, 0) for line in (1, 2, 3, 4, 5)]

    assert [place.where for place in places] == [
        "cell 2, line 1", "cell 2, line 2", "cell 2, line 3", "cell 3, line 1", "cell 3, line 2",
    ]  # fmt: skip
    lines = data.decode().splitlines()
    assert '"a' in lines[places[0].line - 1]
    assert '"c' in lines[places[4].line - 1]


def test_a_magic_cannot_be_edited():
    data = notebook(["!ls\n", "x"])
    piece = only(data)

    with pytest.raises(EditError, match="cell 2, line 1"):
        piece.write(data, [Edit(0, 4, "y")])


def test_an_edit_over_two_cells_is_refused():
    data = notebook(["x"], ["y"])

    with pytest.raises(EditError, match="over the end of a cell"):
        only(data).write(data, [Edit(0, 3, "z")])


def test_a_cell_that_is_no_python_is_told_and_the_others_are_read():
    pieces, problems = cells("n.ipynb", notebook(["x"], ["a\n", "print 1"], ["y"]))

    assert pieces[0].source.data == b"x\ny\n"
    assert [(problem.where, problem.what[:8]) for problem in problems] == [("cell 3", "line 2: ")]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "not a notebook: "),
        (b"\xff", "not a notebook: "),
        (b"[]", "not a notebook of format 4"),
        (b'{"worksheets": []}', "not a notebook of format 4"),
        (b'{"cells": [{"cell_type": "code", "source": 3}]}', "the source of cell 1 is not text"),
        (b'{"cells": [{"cell_type": "code", "source": [3]}]}', "the source of cell 1 is not text"),
    ],
)
def test_what_is_no_notebook_is_told(data, said):
    pieces, (problem,) = cells("n.ipynb", data)

    assert pieces == []
    assert said in problem.what


@pytest.mark.parametrize(
    "data",
    [
        notebook(["x"], kernelspec={"language": "R"}),
        notebook(["x"], language_info={"name": "julia"}),
        notebook(),
        notebook([]),
        notebook(["%%bash\n", "ls"]),
        b'{"cells": [{"cell_type": "code"}, {"source": "x"}]}',
        b'{"cells": [] }',
    ],
)
def test_a_notebook_without_python_has_nothing(data):
    assert cells("n.ipynb", data) == ([], [])


def test_what_would_be_written_in_the_wrong_place_is_not_written(monkeypatch):
    data = notebook(["abc\n"])
    right = NotebookPiece._character
    monkeypatch.setattr(NotebookPiece, "_character", lambda self, *at: right(self, *at) + 1)

    with pytest.raises(EditError, match="not what was planned"):
        replace(data, ("a", "x"))
