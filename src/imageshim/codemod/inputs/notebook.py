"""Jupyter notebooks: the code cells as one module, and edits inside of the JSON's strings.

A notebook is one namespace: what one cell calls, another reads. So the cells are one piece, in
their order; a cell that is no Python is left out. Edits change the strings that they lie in and
nothing else: outputs, metadata, ids, indentation and the order of keys stay byte for byte, which
no writer of the whole notebook does. The format: https://nbformat.readthedocs.io
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from imageshim.codemod.findings import Edit
from imageshim.codemod.text.edits import EditError, apply

from .embedded import Located, Piece, Segment
from .magics import without_magics
from .problems import Problem

__all__ = ["NotebookPiece", "cells"]

_BOM = "\ufeff"
_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()
# One character of a JSON string, whose escapes of two surrogates are one.
_CHARACTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL
)


class _String(NamedTuple):
    """A string of the JSON that is a line (or all) of a cell's source."""

    start: int
    """In characters of the file: after the opening quote."""
    end: int
    """Before the closing quote."""
    value: str
    cell: int
    """The number of the cell, from 1, of all kinds of cells."""
    line: int
    """The number of its first line in the cell, from 1."""
    separator: str | None
    """What stands between two strings of the list; None where the source is one string."""


def cells(path: str, data: bytes) -> tuple[list[Piece], list[Problem]]:
    """Return the Python of a notebook: one piece or none, and the cells that could not be read."""
    builder = _Builder()
    try:
        text = data.decode()
        notebook = json.loads(text.removeprefix(_BOM))
        if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
            return [], [Problem(1, "", "not a notebook of format 4: it has no list of cells")]
        if not _is_python(notebook):
            return [], []
        for strings in _sources(text):
            builder.add(strings)
    except (ValueError, RecursionError) as error:
        return [], [Problem(1, "", f"not a notebook: {error}")]
    piece = NotebookPiece(path, text, builder)
    problems = [
        Problem(text.count("\n", 0, strings[0].start) + 1, f"cell {strings[0].cell}", what)
        for strings, what in builder.problems
    ]
    return ([piece] if builder.strings else []), problems


def _is_python(notebook: dict[str, Any]) -> bool:
    metadata = notebook.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    for table, key in (("language_info", "name"), ("kernelspec", "language")):
        found = metadata.get(table)
        name = found.get(key) if isinstance(found, dict) else None
        if isinstance(name, str):
            return name.lower() in {"python", "ipython"}
    return True


class _Builder:
    """Puts the cells together."""

    def __init__(self) -> None:
        self.strings: list[_String] = []
        self.segments: list[Segment] = []
        self.lines: list[tuple[int, int, int]] = []
        """Of each line where it starts, its string and where it begins in that."""
        self.code: list[bytes] = []
        self.size = 0
        self.problems: list[tuple[list[_String], str]] = []

    def add(self, strings: list[_String]) -> None:
        lines = [
            (len(self.strings) + number, offset, line)
            for number, string in enumerate(strings)
            for offset, line in _lines(string.value)
        ]
        try:
            kept = without_magics([line for *_, line in lines])
        except SyntaxError as error:
            self.problems.append((strings, f"line {error.lineno or 1}: {error.msg}"))
            return
        if kept is None:
            return
        self.strings += strings
        for (number, offset, line), (text, start) in zip(lines, kept, strict=True):
            data = text.encode("utf-8", "surrogatepass")
            self.lines.append((self.size, number, offset))
            if start is not None and data:
                before = len((line[:start]).encode("utf-8", "surrogatepass")) + offset
                self.segments.append(Segment(self.size, self.size + len(data), number, 0, before))
            self._put(data)
        if self.code and not self.code[-1].endswith(b"\n"):
            self._put(b"\n")

    def _put(self, data: bytes) -> None:
        self.code.append(data)
        self.size += len(data)


