"""Imports of imageshim: what a file has, and where another one goes."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable
from functools import cached_property

from imageshim.codemod.findings import Edit

from .source import Source

__all__ = ["Imports", "merged"]

_START = "from imageshim import "


class Imports:
    """The imports of a file."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def helper(self, name: str) -> tuple[str, tuple[Edit, ...]]:
        """Return how to call a function of imageshim here, and the edits that import it."""
        if self._module is not None:
            return f"{self._module}.{name}", ()
        present = self._names.get(name)
        if present is not None:
            return present, ()
        local = name
        while local in self._bindings:
            local = f"imageshim_{local}"
        item = name if local == name else f"{name} as {local}"
        if self._statement is not None:
            alias = self._statement.names[-1]
            end = self.source.offset_of(self.source.span(alias)[1])
            return local, (Edit(end, end, f", {item}"),)
        start, line = self._place
        return local, (Edit(start, start, line.format(_START + item)),)

    @cached_property
    def _top(self) -> list[ast.stmt]:
        return self.source.tree.body

    @cached_property
    def _statement(self) -> ast.ImportFrom | None:
        """The import of names of imageshim that others can join."""
        for node in self._leading:
            if not isinstance(node, ast.ImportFrom) or node.module != "imageshim" or node.level:
                continue
            if node.names[0].name != "*":
                return node
        return None

    @cached_property
    def _names(self) -> dict[str, str]:
        """The names of imageshim that the module has, and what it calls them."""
        return {
            alias.name: alias.asname or alias.name
            for node in self._leading
            if isinstance(node, ast.ImportFrom) and node.module == "imageshim" and not node.level
            for alias in node.names
            if self._bound_once(alias.asname or alias.name)
        }

    @cached_property
    def _module(self) -> str | None:
        """What the module calls imageshim itself."""
        for node in self._leading:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    name = alias.asname or alias.name
                    if alias.name == "imageshim" and self._bound_once(name):
                        return name
        return None

    @cached_property
    def _leading(self) -> list[ast.stmt]:
        """The imports at the start of the module."""
        out: list[ast.stmt] = []
        for place, node in enumerate(self._top):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                out.append(node)
            elif not (place == 0 and _is_docstring(node)):
                break
        return out

    @cached_property
    def _bindings(self) -> Counter[str]:
        """How often each name is bound."""
        out: list[str] = []
        for node in ast.walk(self.source.tree):
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                out.append(node.id)
            elif isinstance(node, ast.arg):
                out.append(node.arg)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                out.append(node.name)
            elif isinstance(node, ast.alias):
                out.append(node.asname or node.name.partition(".")[0])
            elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
                out.append(node.name)
        return Counter(out)

    def _bound_once(self, name: str) -> bool:
        return self._bindings[name] == 1

    @cached_property
    def _place(self) -> tuple[int, str]:
        """Where a new import goes, in bytes of the file, and what stands around it."""
        source = self.source
        after = self._leading[-1] if self._leading else None
        if after is None and self._top and _is_docstring(self._top[0]):
            after = self._top[0]
        if after is None:
            first = source.span(self._top[0])[0] if self._top else 0
            return source.offset_of(self._line_start(first)), "{}\n"
        end = source.span(after)[1]
        following = self._top[self._top.index(after) + 1 :]
        if following and source.span(following[0])[0] < self._line_end(end):
            # Another statement on the same line: the import goes before the line, or, where the
            # docstring is on it, between the two.
            if after is self._top[0] and _is_docstring(after):
                start = source.offset_of(source.span(following[0])[0])
                return start, "{}; "
            return source.offset_of(self._line_start(source.span(after)[0])), "{}\n"
        place = self._line_end(end)
        if place == len(source.utf8) and not source.utf8.endswith((b"\n", b"\r")):
            return source.offset_of(place), "\n{}"
        return source.offset_of(place), "{}\n"

    def _line_start(self, place: int) -> int:
        before = self.source.utf8[:place]
        return max(before.rfind(b"\n"), before.rfind(b"\r")) + 1

    def _line_end(self, place: int) -> int:
        data = self.source.utf8
        ends = [end for end in (data.find(b"\n", place), data.find(b"\r", place)) if end >= 0]
        if not ends:
            return len(data)
        end = min(ends)
        return end + (2 if data[end : end + 2] == b"\r\n" else 1)


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def merged(edits: Iterable[Edit]) -> list[Edit]:
    """Make one line of imports that go to the same place."""
    out: list[Edit] = []
    names: dict[int, list[str]] = {}
    around: dict[int, str] = {}
    for edit in sorted(set(edits)):
        head, found, item = edit.text.partition(_START)
        if edit.start == edit.end and found and not head.strip():
            name = item.rstrip("\n; ")
            names.setdefault(edit.start, []).append(name)
            around[edit.start] = f"{head}{{}}{item[len(name) :]}"
        else:
            out.append(edit)
    for place, items in names.items():
        line = around[place].format(_START + ", ".join(sorted(set(items))))
        out.append(Edit(place, place, line))
    return sorted(out)
