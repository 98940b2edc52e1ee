"""Where the value of a read is used: the read itself, and the name that it was given."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from imageshim.codemod.flow.values import Ref
from imageshim.codemod.knowledge.reads import Read

from .file import File

__all__ = ["called", "is_litellms", "is_proven", "model_of", "said", "uses"]


def is_proven(file: File, read: Read) -> bool:
    """Whether a read is a reply's on every path, of a reply that the code did not make itself."""
    is_made = file.groups.facts(read.origins).is_made
    return bool(read.origins) and file.is_certain(read) and not is_made


def uses(file: File, read: Read) -> Iterator[ast.expr]:
    """Yield the expressions that have the value of a read, in the function that reads it.

    A name counts where it is given nothing else in that function.
    """
    yield read.node
    name = _name_of(file, read.node)
    if name is None:
        return
    inside = file.nodes.function_of(read.node)
    if file.names.stores(inside, name) == 1:
        yield from file.names.loads(inside, name)


def _name_of(file: File, node: ast.expr) -> str | None:
    """Return the name that an expression is given, as it is or with ``or`` behind it."""
    parent = file.nodes.parents[node]
    if (
        isinstance(parent, ast.BoolOp)
        and isinstance(parent.op, ast.Or)
        and parent.values[0] is node
    ):
        node, parent = parent, file.nodes.parents[parent]
    if isinstance(parent, ast.NamedExpr):
        return parent.target.id
    if isinstance(parent, (ast.For, ast.AsyncFor, ast.comprehension)):
        return None
    target: ast.expr | None = None
    if isinstance(parent, ast.Assign) and len(parent.targets) == 1:
        target = parent.targets[0]
    elif isinstance(parent, ast.AnnAssign):
        target = parent.target
    return target.id if isinstance(target, ast.Name) else None


def called(node: ast.AST) -> str:
    """Return the last name of what a call calls: ``split`` of ``text.split()``; else ``""``."""
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def said(node: ast.AST | None) -> object:
    """Return the value of a constant; None for anything else."""
    return node.value if isinstance(node, ast.Constant) else None


def is_litellms(file: File, function: ast.expr) -> bool:
    """Whether what a call calls is of LiteLLM's: ``litellm.Message``, or imported from there."""
    while isinstance(function, ast.Attribute):
        function = function.value
    known = file.flow.top.cells.get(function.id) if isinstance(function, ast.Name) else None
    return isinstance(known, Ref) and known.name.partition(".")[0] == "litellm"


def model_of(call: ast.AST) -> str | None:
    """Return the model that a call names, where that is a constant."""
    if not isinstance(call, ast.Call):
        return None
    named = [keyword.value for keyword in call.keywords if keyword.arg == "model"]
    model = said(next(iter([*named, *call.args]), None))
    return model if isinstance(model, str) else None
