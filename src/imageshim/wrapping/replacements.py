"""What to write instead of an expression that reads an old format."""

from __future__ import annotations

import ast

from .expressions import Expression

__all__ = ["instead_of"]

_BASE = "message"
"""What a message is called where the source is not to be had."""

_READS = {
    "attribute": '{base}.images[0]["image_url"]',
    "item": '{base}["images"][0]["image_url"]',
    "get": "imageshim.first_image({base})",
    "getattr": "imageshim.first_image({base})",
    "hasattr": 'bool(getattr({base}, "images", None))',
}
_CALLS = {
    "content": 'message.images[0]["image_url"]["url"]',
    "image": 'message.images[0]["image_url"]',
}


def _base(node: ast.expr | None) -> ast.expr | None:
    """Find the message in the expression that reads one of its fields."""
    if isinstance(node, (ast.Attribute, ast.Subscript)):
        return node.value
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute):
            return node.func.value
        return node.args[0] if node.args else None
    return None


def instead_of(expression: Expression, how: str, read: str) -> str:
    """Write the expression to use instead.

    Args:
        expression: what was read, or called.
        how: ``attribute``, ``item``, ``get``, ``getattr``; or ``call`` for a call that asks for the
            old format ``read``.
        read: the field.

    """
    if how == "call":
        return _CALLS[read]
    node = expression.node
    if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "hasattr":
        how = "hasattr"
    base = _base(node)
    return _READS[how].format(base=_BASE if base is None else _written(base, expression.text))


def _written(node: ast.expr, text: str) -> str:
    """Write an expression as the user did, or on one line where that takes several."""
    segment = ast.get_source_segment(f"({text})", node)
    return ast.unparse(node) if segment is None or "\n" in segment else segment
