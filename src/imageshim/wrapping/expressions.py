"""The expression that runs at a place in the user's code: its span and its source."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from .call_site import Place

__all__ = ["Expression", "expression_at", "taker_of"]


class Expression(NamedTuple):
    """The expression at a place; lines from 1, columns from 0 in UTF-8 bytes, as ``ast`` has them.

    ``node`` is None where the source is not to be had; without columns, those are 0.
    """

    line: int
    end_line: int
    column: int
    end_column: int
    node: ast.expr | None = None
    text: str = ""


def expression_at(place: Place, word: str | None) -> Expression:
    """Find the expression that runs at a place.

    Where the interpreter keeps no columns (Python 3.10, ``-X no_debug_ranges``) it is the first on
    the line that has ``word`` in it: an attribute, a key or an argument; None stands for any call.
    """
    lines = linecache.getlines(place.code.co_filename, place.module)
    span = _span(place) or _searched(lines, place.line, word)
    if not lines or span is None:
        return Expression(*(span or (place.line, place.line, 0, 0)))
    text = _segment(lines, *span)
    return Expression(*span, _parsed(text), text)


def taker_of(place: Place, expression: Expression) -> str:
    """Return the function that an expression is an argument of, as the source names it."""
    lines = linecache.getlines(place.code.co_filename, place.module)
    wanted = expression[:4]
    for node in ast.walk(_tree("".join(lines))):
        if isinstance(node, ast.Call):
            for one in (*node.args, *(keyword.value for keyword in node.keywords)):
                if (one.lineno, one.end_lineno, one.col_offset, one.end_col_offset) == wanted:
                    return ast.unparse(node.func)
    return ""


_Span = tuple[int, int, int, int]


def _span(place: Place) -> _Span | None:
    positions = getattr(place.code, "co_positions", None)  # from Python 3.11 on
    if positions is None:
        return None
    found: Iterator[tuple[int | None, ...]] = islice(positions(), place.offset // 2, None)
    line, end_line, column, end_column = next(found, (None,) * 4)
    if line is None or end_line is None or column is None or end_column is None:
        return None
    return line, end_line, column, end_column


def _searched(lines: list[str], line: int, word: str | None) -> _Span | None:
    try:
        tree = _tree("".join(lines))
    except (SyntaxError, ValueError):
        return None
    for node in ast.walk(tree):
        if (
            isinstance(node, (ast.Attribute, ast.Subscript, ast.Call))
            and node.lineno == line
            and (isinstance(node, ast.Call) if word is None else word in _words(node))
        ):
            return line, node.end_lineno or line, node.col_offset, node.end_col_offset or 0
    return None


@lru_cache(maxsize=8)
def _tree(source: str) -> ast.Module:
    return ast.parse(source)


def _words(node: ast.Attribute | ast.Subscript | ast.Call) -> list[object]:
    if isinstance(node, ast.Attribute):
        return [node.attr]
    named = [node.slice] if isinstance(node, ast.Subscript) else node.args
    return [part.value for part in named if isinstance(part, ast.Constant)]


def _segment(lines: list[str], line: int, end_line: int, column: int, end_column: int) -> str:
    wanted = [text.encode() for text in lines[line - 1 : end_line]]
    if not wanted:
        return ""
    wanted[-1] = wanted[-1][:end_column]
    wanted[0] = wanted[0][column:]
    return b"".join(wanted).decode(errors="replace")


def _parsed(text: str) -> ast.expr | None:
    try:
        # Parentheses, since the expression may run over several lines.
        return ast.parse(f"({text})", mode="eval").body
    except (SyntaxError, ValueError):
        return None
