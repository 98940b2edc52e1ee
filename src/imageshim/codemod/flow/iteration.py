"""Items: what a loop over a value gives, what stands at a place of it, what awaiting it gives."""

from __future__ import annotations

import ast

from . import values as v
from .interpreter import Interpreter
from .queues import taken
from .scopes import Queue

__all__ = ["awaited", "item_at", "iterate"]


def item_at(at: Interpreter, value: v.Value, key: ast.expr) -> v.Value:  # noqa: PLR0911
    """Return what stands at a place that is no string."""
    if isinstance(value, v.Obj):
        if value.kind in v.TEXTS:
            return value.piece("text")
        if isinstance(key, ast.Slice):
            return value
        kind = at.shapes.elements.get(value.kind)
        return v.UNKNOWN if kind is None else value.piece(kind)
    if isinstance(value, v.Seq):
        if isinstance(key, ast.Slice):
            return v.Seq(None, v.element(value))
        place = _integer(key)
        if value.items is not None and place is not None:
            fits = -len(value.items) <= place < len(value.items)
            return value.items[place] if fits else v.BOTTOM
        return v.element(value)
    if isinstance(value, v.Mapping):
        return value.any_item()
    if isinstance(value, v.Maybe):
        return value
    return value if isinstance(value, v.Ref) or value is v.BOTTOM else v.UNKNOWN


def iterate(at: Interpreter, value: v.Value) -> v.Value:
    """Return what a loop over a value gives."""
    return v.each(value, lambda one: _iterate(at, one))


def _iterate(at: Interpreter, value: v.Value) -> v.Value:  # noqa: PLR0911
    if isinstance(value, v.Obj):
        if value.kind in v.TEXTS:
            return value.piece("text")
        kind = at.shapes.elements.get(value.kind)
        return v.BOTTOM if kind is None else value.piece(kind)
    if isinstance(value, v.Seq):
        return v.element(value)
    if isinstance(value, v.Wrap):
        return value.value if value.how == "iter" else _awaited_items(at, value)
    if isinstance(value, v.Mapping):
        return value.get("*keys") or v.UNKNOWN
    if isinstance(value, v.Maybe):
        return value
    if isinstance(value, Queue):
        return taken(at, value)
    return value if value is v.BOTTOM else v.UNKNOWN


def _awaited_items(at: Interpreter, value: v.Wrap) -> v.Value:
    return iterate(at, value.value) if value.how in ("await", "context") else v.UNKNOWN


def awaited(at: Interpreter, value: v.Value) -> v.Value:
    """Return what awaiting a value gives."""
    return v.each(value, lambda one: _awaited(at, one))


def _awaited(at: Interpreter, value: v.Value) -> v.Value:
    if isinstance(value, Queue):  # a future
        return taken(at, value)
    if isinstance(value, v.Wrap) and value.how == "await":
        return value.value
    return value if isinstance(value, (v.Obj, v.Seq, v.Maybe)) or value is v.BOTTOM else v.UNKNOWN


def _integer(node: ast.expr) -> int | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _integer(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    return None
