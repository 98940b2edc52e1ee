"""IPython's own syntax in the cells of a notebook, replaced by Python that does nothing.

``%matplotlib inline``, ``!pip install …``, ``files = !ls``, ``name?``: as lines of Python they are
syntax errors, and that is how they are told from a ``%`` that continues an expression. The lines
keep their number. See https://ipython.readthedocs.io/en/stable/interactive/reference.html
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Line", "without_magics"]

_ASSIGNED = re.compile(r"(\s*[\w.,\s\[\]]+?)\s*=\s*(?:!|%[A-Za-z_])")
_MAGIC = re.compile(r"\s*(?:%[A-Za-z_]|!|\?{1,2}\w|[,;/]\w)|.*\w\?{1,2}\s*$")
# Line magics whose argument is a statement that runs in the notebook's own namespace.
_STATEMENT = re.compile(r"\s*%(?:time|timeit|prun|memit|mprun|lprun)\s+(?=[^-\s])")
_CELL_MAGIC = re.compile(r"\s*%%\s*([\w.]+)")
# Cell magics whose body is Python of the notebook.
_PYTHON_BODY = frozenset({"time", "timeit", "capture", "prun", "memit", "snakeviz", "scalene"})


class Line(NamedTuple):
    """A line of a cell as Python sees it."""

    text: str
    kept: int | None
    """Where the text begins in the notebook's line; None where it stands for something else."""


def without_magics(lines: Sequence[str]) -> list[Line] | None:
    """Replace the magics of a cell.

    Args:
        lines: the cell's lines, each with its line end.

    Returns:
        As many lines; None where the cell is not Python (``%%bash``).

    Raises:
        SyntaxError: the cell is no Python even without its magics.

    """
    out = [Line(line, 0) for line in lines]
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is None:
        return out
    magic = _CELL_MAGIC.match(lines[first])
    if magic is not None:
        if magic[1] not in _PYTHON_BODY:
            return None
        out[first] = _blank(lines[first])
    candidates = [
        number for number, line in enumerate(lines) if number != first and _may_be_magic(line)
    ]
    if magic is None and _may_be_magic(lines[first]):
        candidates.insert(0, first)
    while True:
        error = _error(out)
        if error is None:
            return out
        number = _culprit(candidates, (error.lineno or 1) - 1)
        if number is None:
            raise error
        candidates.remove(number)
        _replace(out, lines, number)


def _may_be_magic(line: str) -> bool:
    return _MAGIC.match(line) is not None or _ASSIGNED.match(line) is not None


def _blank(line: str) -> Line:
    return Line(line[len(line.rstrip("\r\n")) :], None)


def _error(lines: Sequence[Line]) -> SyntaxError | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse("".join(line.text for line in lines))
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError) as error:
        return SyntaxError(str(error))
    return None


def _culprit(candidates: Sequence[int], at: int) -> int | None:
    """Return the candidate that most likely caused an error at a line."""
    # The last before it may have opened a quote; none before it: the error is of one behind.
    before = [number for number in candidates if number <= at]
    return before[-1] if before else next(iter(candidates), None)


def _replace(out: list[Line], lines: Sequence[str], number: int) -> None:
    line = lines[number]
    statement = _STATEMENT.match(line)
    if statement is not None:
        indent = len(line) - len(line.lstrip())
        if indent == 0:
            out[number] = Line(line[statement.end() :], statement.end())
            return
    assigned = _ASSIGNED.match(line)
    indent_text = line[: len(line) - len(line.lstrip())]
    ending = line[len(line.rstrip("\r\n")) :]
    text = f"{assigned[1]} = None" if assigned is not None else f"{indent_text}pass"
    out[number] = Line(text + ending, None)
    while lines[number].rstrip().endswith("\\") and number + 1 < len(lines):
        number += 1  # the shell's line goes on
        out[number] = _blank(lines[number])
