"""Where the user's code stands: the line that calls a model, or that reads a reply.

Frames are looked at while the call or the read runs, in the synchronous part of it: after an
``await`` the frame below is the event loop's. What is kept of a frame is its code, the place in it
and the module's globals, never the frame, which would hold every local variable.
"""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from types import CodeType, FrameType
from typing import Any, NamedTuple

__all__ = ["Expression", "Place", "calling_place", "expression_at", "module_of", "reading_place"]

LIBRARIES = frozenset({"litellm", "openai"})
"""The packages whose calls are wrapped: a line of theirs is never the user's."""

_BETWEEN = frozenset(
    {
        *LIBRARIES, "imageshim", "wrapt",
        # They wrap calls, as we do.
        "backoff", "ddtrace", "instructor", "langfuse", "openinference", "opentelemetry",
        "tenacity",
        # They run what the user handed to them.
        "asyncio", "concurrent", "contextlib", "functools", "threading", "uvloop",
        "importlib", "runpy",
    }
)  # fmt: skip

_ONLOOKERS = frozenset(
    {"IPython", "_pydev_bundle", "_pydevd_bundle", "imageshim", "inspect", "pprint", "pydevd",
     "reprlib", "rich", "unittest"}
)  # fmt: skip
"""They read whatever there is: a debugger, a printer, a mock, and we."""

_FORWARDERS = frozenset({"get", "__getitem__", "__getattr__", "getter"})
"""Functions of a library that read a field because the user asked for it by name."""


class Place(NamedTuple):
    """A place in running code."""

    code: CodeType
    offset: int
    """The instruction, as ``frame.f_lasti``."""
    module: dict[str, Any]
    """The module's globals."""
    line: int


def module_of(frame: FrameType) -> str:
    """Return the name of the module whose code a frame runs."""
    name = frame.f_globals.get("__name__")
    return name if isinstance(name, str) else ""


def _root(frame: FrameType) -> str:
    return module_of(frame).partition(".")[0]


def _place(frame: FrameType) -> Place:
    return Place(frame.f_code, frame.f_lasti, frame.f_globals, frame.f_lineno)


def calling_place() -> Place | None:
    """Find the user's line that calls; None where only libraries and threads are below."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  # the documented way to a frame
    while frame is not None:
        if _root(frame) not in _BETWEEN:
            return _place(frame)
        frame = frame.f_back
    return None


def reading_place() -> Place | None:
    """Find the user's line that reads a field; None where a library or an onlooker reads it."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  # as above
    while frame is not None and module_of(frame) == _READER:
        frame = frame.f_back
    while frame is not None and _root(frame) in LIBRARIES:
        if frame.f_code.co_name not in _FORWARDERS:
            return None
        frame = frame.f_back
    return None if frame is None or _root(frame) in _ONLOOKERS else _place(frame)


_READER = "imageshim.wrapping.old_names"


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