def _lines(value: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of a string, each with its offset in bytes of UTF-8."""
    offset = 0
    for line in re.findall(r"[^\n]*\n|[^\n]+", value):
        yield offset, line
        offset += len(line.encode("utf-8", "surrogatepass"))


class NotebookPiece(Piece):
    """The Python cells of a notebook."""

    def __init__(self, path: str, text: str, built: _Builder) -> None:
        super().__init__(path, b"".join(built.code), built.segments)
        self.text = text
        self.strings = built.strings
        self.lines = built.lines

    def locate(self, line: int, column: int) -> Located:
        """Return the file's line, and the cell with the line in it."""
        start = self.source.place(line, 0)
        found = [one for one in self.lines if one[0] <= start] or self.lines[:1]
        _, number, offset = found[-1]
        string = self.strings[number]
        above = string.value.encode("utf-8", "surrogatepass")[:offset].count(b"\n")
        where = f"cell {string.cell}, line {string.line + above}"
        return Located(self.text.count("\n", 0, string.start) + 1, column, where)

    def write(self, data: bytes, planned: Iterable[Edit]) -> bytes:
        """Return the notebook with the edits in its strings, proven to be otherwise the same."""
        planned = sorted(planned)
        ascii_only = self.text.isascii()
        out: list[str] = []
        done = 0
        for edit in planned:
            start, end, text = self._in_json(edit, ascii_only=ascii_only)
            out += (self.text[done:start], text)
            done = end
        new = "".join((*out, self.text[done:])).encode()
        self._prove(data, planned, new)
        return new

    def _in_json(self, edit: Edit, *, ascii_only: bool) -> tuple[int, int, str]:
        newline = self.source.newline
        text = edit.text.replace("\n", newline)
        start = self._end_of_cell(edit.start) if edit.text.endswith("\n") else None
        if edit.start == edit.end and start is not None:
            # Lines after a cell's last line, which has no line end of its own.
            text = newline + text.removesuffix(newline)
        else:
            start = self._string_at(edit.start)
        end = start if edit.start == edit.end else self._string_before(edit.end)
        first, last = self.strings[start[0]], self.strings[end[0]]
        if first.cell != last.cell:
            raise EditError(f"{self.source.path}: an edit reaches over the end of a cell")
        lines = [text] if first.separator is None else re.findall(r"[^\n]*\n|[^\n]+", text) or [""]
        if first.separator is not None and text.endswith("\n") and self._goes_on(end):
            lines.append("")
        pieces = [json.dumps(line, ensure_ascii=ascii_only)[1:-1] for line in lines]
        joined = f'"{first.separator}"'.join(pieces)
        return self._character(*start), self._character(*end), joined

    def _goes_on(self, end: tuple[int, int]) -> bool:
        """Whether something of the string follows."""
        value = self.strings[end[0]].value.encode("utf-8", "surrogatepass")
        return end[1] < len(value)

    def _end_of_cell(self, place: int) -> tuple[int, int] | None:
        """Return the end of the cell that a place is just after; None elsewhere."""
        if self.source.data[place - 1 : place] != b"\n":
            return None
        segment = next((one for one in self.segments if one.end == place - 1), None)
        return segment and (segment.origin, segment.column + segment.end - segment.start)

    def _string_at(self, place: int) -> tuple[int, int]:
        """Return the number of a string, and the offset in it, of where an edit starts."""
        segment = self.at(place)
        if segment is None:
            raise self._not_there(place)
        return segment.origin, segment.column + place - segment.start

    def _string_before(self, place: int) -> tuple[int, int]:
        segment = self.at(place - 1)
        if segment is None:
            raise self._not_there(place)
        return segment.origin, segment.column + place - segment.start

    def _not_there(self, place: int) -> EditError:
        line = self.source.data.count(b"\n", 0, place) + 1
        return EditError(
            f"{self.source.path}: {self.locate(line, 0).where} is not Python that can be edited"
        )

    def _character(self, number: int, offset: int) -> int:
        """Return the file's character at an offset, in bytes, of a string's value."""
        string = self.strings[number]
        value = string.value.encode("utf-8", "surrogatepass")
        left = len(value[:offset].decode("utf-8", "surrogatepass"))
        characters = _CHARACTER.finditer(self.text, string.start)
        return next(islice(characters, left, None)).start()

    def _prove(self, data: bytes, planned: Sequence[Edit], new: bytes) -> None:
        (piece,), _ = cells(self.source.path, new)
        if piece.source.data != apply(self.source, planned):
            raise EditError(f"{self.source.path}: the edited cells are not what was planned")
        if _without_sources(data) != _without_sources(new):
            raise EditError(f"{self.source.path}: more than the source of cells changed")


def _without_sources(data: bytes) -> Any:
    notebook = json.loads(data.decode().removeprefix(_BOM))
    for cell in notebook["cells"]:
        if cell.get("cell_type") == "code":
            cell.pop("source", None)
    return notebook


def _sources(text: str) -> Iterator[list[_String]]:
    """Yield the strings of each code cell, with their places in the file."""
    for key, start, _ in _members(text, _skip(text, text.startswith(_BOM))):
        if key != "cells":
            continue
        for number, at in enumerate(_elements(text, start), 1):
            places = {name: place for name, place, _ in _members(text, at)}
            kind = _DECODER.raw_decode(text, places["cell_type"])[0] if "cell_type" in places else 0
            if kind == "code" and "source" in places:
                strings = list(_strings(text, places["source"], number))
                if strings:
                    yield strings


def _strings(text: str, at: int, cell: int) -> Iterator[_String]:
    if text[at] == '"':
        value, end = _DECODER.raw_decode(text, at)
        yield _String(at + 1, end - 1, value, cell, 1, None)
        return
    starts = list(_elements(text, at)) if text[at] == "[" else [at]
    if any(text[start] != '"' for start in starts):
        raise ValueError(f"the source of cell {cell} is not text")
    places = [(start, *_DECODER.raw_decode(text, start)) for start in starts]
    if not places:
        return
    separator = text[places[0][2] : places[1][0]] if len(places) > 1 else ", "
    if len(places) == 1:
        separator = "," + text[at + 1 : places[0][0]]
    line = 1
    for place, value, end in places:
        yield _String(place + 1, end - 1, value, cell, line, separator)
        line += value.count("\n")


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _members(text: str, at: int) -> Iterator[tuple[str, int, int]]:
    """Yield the keys of the object at ``at``, with where each value starts and ends."""
    at = _skip(text, at + 1)
    while text[at] == '"':
        key, at = _DECODER.raw_decode(text, at)
        start = _skip(text, _skip(text, at) + 1)
        end = _DECODER.raw_decode(text, start)[1]
        yield key, start, end
        at = _skip(text, end)
        at = _skip(text, at + 1) if text[at] == "," else at


def _elements(text: str, at: int) -> Iterator[int]:
    """Yield where each element of the array at ``at`` starts."""
    at = _skip(text, at + 1)
    while text[at] != "]":
        yield at
        at = _skip(text, _DECODER.raw_decode(text, at)[1])
        at = _skip(text, at + 1) if text[at] == "," else at
