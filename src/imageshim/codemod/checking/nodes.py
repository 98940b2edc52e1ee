"""The nodes of a file, from the inside out: what each is in."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import Any, TypeVar

__all__ = ["Nodes"]

Node = TypeVar("Node", bound=ast.AST)

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Nodes:
    """Every node of a tree, with what is around it."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The node that each node is in."""
        out: dict[ast.AST, ast.AST] = {}
        todo: list[ast.AST] = [self.tree]
        # Half the time of ast.iter_child_nodes(): every file that has a finding is walked.
        while todo:
            node = todo.pop()
            for value in node.__dict__.values():
                for child in value if type(value) is list else (value,):
                    if isinstance(child, ast.AST) and child._fields:
                        out[child] = node
                        todo.append(child)
        return out

    @cached_property
    def calls(self) -> list[ast.Call]:
        """Every call of the file."""
        return [node for node in self.parents if isinstance(node, ast.Call)]

    def enclosing(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield what a node is in, from the inside out: as much as the code is deep."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def around(self, node: ast.AST, *kinds: type[Node]) -> Iterator[Node]:
        """Yield the nodes of some kinds that a node is in, from the inside out.

        What is found is noted for all nodes on the way: the last of a thousand ``elif`` is in all
        others.
        """
        found = self._next_around(node, kinds)
        while found is not None:
            yield found
            found = self._next_around(found, kinds)

    def _next_around(self, node: ast.AST, kinds: tuple[type[Node], ...]) -> Node | None:
        known: dict[ast.AST, Node | None] = self._outer.setdefault(kinds, {})
        way: list[ast.AST] = []
        one: ast.AST | None = node
        while one is not None and one not in known:
            way.append(one)
            one = self.parents.get(one)
            if isinstance(one, kinds):
                break
        else:
            one = known[one] if one is not None else None
        known.update(dict.fromkeys(way, one))
        return one

    @cached_property
    def _outer(self) -> dict[tuple[type[ast.AST], ...], dict[ast.AST, Any]]:
        return {}

    def function_of(self, node: ast.AST) -> ast.AST | None:
        """Return the function that a node is in; None at the level of the module."""
        return next(self.around(node, *_FUNCTIONS), None)

    def names_of(self, node: ast.expr) -> list[str]:
        """Return by which names the user may say what an expression always is.

        The first is the one to pass: what it is taken from, then the function that does so.
        """
        root = node
        while isinstance(root, (ast.Attribute, ast.Subscript, ast.Await)):
            root = root.value
        function = self.function_of(node)
        names = [root.id] if isinstance(root, ast.Name) else []
        return [*names, function.name] if isinstance(function, _FUNCTIONS) else names

    def statement_of(self, node: ast.AST) -> ast.stmt | None:
        """Return the statement that a node is in."""
        return node if isinstance(node, ast.stmt) else next(self.around(node, ast.stmt), None)

    def at(self, line: int, column: int, end_line: int, end_column: int) -> ast.expr | None:
        """Return the expression that is exactly there."""
        return self._places.get((line, column, end_line, end_column))

    @cached_property
    def _places(self) -> dict[tuple[int, int, int | None, int | None], ast.expr]:
        out: dict[tuple[int, int, int | None, int | None], ast.expr] = {}
        for node in self.parents:
            if isinstance(node, ast.expr):
                place = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
                out.setdefault(place, node)
        return out
