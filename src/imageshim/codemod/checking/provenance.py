"""What to say of a read that is not proven: where its value comes from, and what would prove it."""

from __future__ import annotations

import ast

from .file import File

__all__ = ["missing_proof"]

_HINT = "pass --assume-litellm if it is LiteLLM's"


def missing_proof(file: File, base: ast.expr, *, some: bool = False) -> str:
    """Say what was missing to take an expression for a piece of a reply.

    Args:
        file: the file.
        base: what the field is read from.
        some: whether it is proven on some paths, just not on all.

    """
    root = _root(base)
    paths = "on some paths " if some else ""
    if isinstance(root, ast.Call):
        return f"{paths}the reply comes from `{_short(root.func)}()`: {_HINT}"
    if not isinstance(root, ast.Name):
        return f"{paths}nothing says where `{_short(root)}` comes from: {_HINT}"
    name = root.id
    function = file.function_of(root)
    if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
        arguments = function.args
        every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        if any(one.arg == name for one in every):
            return (
                f"{paths}`{name}` is a parameter of {function.name}(), which is not only called "
                f"with LiteLLM's replies: annotate it, or {_HINT.partition(' if')[0]}"
            )
    given = file.names.last_given(function, name, root.lineno)
    if given is None:
        return f"{paths}nothing says where `{name}` comes from: {_HINT}"
    return f"{paths}`{name}` comes from `{_short(given)}`: {_HINT}"


def _root(node: ast.expr) -> ast.expr:
    while True:
        if isinstance(node, (ast.Attribute, ast.Subscript, ast.Await, ast.Starred)):
            node = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr not in ("get", "json", "model_dump", "dict"):
                return node
            node = node.func.value
        else:
            return node


def _short(node: ast.expr) -> str:
    while isinstance(node, ast.Await):
        node = node.value
    if isinstance(node, ast.Call):
        return f"{_short(node.func)}()"
    text = ast.unparse(node).replace("\n", " ")
    return text if len(text) <= 60 else f"{text[:57]}..."
