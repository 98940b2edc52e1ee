"""Annotations: what they say that a value is."""

from __future__ import annotations

import ast

from imageshim.codemod.knowledge import replies

from .expressions import Expressions
from .scopes import Class, Inst
from .values import UNKNOWN, Const, Obj, Ref, Seq, Value, Wrap, join, join_all

__all__ = ["Annotations", "dotted"]


class Annotations(Expressions):
    """Evaluates annotations."""

    def annotation(self, node: ast.expr | None) -> Value:  # noqa: C901, PLR0911
        """Return what an annotation says that a value is."""
        if node is None or (isinstance(node, ast.Name) and node.id in _PLAIN):
            return UNKNOWN
        if isinstance(node, ast.Constant):
            if node.value is None:
                return Const(None)
            if isinstance(node.value, str):
                return self._quoted(node, node.value)
            return UNKNOWN
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return join(self.annotation(node.left), self.annotation(node.right))
        if isinstance(node, ast.Subscript):
            return self._generic(node)
        if isinstance(node, ast.Tuple):  # isinstance(x, (A, B))
            return join_all(self.annotation(one) for one in node.elts)
        if not isinstance(node, (ast.Name, ast.Attribute)):
            return UNKNOWN
        value = self.value(node)
        if isinstance(value, Class):
            return Inst(value.info)
        if isinstance(value, Ref) and value.name.startswith("litellm"):
            name = value.name.rpartition(".")[2]
            kind = replies.TYPES.get(name)
            if kind is not None:
                origin = self.origin(node, f"a {name}")
                made = Obj(kind, "litellm", frozenset((origin,)))
                return made.after(node.lineno, origin.what)
        return UNKNOWN

    def _quoted(self, node: ast.Constant, text: str) -> Value:
        if "Response" not in text and not any(name in text for name in replies.TYPES):
            return UNKNOWN
        try:
            inner = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError):
            return UNKNOWN
        value = self.annotation(inner)
        if not isinstance(value, Obj):
            return value
        what = next(iter(value.origins)).what
        origin = self.origin(node, what)
        return Obj(value.kind, "litellm", frozenset((origin,))).after(node.lineno, what)

    def _generic(self, node: ast.Subscript) -> Value:  # noqa: PLR0911
        name = dotted(node.value).rpartition(".")[2]
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if name in ("Optional", "Annotated", "Final", "ClassVar", "Required", "NotRequired"):
            return self.annotation(inner[0])
        if name == "Union":
            return join_all(self.annotation(one) for one in inner)
        if name in ("Awaitable", "Coroutine", "Future", "Task"):
            value = self.annotation(inner[-1])
            return value if value is UNKNOWN else Wrap("await", value)
        if name in ("tuple", "Tuple") and not (
            len(inner) == 2 and isinstance(inner[1], ast.Constant)
        ):
            values = tuple(self.annotation(one) for one in inner)
            return Seq(values) if any(one is not UNKNOWN for one in values) else UNKNOWN
        if name.rpartition("Async")[2].lower() in _MANY:
            value = self.annotation(inner[0])
            if value is UNKNOWN:
                return UNKNOWN
            return Wrap("iter", value) if "terat" in name or "enerat" in name else Seq(None, value)
        return UNKNOWN


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
