"""Operators: sums, comparisons, conditions, and texts that are put together."""

from __future__ import annotations

import ast

from . import values as v
from .interpreter import Interpreter
from .labels import put_together
from .tables import evaluates

__all__ = ["compared_with", "put_into"]


@evaluates(ast.BoolOp)
def _bool_op(at: Interpreter, node: ast.BoolOp) -> v.Value:
    # `a or b` is a where a is truthy; `a and b` is b, or a falsy a, which has no fields.
    values = [at.value(one) for one in node.values]
    if isinstance(node.op, ast.And):
        return values[-1]
    return v.join_all(values)


@evaluates(ast.IfExp)
def _if_exp(at: Interpreter, node: ast.IfExp) -> v.Value:
    found: list[v.Value] = []
    while True:  # a chain of them can be longer than the stack
        at.value(node.test)
        found.append(at.value(node.body))
        if not isinstance(node.orelse, ast.IfExp):
            return v.join_all((*found, at.value(node.orelse)))
        node = node.orelse


@evaluates(ast.BinOp)
def _bin_op(at: Interpreter, node: ast.BinOp) -> v.Value:
    chain = [node]
    while isinstance(chain[-1].left, ast.BinOp):  # a sum can be longer than the stack
        chain.append(chain[-1].left)
    value = at.value(chain[-1].left)
    for one in reversed(chain):
        value = _combined(at, one, value, at.value(one.right))
    return put_together(at, node) if value is v.UNKNOWN else value


def _combined(at: Interpreter, node: ast.BinOp, left: v.Value, right: v.Value) -> v.Value:
    if isinstance(node.op, ast.BitOr):
        return v.UNKNOWN
    put_into(at, left, [right], node.lineno)
    if isinstance(left, v.Seq) and isinstance(right, v.Seq):
        return v.Seq(None, v.join(v.element(left), v.element(right)))
    found = [one.piece("text") for side in (left, right) for one in v.texts(side)]
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
        at.watcher.read(at.function, node, node.comparators[0], right, named, "in")
        at.watcher.meets(right, "in", named, node.lineno)
    for one, said, other in (
        (left, node.left, right),
        (right, node.comparators[0], left),
    ):
        if isinstance(one, v.Const) and isinstance(one.value, str):
            at.watcher.meets(other, "compared", one.value, node.lineno)
        compared_with(at, other, one, said)
    return v.UNKNOWN


def compared_with(at: Interpreter, value: v.Value, strings: v.Value, node: ast.expr) -> None:
    """Note the fields that a name may be of, which a loop over all fields is at: ``"image"``."""
    elements = at.shapes.elements
    names = [one for one in v.alternatives(value) if isinstance(one, v.Obj)]
    # What a loop over fields gives is a field; a message that is asked "image" in … is none.
    if not any(elements.get(one.kind) == one.kind for one in names):
        return
    for one in v.flat(strings):
        if isinstance(one, v.Const) and isinstance(one.value, str):
            at.watcher.read(at.function, node, node, value, one.value, "match")


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
        found += [one.piece("text") for one in v.texts(value)]
    return v.join_all(found) if found else put_together(at, node)


def put_into(at: Interpreter, frame: v.Value, values: list[v.Value], line: int) -> None:
    """Note what a template shows: ``<img src=%s>``, ``url({})``."""
    if isinstance(frame, v.Const) and isinstance(frame.value, str):
        for value in values:
            at.watcher.meets(value, "frame", frame.value, line)


@evaluates(ast.FormattedValue)
def _formatted_value(at: Interpreter, node: ast.FormattedValue) -> v.Value:
    if node.format_spec is not None:
        at.value(node.format_spec)
    return at.value(node.value)
