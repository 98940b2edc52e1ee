"""The names of a file, by function: found once, so that no rule walks the tree for each read."""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

__all__ = ["Names"]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class _Given(NamedTuple):
    """A value that is given to a name."""

    line: int
    """Where the target starts."""
    name_line: int
    value: ast.expr


class Names:
    """Where names are read and set, and what they are given.

    Args:
        tree: the file.
        parents: the node that each node is in.

    """

    def __init__(self, tree: ast.Module, parents: Mapping[ast.AST, ast.AST]) -> None:
        self._parents = parents
        self._loads: dict[tuple[ast.AST | None, str], list[ast.Name]] = {}
        self._stores: dict[tuple[ast.AST | None, str], int] = {}
        self._given: dict[tuple[ast.AST | None, str], list[_Given]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                key = (next(iter(self._functions(node)), None), node.id)
                if isinstance(node.ctx, ast.Load):
                    self._loads.setdefault(key, []).append(node)
                else:
                    self._stores[key] = self._stores.get(key, 0) + 1
            else:
                self._note(node)
        for found in self._given.values():
            found.sort(key=lambda one: one.line)

    def _functions(self, node: ast.AST) -> Iterator[ast.AST]:
        while node in self._parents:
            node = self._parents[node]
            if isinstance(node, _FUNCTIONS):
                yield node

    def _note(self, node: ast.AST) -> None:
        value, targets = _assignment(node)
        if value is None:
            return
        scopes = (None, *self._functions(node))
        for target in targets:
            for one in ast.walk(target):
                if isinstance(one, ast.Name):
                    made = _Given(target.lineno, one.lineno, value)
                    for scope in scopes:
                        self._given.setdefault((scope, one.id), []).append(made)

    def loads(self, function: ast.AST | None, name: str) -> list[ast.Name]:
        """Return where a function itself (None: the module) reads a name, in its order."""
        found = self._loads.get((function, name), [])
        return sorted(found, key=lambda node: (node.lineno, node.col_offset))

    def stores(self, function: ast.AST | None, name: str) -> int:
        """Return how often a function itself sets a name."""
        return self._stores.get((function, name), 0)

    def given(self, scope: ast.AST | None, name: str) -> Iterable[ast.expr]:
        """Return what a name is given anywhere in a function (None: in the file)."""
        return (one.value for one in self._given.get((scope, name), ()))

    def last_given(self, scope: ast.AST | None, name: str, before: int) -> ast.expr | None:
        """Return what a name is given last up to a line, in a function or what is inside of it."""
        found = self._given.get((scope, name), [])
        place = bisect_right(found, before, key=lambda one: one.line)
        return next((one.value for one in found[:place][::-1] if one.name_line <= before), None)


def _assignment(node: ast.AST) -> tuple[ast.expr | None, list[ast.expr]]:
    if isinstance(node, ast.Assign):
        return node.value, node.targets
    if isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
        return node.value, [node.target]
    if isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
        return node.iter, [node.target]
    return None, []
