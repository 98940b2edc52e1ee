"""The names of a file, by function: found once, so that no rule walks the tree for each read."""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

__all__ = ["Names"]


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
        function_of: gives the function that a node is in; None at the level of the module.

    """

    def __init__(self, tree: ast.Module, function_of: Callable[[ast.AST], ast.AST | None]) -> None:
        self._tree = tree
        self._function_of = function_of
        self._within: dict[ast.AST | None, Counter[str]] = {}
        self._loads: dict[tuple[ast.AST | None, str], list[ast.Name]] = {}
        self._stores: dict[tuple[ast.AST | None, str], int] = {}
        self._given: dict[tuple[ast.AST | None, str], list[_Given]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                key = (function_of(node), node.id)
                if isinstance(node.ctx, ast.Load):
                    self._loads.setdefault(key, []).append(node)
                else:
                    self._stores[key] = self._stores.get(key, 0) + 1
            else:
                self._note(node)
        for found in self._given.values():
            found.sort(key=lambda one: one.line)

    def _scopes(self, node: ast.AST) -> Iterator[ast.AST | None]:
        """Yield the functions that a node is in, and None for the file."""
        scope = self._function_of(node)
        while scope is not None:
            yield scope
            scope = self._function_of(scope)
        yield None

    def _note(self, node: ast.AST) -> None:
        value, targets = _assignment(node)
        if value is None:
            return
        scopes = tuple(self._scopes(node))
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

    def within(self, scope: ast.AST | None) -> Counter[str]:
        """Return how often each name stands in a function (None: in the file).

        Those of inner functions count as well; parameters are names that may stand nowhere.
        """
        found = self._within.get(scope)
        if found is None:
            found = self._within[scope] = Counter()
            for node in ast.walk(scope or self._tree):
                if isinstance(node, ast.Name):
                    found[node.id] += 1
                elif isinstance(node, ast.arg):
                    found[node.arg] += 0
        return found

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
