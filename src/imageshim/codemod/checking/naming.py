"""A long expression that a helper would be called on again and again is named once."""

from __future__ import annotations

import ast

from imageshim.codemod.findings import Edit
from imageshim.codemod.knowledge.reads import Read

from .file import File
from .pictures import is_steady
from .rewriting import Rewriter

__all__ = ["named_once"]

# Shorter ones are read at a glance, and two are no repetition yet.
_LONG = len("response.message")
_REPEATED = 3
_SIMPLE = (ast.Expr, ast.Assign, ast.AnnAssign, ast.Return, ast.If, ast.Assert, ast.Raise)
_BLOCKS = ("body", "orelse", "finalbody")


def named_once(  # noqa: PLR0911
    file: File, rewriter: Rewriter, read: Read, helper: str
) -> dict[ast.expr, tuple[Edit, ...]]:
    """Return the edits of each read of one text in a function; none where it is not repeated.

    The name is given in a line of its own before the statement that reads it first: where that is
    sure to read it, all others come after it, and what it is taken from stays the same.
    """
    same = ast.dump(read.base)
    reads = [one for one in file.beside(read) if ast.dump(one.base) == same]
    reads.sort(key=lambda one: (one.node.lineno, one.node.col_offset))
    start, end = rewriter.source.span(read.base)
    base = rewriter.source.utf8[start:end].decode("utf-8", "surrogatepass")
    if len(reads) < _REPEATED or len(base) < _LONG or "\n" in base or "#" in base:
        return {}
    if any(one.how not in ("attribute", "item") for one in reads) or not is_steady(file, read.base):
        return {}
    statement = file.nodes.statement_of(reads[0].node)
    if not isinstance(statement, _SIMPLE) or not _reads_at_once(file, statement, reads[0].node):
        return {}
    if not all(_comes_after(file, statement, one.node) for one in reads):
        return {}
    first = rewriter.source.offset(statement.lineno, statement.col_offset)
    line = rewriter.source.offset(statement.lineno, 0)
    indent = rewriter.between(line, first).decode()
    if indent.strip() or rewriter.between(first, first + len("elif")) == b"elif":
        return {}
    taken = file.names.within(file.nodes.function_of(read.node))
    name = next((one for one in ("content", "text", "message_content") if one not in taken), None)
    if name is None:
        return {}
    function, imports = file.imports.helper(helper)
    made = Edit(line, line, f"{indent}{name} = {function}({base})\n")
    return {
        one.node: (made, Edit(rewriter.start(one.node), rewriter.end(one.node), name), *imports)
        for one in reads
    }


def _reads_at_once(file: File, statement: ast.stmt, node: ast.expr) -> bool:
    """Whether nothing in a statement decides, or is done, before it reads something."""
    inner: ast.AST = node
    for outer in file.nodes.enclosing(node):
        if isinstance(outer, (ast.While, ast.For, ast.AsyncFor, ast.With, ast.AsyncWith, ast.Try)):
            return False
        if outer is statement:
            return True
        if isinstance(outer, ast.Lambda) or _first_of(outer) not in (None, inner):
            return False
        if isinstance(outer, (ast.comprehension, ast.ListComp, ast.GeneratorExp, ast.DictComp)):
            return False
        inner = outer
    return False


def _first_of(node: ast.AST) -> ast.expr | None:
    """Return what is evaluated in any case, of what decides about the rest."""
    if isinstance(node, ast.BoolOp):
        return node.values[0]
    if isinstance(node, ast.IfExp):
        return node.test
    if isinstance(node, ast.Compare):
        return node.comparators[0] if isinstance(node.left, ast.Constant) else node.left
    return None


def _comes_after(file: File, statement: ast.stmt, node: ast.expr) -> bool:
    """Whether an expression is in a statement, or in one behind it in the same block."""
    block = file.nodes.parents[statement]
    mine = next((name for name in _BLOCKS if statement in _items(block, name)), None)
    around = [node, *file.nodes.enclosing(node)]
    if block not in around or mine is None:
        return False
    child = around[around.index(block) - 1]
    items = _items(block, mine)
    if any(isinstance(one, (ast.Lambda, ast.ClassDef)) for one in around[: around.index(block)]):
        return False
    return child in items and items.index(child) >= items.index(statement)


def _items(block: ast.AST, name: str) -> list[ast.AST]:
    found = getattr(block, name, [])
    return found if isinstance(found, list) else []
