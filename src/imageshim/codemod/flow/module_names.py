"""What the modules, functions and classes of a project are called from outside: dotted names."""

from __future__ import annotations

import ast
import os
from collections.abc import Sequence
from functools import cache
from pathlib import PurePath

from .scopes import ClassInfo, Function

__all__ = [
    "called",
    "ending",
    "imported_from",
    "last_name",
    "modules_of",
    "qualified",
    "without_init",
]


def modules_of(paths: Sequence[str]) -> dict[str, list[str]]:
    """Return each file's dotted names: as a package sees it, and as the top folder does."""
    known = set(paths)
    split = {path: os.path.split(path) for path in paths}
    try:
        top = os.path.commonpath([folder for folder, _ in split.values()])
    except ValueError:  # no path, or absolute and relative ones
        top = ""

    @cache
    def package(folder: str) -> tuple[str, ...]:
        above, name = os.path.split(folder)
        is_package = os.path.join(folder, "__init__.py") in known  # noqa: PTH118  # per file
        return (*package(above), name) if is_package and name else ()

    @cache
    def below(folder: str) -> tuple[str, ...]:
        return PurePath(folder).parts[len(PurePath(top).parts) :]

    out: dict[str, list[str]] = {}
    for path, (folder, name) in split.items():
        own = () if name == "__init__.py" else (name.removesuffix(".py"),)
        names = (".".join((*parts(folder), *own)) for parts in (package, below))
        out[path] = [one for one in dict.fromkeys(names) if one]
    return out


def without_init(module: str) -> str:
    """Return what a module is called: a package is not called by its ``__init__``."""
    return module.removesuffix(".__init__")


def imported_from(node: ast.ImportFrom, module: str) -> str:
    """Return where a module imports from: ``.client`` in ``app.use`` is ``app.client``."""
    package = node.module or ""
    if not node.level:
        return package
    above = module.split(".")
    return ".".join((*above[: len(above) - node.level], *package.split("."))).strip(".")


def qualified(info: Function, module: str) -> str | None:
    """Return the dotted name of a function that other files can reach."""
    if isinstance(info.node, ast.Lambda):
        return None
    parent = info.scope.parent
    if parent is None:
        return None
    if isinstance(parent.node, ast.Module):
        return f"{without_init(module)}.{info.name}"
    owner = info.owner
    outer = parent.parent
    is_method = isinstance(owner, ClassInfo) and owner.scope is parent
    if owner is None or not is_method or outer is None or not isinstance(outer.node, ast.Module):
        return None
    return f"{without_init(module)}.{owner.node.name}().{info.name}"


def called(name: str) -> str:
    """Return the dotted name of the function that calling a name calls: of a class, its own."""
    return f"{name}().__init__" if name.rpartition(".")[2][:1].isupper() else name


def last_name(name: str) -> str:
    """Return the name that an importer of a dotted name has to write."""
    parts = [part for part in name.replace("()", "").split(".") if part]
    # Of a method, the class: its name is what an importer has to write.
    named = [part for part in parts if part[:1].isupper()]
    return named[0] if named else parts[-1]


def ending(node: ast.AST | None) -> str:
    """Return the ``c`` of the expressions ``c`` and ``a.b.c``; nothing of others."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
