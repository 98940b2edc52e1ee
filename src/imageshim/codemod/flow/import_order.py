"""The order in which files are interpreted: what a file imports is known before it."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..text.source import Source, SourceError
from .module_names import imported_from

if TYPE_CHECKING:
    from .project_index import ProjectIndex

__all__ = ["in_order"]


def in_order(sources: Iterable[Source], index: ProjectIndex) -> list[Source]:
    """Return files with those in front that others of them import."""
    by_path = {one.path: one for one in sources}
    todo, entered = list(reversed(by_path)), set[str]()
    done: dict[str, Source] = {}
    while todo:
        path = todo[-1]
        if path in entered:
            done.setdefault(todo.pop(), by_path[path])
            continue
        entered.add(path)
        found = _imports_of(by_path[path], index)
        todo += (one for one in found if one in by_path and one not in entered)
    return list(done.values())


def _imports_of(source: Source, index: ProjectIndex) -> list[str]:
    """Return the files of the project that a file imports something from, at its top."""
    try:
        statements = source.tree.body
    except SourceError:  # told where the file itself is looked at
        return []
    names: list[str] = []
    for node in statements:
        if isinstance(node, ast.Import):
            names += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = imported_from(node, index.module_of(source.path))
            names += (f"{package}.{alias.name}" for alias in node.names)
    return [path for name in names if (path := index.path_of(name)) is not None]
