"""What a value that is not known is called: the names and strings that it was made with."""

from __future__ import annotations

import ast

from . import values as v
from .hooks import Given
from .interpreter import Interpreter

__all__ = ["labelled"]


def labelled(at: Interpreter, node: ast.Call, given: Given) -> v.Maybe:
    """Return what a call that is not known gives, with all names and strings in it."""
    labels = {part for one in ast.walk(node) for part in _labels(one)}
    names = (at.load(one.id) for one in ast.walk(node) if isinstance(one, ast.Name))
    for value in (*given.all(), *names):
        labels |= _strings(value)
    return v.Maybe(frozenset(labels))


def _labels(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Name):
        return {node.id}
    if isinstance(node, ast.Attribute):
        return {node.attr, ast.unparse(node)}
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    return set()


def _strings(value: v.Value) -> set[str]:
    out: set[str] = set()
    for one in v.flat(value):
        if isinstance(one, v.Const) and isinstance(one.value, str):
            out.add(one.value)
        elif isinstance(one, v.Maybe):
            out |= one.labels
    return out
