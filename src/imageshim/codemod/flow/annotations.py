"""Annotations: what they say that a value is."""

from __future__ import annotations

import ast

from . import values as v
from .interpreter import Interpreter
from .scopes import Class, Inst

__all__ = ["annotation", "dotted"]


def annotation(at: Interpreter, node: ast.expr | None) -> v.Value:  # noqa: PLR0911
    """Return what an annotation says that a value is."""
    if node is None or (isinstance(node, ast.Name) and node.id in _PLAIN):
        return v.UNKNOWN
    if isinstance(node, ast.Constant):
        if node.value is None:
            return v.Const(None)
        if isinstance(node.value, str):
            return _quoted(at, node, node.value)
        return v.UNKNOWN
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return v.join(annotation(at, node.left), annotation(at, node.right))
    if isinstance(node, ast.Subscript):
        return _generic(at, node)
    if isinstance(node, ast.Tuple):  # isinstance(x, (A, B))
        return v.join_all(annotation(at, one) for one in node.elts)
    if not isinstance(node, (ast.Name, ast.Attribute)):
        return v.UNKNOWN
    value = at.value(node)
    if isinstance(value, Class):
        return Inst(value.info, or_below=True)
    return at.libraries.annotated(at, value.name, node) if isinstance(value, v.Ref) else v.UNKNOWN


def _quoted(at: Interpreter, node: ast.Constant, text: str) -> v.Value:
    if not at.libraries.annotates(text):
        return v.UNKNOWN
    try:
        inner = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return v.UNKNOWN
    value = annotation(at, inner)
    if not isinstance(value, v.Obj):
        return value
    what = next(iter(value.origins)).what
    origin = at.origin(node, what, value.carrier)
    return v.Obj(value.kind, value.carrier, frozenset((origin,))).after(node.lineno, what)


def _generic(at: Interpreter, node: ast.Subscript) -> v.Value:  # noqa: PLR0911
    name = dotted(node.value).rpartition(".")[2]
    inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if name in ("Optional", "Annotated", "Final", "ClassVar", "Required", "NotRequired"):
        return annotation(at, inner[0])
    if name == "Union":
        return v.join_all(annotation(at, one) for one in inner)
    if name in ("Awaitable", "Coroutine", "Future", "Task"):
        value = annotation(at, inner[-1])
        return value if value is v.UNKNOWN else v.Wrap("await", value)
    if name in ("tuple", "Tuple") and not (len(inner) == 2 and isinstance(inner[1], ast.Constant)):
        values = tuple(annotation(at, one) for one in inner)
        return v.Seq(values) if any(one is not v.UNKNOWN for one in values) else v.UNKNOWN
    if name.rpartition("Async")[2].lower() in _MANY:
        value = annotation(at, inner[0])
        if value is v.UNKNOWN:
            return v.UNKNOWN
        return v.Wrap("iter", value) if "terat" in name or "enerat" in name else v.Seq(None, value)
    return v.UNKNOWN


_PLAIN = frozenset({"Any", "bool", "bytes", "dict", "float", "int", "list", "object", "str"})
_MANY = frozenset(
    {"list", "sequence", "iterable", "iterator", "generator", "tuple", "set", "collection"}
)


def dotted(node: ast.expr) -> str:
    """Return a dotted name as it is written; a call is its function."""
    if isinstance(node, ast.Call):
        node = node.func
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    return ".".join(reversed(parts))
