"""Operators: sums, comparisons, conditions, and texts that are put together."""

from __future__ import annotations

import ast
import re

from . import values as v
from .expressions import Expressions

__all__ = ["Operators", "says_image", "texts"]

_TEXTS = ("content", "text")


class Operators(Expressions):
    """Evaluates operators."""

    def _BoolOp(self, node: ast.BoolOp) -> v.Value:  # noqa: N802
        # `a or b` is a where a is truthy; `a and b` is b, or a falsy a, which has no fields.
        values = [self.value(one) for one in node.values]
        if isinstance(node.op, ast.And):
            return values[-1]
        return v.join_all(values)

    def _IfExp(self, node: ast.IfExp) -> v.Value:  # noqa: N802
        self.value(node.test)
        return v.join(self.value(node.body), self.value(node.orelse))

    def _BinOp(self, node: ast.BinOp) -> v.Value:  # noqa: N802
        chain = [node]
        while isinstance(chain[-1].left, ast.BinOp):  # a sum can be longer than the stack
            chain.append(chain[-1].left)
        value = self.value(chain[-1].left)
        for one in reversed(chain):
            value = self._combined(one, value, self.value(one.right))
        return value

    def _combined(self, node: ast.BinOp, left: v.Value, right: v.Value) -> v.Value:
        if isinstance(node.op, ast.BitOr):
            return v.UNKNOWN
        self.put_into(left, [right], node.lineno)
        if isinstance(left, v.Seq) and isinstance(right, v.Seq):
            return v.Seq(None, v.join(v.element(left), v.element(right)))
        found = [one.piece("text") for side in (left, right) for one in texts(side)]
        return v.join_all(found) if found else v.UNKNOWN

    def _UnaryOp(self, node: ast.UnaryOp) -> v.Value:  # noqa: N802
        self.value(node.operand)
        return v.UNKNOWN

    def _Compare(self, node: ast.Compare) -> v.Value:  # noqa: N802
        left, *others = (self.value(one) for one in (node.left, *node.comparators))
        right = others[0]
        named = left.value if isinstance(left, v.Const) and isinstance(left.value, str) else None
        if named is not None and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            self.read(node, node.comparators[0], right, named, "in")
            if says_image(named):
                self.signal(right, node.lineno, f"looked for {named[:20]!r}")
        for one, other in ((left, right), (right, left)):
            if isinstance(one, v.Const) and isinstance(one.value, str) and says_image(one.value):
                self.signal(other, node.lineno, f"compared with {one.value[:20]!r}")
        return v.UNKNOWN

    def _JoinedStr(self, node: ast.JoinedStr) -> v.Value:  # noqa: N802
        before = ""
        found: list[v.Obj] = []
        for part in node.values:
            value = self.value(part)
            if isinstance(part, ast.Constant):
                before = str(part.value)
                continue
            self.put_into(v.Const(before), [value], node.lineno)
            found += [one.piece("text") for one in texts(value)]
        return v.join_all(found) if found else v.UNKNOWN

    def put_into(self, frame: v.Value, values: list[v.Value], line: int) -> None:
        """Note the texts that a frame around them shows as images: ``<img src=``, ``url(``."""
        said = frame.value if isinstance(frame, v.Const) else None
        if isinstance(said, str) and _SHOWS.search(said):
            for value in values:
                self.signal(v.join_all(texts(value)), line, "shown as an image")

    def _FormattedValue(self, node: ast.FormattedValue) -> v.Value:  # noqa: N802
        if node.format_spec is not None:
            self.value(node.format_spec)
        return self.value(node.value)


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
