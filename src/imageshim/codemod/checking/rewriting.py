"""Edits of single expressions: calls put around them, quotes that fit, tests and handlers."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cached_property

from imageshim.codemod.findings import Edit
from imageshim.codemod.flow.statements import caught, suppresses
from imageshim.codemod.knowledge.reads import Read

from .file import File

__all__ = ["Rewriter"]

_GAP = re.compile(rb"\s*(not\s+)?in(?![A-Za-z0-9_])\s*")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_PARENTS = {
    "KeyError": ("LookupError",),
    "IndexError": ("LookupError",),
}


class Rewriter:
    """Makes edits in one file; every method returns None where it cannot be done well."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.source = file.source
        self._items: dict[ast.Try, list[ast.Subscript]] = {}
        self._counts: dict[ast.AST, tuple[int, int]] = {}
        self._handlers: dict[tuple[ast.AST, str], int | str | None] = {}

    def start(self, node: ast.expr) -> int:
        """Return the byte at which a node starts."""
        return self.source.offset_of(self.source.span(node)[0])

    def end(self, node: ast.expr) -> int:
        """Return the byte after a node."""
        return self.source.offset_of(self.source.span(node)[1])

    def between(self, start: int, end: int) -> bytes:
        """Return bytes of the file."""
        return self.source.data[start:end]

    # Replacing what follows an expression

    def dot(self, node: ast.Attribute) -> int | None:
        """Return the byte of the dot of an attribute; None if a comment stands before it."""
        start = self.end(node.value)
        gap = self.between(start, self.end(node))
        if b"#" in gap:
            return None
        return start + len(gap[: gap.rindex(b".")].rstrip(b" \t\r\n\\"))

    def called(self, name: str, node: ast.expr, cut: int) -> tuple[Edit, ...]:
        """Put a call around what of a node stands before ``cut``, and drop the rest."""
        function, edits = self.file.imports.helper(name)
        return (
            Edit(self.start(node), self.start(node), f"{function}("),
            Edit(cut, self.end(node), ")"),
            *edits,
        )

    def cut(self, read: Read) -> int | None:
        """Return the byte at which the spelling of a read begins, after what it reads from."""
        node = read.node
        if isinstance(node, ast.Attribute):
            return self.dot(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            return self.dot(node.func) if b"#" not in self.between(*self._rest(node)) else None
        if isinstance(node, ast.Subscript):
            gap = self.between(self.end(node.value), self.end(node))
            if b"#" in gap:
                return None
            return self.end(node.value) + gap.index(b"[")
        return None

    def _rest(self, node: ast.Call) -> tuple[int, int]:
        return self.end(node.func), self.end(node)

    def helper_call(self, name: str, read: Read) -> tuple[Edit, ...] | None:
        """Turn a read into a call of imageshim on what it reads from."""
        node = read.node
        if read.how == "getattr" and isinstance(node, ast.Call):
            comma = self.comma(node)
            if comma is None:
                return None
            function, edits = self.file.imports.helper(name)
            return (
                Edit(self.start(node.func), self.end(node.func), function),
                Edit(comma, self.end(node.args[-1]), ""),
                *edits,
            )
        cut = self.cut(read)
        return None if cut is None else self.called(name, node, cut)

    def comma(self, node: ast.Call) -> int | None:
        """Return the byte of the comma after the first argument."""
        start = self.end(node.args[0])
        gap = self.between(start, self.end(node.args[-1]))
        if b"#" in gap:
            return None
        return start + gap.index(b",")

    def with_default(self, name: str, read: Read) -> tuple[Edit, ...] | None:
        """Turn ``m.get("image", DEFAULT)`` into ``(helper(m) or DEFAULT)``."""
        node, default = read.node, read.default
        if default is None or _is_none(default):
            return self.helper_call(name, read)
        if not isinstance(node, ast.Call):
            return None
        function, edits = self.file.imports.helper(name)
        last = self.end(node)
        if b"#" in self.between(self.end(node.func), last):
            return None
        inside = self._is_argument(node)
        opening, closing = ("", "") if inside else ("(", ")")
        if read.how == "get":
            assert isinstance(node.func, ast.Attribute)  # noqa: S101  # for the type checkers
            cut = self.dot(node.func)
            if cut is None:
                return None
            head = (Edit(self.start(node), self.start(node), f"{opening}{function}("),)
        else:
            comma = self.comma(node)
            if comma is None:
                return None
            cut = comma
            head = (Edit(self.start(node), self.start(node.args[0]), f"{opening}{function}("),)
        return (
            *head,
            Edit(cut, self.start(default), ") or "),
            Edit(self.end(default), last, closing),
            *edits,
        )

    def _is_argument(self, node: ast.expr) -> bool:
        """Whether an ``or`` can stand here without parentheses."""
        parent = self.file.nodes.parents[node]
        if isinstance(parent, (ast.Assign, ast.Return, ast.AnnAssign)):
            return True
        return isinstance(parent, ast.Call) and node in parent.args

    # Strings

    def quote(self, node: ast.expr) -> str | None:
        """Return a quote for a string at a node; None where an f-string leaves none.

        Before Python 3.12 a string inside of an f-string cannot have its quotes (PEP 701).
        """
        used = set(self._quotes_around(node))
        if self.file.settings.oldest_python >= (3, 12):
            used = set()
        free = [one for one in self._preferred(node) if one not in used]
        return free[0] if free else None

    def _preferred(self, node: ast.expr) -> tuple[str, str]:
        single, double = self._quotes_in(self.file.nodes.statement_of(node) or node)
        if single == double:
            single, double = self._quotes_of_the_file
        return ("'", '"') if single > double else ('"', "'")

    def _quotes_in(self, statement: ast.stmt | ast.expr) -> tuple[int, int]:
        found = self._counts.get(statement)
        if found is None:
            start, end = self.source.span(statement)
            text = self.source.utf8
            found = text.count(b"'", start, end), text.count(b'"', start, end)
            self._counts[statement] = found
        return found

    @cached_property
    def _quotes_of_the_file(self) -> tuple[int, int]:
        return self.source.utf8.count(b"'"), self.source.utf8.count(b'"')

    def _quotes_around(self, node: ast.expr) -> Iterator[str]:
        for outer in self.file.nodes.around(node, ast.stmt, ast.JoinedStr):
            if not isinstance(outer, ast.JoinedStr):
                return
            yield from self._quotes(outer)

    def _quotes(self, node: ast.JoinedStr) -> Iterator[str]:
        start, end = self.source.span(node)
        text = self.source.utf8[start:end].decode("utf-8", "replace")
        depth = 0  # from Python 3.12 on the strings inside of an f-string are tokens as well
        try:
            for token in tokenize.generate_tokens(io.StringIO(f"({text})").readline):
                kind = tokenize.tok_name[token.type]
                if depth == 0 and kind in ("STRING", "FSTRING_START"):
                    yield token.string.lstrip("rRbBfFuU")[0]
                depth += (kind == "FSTRING_START") - (kind == "FSTRING_END")
        except (tokenize.TokenError, SyntaxError):
            yield from "'\""

    # Tests

    def is_test(self, node: ast.AST) -> bool:
        """Whether only the truth of an expression counts."""
        parent = self.file.nodes.parents.get(node)
        if isinstance(parent, (ast.If, ast.While, ast.IfExp, ast.Assert)):
            return parent.test is node
        if isinstance(parent, ast.UnaryOp):
            return isinstance(parent.op, ast.Not)
        if isinstance(parent, ast.BoolOp):
            return self.is_test(parent)
        if isinstance(parent, ast.comprehension):
            return node in parent.ifs
        if isinstance(parent, ast.match_case):
            return parent.guard is node
        return (
            isinstance(parent, ast.Call)
            and isinstance(parent.func, ast.Name)
            and parent.func.id == "bool"
        )

    def compared_with_none(self, node: ast.expr) -> tuple[ast.Compare, bool] | None:
        """Return the comparison ``node is None`` (True) or ``node is not None`` (False)."""
        parent = self.file.nodes.parents.get(node)
        if (
            isinstance(parent, ast.Compare)
            and parent.left is node
            and len(parent.ops) == 1
            and isinstance(parent.ops[0], (ast.Is, ast.IsNot))
            and _is_none(parent.comparators[0])
        ):
            return parent, isinstance(parent.ops[0], ast.Is)
        return None

    def membership(self, node: ast.expr, head: str, tail: str) -> tuple[Edit, ...] | None:
        """Turn ``"key" in m`` into ``head m tail``, with ``not`` or ``bool()`` as needed."""
        if not isinstance(node, ast.Compare) or len(node.ops) != 1:
            return None
        start = self.end(node.left)
        found = _GAP.match(self.between(start, self.start(node.comparators[0])))
        if found is None:
            return None
        if found[1] is not None:
            head = f"not {head}"
        elif not self.is_test(node):
            head, tail = f"bool({head}", f"{tail})"
        end = self.end(node)
        return Edit(self.start(node), start + found.end(), head), Edit(end, end, tail)

    # Exceptions

    def tries(self, node: ast.expr) -> Iterator[ast.Try]:
        """Yield the ``try`` statements whose body a node is in, the inner first."""
        for outer in self.file.nodes.around(node, ast.Try, *_FUNCTIONS):
            if not isinstance(outer, ast.Try):
                return
            if self.source.span(node)[1] <= self.source.span(outer.body[-1])[1]:
                yield outer

    def distinguished(self, read: Read, old: str, new: str) -> bool:
        """Whether code around a read, or around a call of its function, would tell two errors."""
        around: list[ast.AST] = list(self.tries(read.node))
        around += self.file.nodes.around(read.node, ast.With, ast.AsyncWith)
        if read.function is not None:
            around += read.function.guards
        return any(self._handler(one, old) != self._handler(one, new) for one in around)

    def _handler(self, node: ast.AST, error: str) -> int | str | None:
        """Return which handler catches an error; None where none does."""
        key = node, error
        if key not in self._handlers:
            self._handlers[key] = _handler(node, error)
        return self._handlers[key]

    def items_in(self, node: ast.Try) -> list[ast.Subscript]:
        """Return the items that are taken in a ``try``, but for those of ``choices``."""
        found = self._items.get(node)
        if found is None:
            found = self._items[node] = [
                one
                for statement in node.body
                for one in ast.walk(statement)
                if isinstance(one, ast.Subscript)
                and not (isinstance(one.value, ast.Attribute) and one.value.attr == "choices")
            ]
        return found

    def names_attribute_error(self, node: ast.Try) -> bool:
        """Whether a handler is there for AttributeError itself."""
        return any("AttributeError" in caught(one) for one in node.handlers)

    def widened(self, node: ast.Try, old: str, new: str) -> tuple[Edit, ...] | None:
        """Let the handler that catches one error catch another one as well."""
        place = self._handler(node, old)
        if not isinstance(place, int) or self._handler(node, new) is not None:
            return None
        kind = node.handlers[place].type
        if isinstance(kind, ast.Tuple):
            end = self.end(kind.elts[-1])
            return (Edit(end, end, f", {new}"),)
        if kind is None:
            return None
        return (
            Edit(self.start(kind), self.start(kind), "("),
            Edit(self.end(kind), self.end(kind), f", {new})"),
        )


def _handler(node: ast.AST, error: str) -> int | str | None:
    accepted = {error, *_PARENTS.get(error, ()), "Exception", "BaseException"}
    if isinstance(node, (ast.With, ast.AsyncWith)):
        names = suppresses(node) and {
            one.id
            for item in node.items
            for one in ast.walk(item.context_expr)
            if isinstance(one, ast.Name)
        }
        return "suppressed" if names and names & accepted else None
    for place, handler in enumerate(getattr(node, "handlers", ())):
        if caught(handler) & accepted:
            return place
    return None


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
