"""Operators: sums, comparisons, conditions, and texts that are put together."""

from __future__ import annotations

import ast
import re

from . import values as v
from .interpreter import Interpreter
from .tables import evaluates

__all__ = ["put_into", "says_image", "texts"]

_TEXTS = ("content", "text")


@evaluates(ast.BoolOp)
def _bool_op(at: Interpreter, node: ast.BoolOp) -> v.Value:
    # `a or b` is a where a is truthy; `a and b` is b, or a falsy a, which has no fields.
    values = [at.value(one) for one in node.values]
    if isinstance(node.op, ast.And):
        return values[-1]
    return v.join_all(values)


@evaluates(ast.IfExp)
def _if_exp(at: Interpreter, node: ast.IfExp) -> v.Value:
    at.value(node.test)
    return v.join(at.value(node.body), at.value(node.orelse))


@evaluates(ast.BinOp)
def _bin_op(at: Interpreter, node: ast.BinOp) -> v.Value:
    chain = [node]
    while isinstance(chain[-1].left, ast.BinOp):  # a sum can be longer than the stack
        chain.append(chain[-1].left)
    value = at.value(chain[-1].left)
    for one in reversed(chain):
        value = _combined(at, one, value, at.value(one.right))
    return value


def _combined(at: Interpreter, node: ast.BinOp, left: v.Value, right: v.Value) -> v.Value:
    if isinstance(node.op, ast.BitOr):
        return v.UNKNOWN
    put_into(at, left, [right], node.lineno)
    if isinstance(left, v.Seq) and isinstance(right, v.Seq):
        return v.Seq(None, v.join(v.element(left), v.element(right)))
    found = [one.piece("text") for side in (left, right) for one in texts(side)]
    return v.join_all(found) if found else v.UNKNOWN


@evaluates(ast.UnaryOp)
def _unary_op(at: Interpreter, node: ast.UnaryOp) -> v.Value:
    at.value(node.operand)
    return v.UNKNOWN


@evaluates(ast.Compare)
def _compare(at: Interpreter, node: ast.Compare) -> v.Value:
    left, *others = (at.value(one) for one in (node.left, *node.comparators))
    right = others[0]
    named = left.value if isinstance(left, v.Const) and isinstance(left.value, str) else None
    if named is not None and isinstance(node.ops[0], (ast.In, ast.NotIn)):
        at.read(node, node.comparators[0], right, named, "in")
        if says_image(named):
            at.signal(right, node.lineno, f"looked for {named[:20]!r}")
    for one, other in ((left, right), (right, left)):
        if isinstance(one, v.Const) and isinstance(one.value, str) and says_image(one.value):
            at.signal(other, node.lineno, f"compared with {one.value[:20]!r}")
    return v.UNKNOWN


@evaluates(ast.JoinedStr)
def _joined_str(at: Interpreter, node: ast.JoinedStr) -> v.Value:
    before = ""
    found: list[v.Obj] = []
    for part in node.values:
        value = at.value(part)
        if isinstance(part, ast.Constant):
            before = str(part.value)
            continue
        put_into(at, v.Const(before), [value], node.lineno)
        found += [one.piece("text") for one in texts(value)]
    return v.join_all(found) if found else v.UNKNOWN


def put_into(at: Interpreter, frame: v.Value, values: list[v.Value], line: int) -> None:
    """Note the texts that a frame around them shows as images: ``<img src=``, ``url(``."""
    said = frame.value if isinstance(frame, v.Const) else None
    if isinstance(said, str) and _SHOWS.search(said):
        for value in values:
            at.signal(v.join_all(texts(value)), line, "shown as an image")


@evaluates(ast.FormattedValue)
def _formatted_value(at: Interpreter, node: ast.FormattedValue) -> v.Value:
    if node.format_spec is not None:
        at.value(node.format_spec)
    return at.value(node.value)


def texts(value: v.Value) -> list[v.Obj]:
    """Return the texts of replies that a value can be."""
    return [one for one in v.alternatives(value) if isinstance(one, v.Obj) and one.kind in _TEXTS]


# What stands before a text, or around its place, that is shown as an image.
_SHOWS = re.compile(r"""(?:\bsrc\s*=\s*["']?|\burl\(["']?|!\[[^]]*\]\()(?:%s|\{\w*\}|$)""")
# "data:", and what the base64 of PNG, JPEG, GIF and WebP begins with.
_BEGINNINGS = ("iVBOR", "/9j/", "R0lGOD", "UklGR")


def says_image(text: str) -> bool:
    """Whether a string that a text is searched for says that it may be a data URI."""
    named = "data:image" in text or "base64," in text or ";base64" in text
    return named or text in ("data:", "base64") or text.startswith(_BEGINNINGS)
