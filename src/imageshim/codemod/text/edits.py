"""Edits are ranges of bytes: what no edit covers stays as it is, byte for byte.

Before a changed file is handed out it is proven: it parses, the bytes outside of the edits are the
old ones, and its tree is the old tree but for the nodes that the edits lie in.
"""

from __future__ import annotations

import ast
import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from imageshim.codemod.findings import Edit
from imageshim.errors import ImageShimError

from .source import Positioned, Source, SourceError

__all__ = ["EditError", "apply", "verify", "verify_comments"]


class EditError(ImageShimError):
    """Edits that cannot be made, or whose result is not what was planned; the file stays."""


def apply(source: Source, edits: Sequence[Edit]) -> bytes:
    r"""Return the file with the edits made, in its own encoding and line ends.

    ``\n`` in the text of an edit becomes the file's own line end.

    Raises:
        EditError: edits overlap or lie outside of the file, or their text cannot be written in the
            file's encoding.

    """
    pieces: list[bytes] = []
    done = 0
    for edit in sorted(edits):
        if not done <= edit.start <= edit.end <= len(source.data):
            what = f"{source.path}: an edit at bytes {edit.start} to {edit.end} does not fit"
            raise EditError(what)
        pieces += (source.data[done : edit.start], _encoded(source, edit.text))
        done = edit.end
    return b"".join((*pieces, source.data[done:]))


def _encoded(source: Source, text: str) -> bytes:
    try:
        return text.replace("\n", source.newline).encode(source.encoding)
    except UnicodeEncodeError as error:
        raise EditError(f"{source.path}: {text!r} is not {source.encoding}: {error}") from None


def verify(source: Source, edits: Sequence[Edit], new: bytes) -> Source:
    """Prove that ``new`` is the file with these edits, and nothing else changed; return it.

    Raises:
        EditError: it is not; the message says where.

    """
    changed = _parsed(source, new)
    _same_outside(source, edits, new)
    _Comparison(source, changed, edits).run(source.tree, changed.tree)
    return changed


def verify_comments(source: Source, new: bytes) -> None:
    """Prove that a file with comments put into it is the same code.

    Raises:
        EditError: it is not.

    """
    changed = _parsed(source, new)
    _Comparison(source, changed, ()).run(source.tree, changed.tree)


def _parsed(source: Source, new: bytes) -> Source:
    changed = Source(source.path, new)
    try:
        changed.tree  # noqa: B018  # parsed here
    except SourceError as error:
        raise EditError(f"the edited file would not be Python: {error}") from None
    return changed


def _same_outside(source: Source, edits: Sequence[Edit], new: bytes) -> None:
    old_at = new_at = 0
    ordered = [*sorted(edits), Edit(len(source.data), len(source.data), "")]
    for edit in ordered:
        length = edit.start - old_at
        if source.data[old_at : edit.start] != new[new_at : new_at + length]:
            raise EditError(f"{source.path}: bytes outside of the edits changed near {old_at}")
        new_at += length
        text = _encoded(source, edit.text)
        if new[new_at : new_at + len(text)] != text:
            raise EditError(f"{source.path}: the edit at byte {edit.start} is not what was planned")
        new_at += len(text)
        old_at = edit.end
    if new_at != len(new):
        raise EditError(f"{source.path}: the edited file has bytes at its end that no edit made")


_POSITIONED = (ast.expr, ast.stmt, ast.keyword, ast.excepthandler, ast.alias)


def _between(places: Sequence[int], start: int, end: int) -> bool:
    """Whether one of some places in order lies between two."""
    first = bisect_left(places, start)
    return first < len(places) and places[first] <= end


def _is_statement(edit: Edit) -> bool:
    """Whether an edit inserts whole lines, between statements."""
    return edit.start == edit.end and (edit.text[:1] == "\n" or edit.text[-1:] == "\n")


class _Ranges:
    """Ranges of a file, asked whether one of them covers another."""

    def __init__(self, ranges: Iterable[tuple[int, int]]) -> None:
        ordered = sorted(ranges)
        self._starts = [start for start, _ in ordered]
        self._reach = list(itertools.accumulate((end for _, end in ordered), max))

    def cover(self, start: int, end: int) -> bool:
        place = bisect_right(self._starts, start)
        return place > 0 and self._reach[place - 1] >= end

    def gaps(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield what lies between the ranges and the ends of a larger one, edges included."""
        return zip((start, *self._reach), (*self._starts, end), strict=True)


class _Edge(NamedTuple):
    """A node that may differ inside: an insertion is at the edge of a child."""

    node: Positioned
    start: int
    end: int
    behind: int
    """How much is left to compare behind it."""
    around: _Edge | None


_Pair = tuple[ast.AST, ast.AST, "_Edge | None"]


class _Comparison:
    """Walks two trees in step and stops at the nodes that edits lie in."""

    def __init__(self, old: Source, new: Source, edits: Sequence[Edit]) -> None:
        self.old, self.new = old, new
        self.edits = sorted(edits)
        self._starts = [edit.start for edit in self.edits]
        # Edits do not overlap, so that their ends are in order too; a sum for each place.
        self._by_end = sorted(self.edits, key=lambda edit: edit.end)
        self._ends = [edit.end for edit in self._by_end]
        lengths = [len(_encoded(old, edit.text)) for edit in self._by_end]
        self._growths = [
            length - (edit.end - edit.start)
            for edit, length in zip(self._by_end, lengths, strict=True)
        ]
        self._insertions = [
            edit.start for edit in self.edits if edit.start == edit.end and not _is_statement(edit)
        ]
        self._shifts = [0, *itertools.accumulate(self._growths)]
        self._reach = list(itertools.accumulate((edit.end for edit in self.edits), max))
        self._new_lines = _Ranges(
            (first, first + len(_encoded(old, edit.text)))
            for edit in self.edits
            if _is_statement(edit)
            for first in [self.moved(edit.start, past=True)]
        )

    def moved(self, offset: int, *, past: bool) -> int:
        """Where an offset of the old file is in the new one; ``past`` what is inserted there.

        Statements that are inserted before a node are never part of it.
        """
        place = bisect_left(self._ends, offset)
        shift = self._shifts[place]
        while place < len(self._ends) and self._ends[place] == offset:
            edit = self._by_end[place]
            if past != _is_statement(edit) or edit.start < edit.end:
                shift += self._growths[place]
            place += 1
        return offset + shift

    def span(self, source: Source, node: Positioned) -> tuple[int, int]:
        start, end = source.span(node)
        return source.offset_of(start), source.offset_of(end)

    def run(self, old: ast.AST, new: ast.AST) -> None:
        """Compare two trees.

        Raises:
            EditError: they differ outside of the edits.

        """
        todo: list[_Pair] = [(old, new, None)]
        while todo:
            one, other, edge = todo.pop()
            try:
                if self._is_planned(one, other):
                    continue
                edge = self._edge(one, other, edge, len(todo))
                todo += ((*pair, edge) for pair in self._pairs(one, other))
            except EditError as error:  # what is left depends on it
                del todo[self._excused(error, edge) :]

    def _is_planned(self, one: ast.AST, other: ast.AST) -> bool:
        """Whether an edit is in a node itself, which then needs no look inside.

        Raises:
            EditError: they are different nodes, or the new one is not where it should be.

        """
        if isinstance(one, _POSITIONED) and isinstance(other, _POSITIONED):
            start, end = self.span(self.old, one)
            if self._belongs(one, start, end):
                if not self._is_in_place(other, start, end):
                    raise self._differs(other)
                return True
        if type(one) is not type(other):
            raise self._differs(one)
        return False

    def _edge(
        self, one: ast.AST, other: ast.AST, around: _Edge | None, behind: int
    ) -> _Edge | None:
        """Return the innermost node that has an insertion at the edge of a child.

        Between two children an insertion touches both and belongs to neither.
        """
        if not isinstance(one, _POSITIONED) or not isinstance(other, _POSITIONED):
            return around
        start, end = self.span(self.old, one)
        inside = _between(self._insertions, start, end)
        if inside and any(
            _between(self._insertions, place, place) and start <= place <= end
            for child in ast.iter_child_nodes(one)
            if isinstance(child, _POSITIONED)
            for place in self.span(self.old, child)
        ):
            return _Edge(other, start, end, behind, around)
        return around

    def _excused(self, error: EditError, edge: _Edge | None) -> int:
        """Return how much is left to do where a node around a difference is what was planned."""
        while edge is not None and not self._is_in_place(edge.node, edge.start, edge.end):
            edge = edge.around
        if edge is None:
            raise error
        return edge.behind

    def _belongs(self, node: Positioned, start: int, end: int) -> bool:
        """Whether no child holds one of the edits in a node: then it is this that the edit is in.

        Only the edits between its children are looked at: a node can be around very many.
        """
        if not _between(self._starts, start, end):
            return False
        children = _Ranges(self._spans_inside(node))
        return any(
            start <= edit.start
            and edit.end <= end
            and not _is_statement(edit)
            and not children.cover(edit.start, edit.end)
            for first, last in children.gaps(start, end)
            for edit in self._meeting(first, last)
        )

    def _meeting(self, start: int, end: int) -> Sequence[Edit]:
        return self.edits[bisect_left(self._reach, start) : bisect_right(self._starts, end)]

    def _spans_inside(self, node: Positioned) -> Iterator[tuple[int, int]]:
        for child in ast.iter_child_nodes(node):
            for inner in (child,) if isinstance(child, _POSITIONED) else ast.walk(child):
                if isinstance(inner, _POSITIONED):
                    yield self.span(self.old, inner)

    def _is_in_place(self, node: Positioned, start: int, end: int) -> bool:
        """Whether the new node lies where the old one did, parentheses apart."""
        first, last = self.moved(start, past=False), self.moved(end, past=True)
        begin, stop = self.span(self.new, node)
        around = self.new.data[first:begin] + self.new.data[stop:last]
        return first <= begin <= stop <= last and not around.strip(b" \t\r\n()")

    def _pairs(self, old: ast.AST, new: ast.AST) -> list[tuple[ast.AST, ast.AST]]:
        pairs: list[tuple[ast.AST, ast.AST]] = []
        for name in old._fields:
            one, other = getattr(old, name, None), getattr(new, name, None)
            if isinstance(one, list) and isinstance(other, list):
                kept = [item for item in other if not self._inserted(item)]
                if len(kept) != len(one):
                    raise self._differs(old)
                for left, right in zip(one, kept, strict=True):
                    if isinstance(left, ast.AST) and isinstance(right, ast.AST):
                        pairs.append((left, right))
                    elif left != right:
                        raise self._differs(old)
            elif isinstance(one, ast.AST) and isinstance(other, ast.AST):
                pairs.append((one, other))
            elif type(one) is not type(other) or one != other:
                if one != one and other != other:  # noqa: PLR0124  # not-a-number, as 1e999 - 1e999
                    continue
                raise self._differs(old)
        return pairs

    def _inserted(self, node: object) -> bool:
        """Whether a statement of the new tree lies in what an edit inserted between statements."""
        if not isinstance(node, ast.stmt):
            return False
        begin, stop = self.span(self.new, node)
        return self._new_lines.cover(begin, stop)

    def _differs(self, node: ast.AST) -> EditError:
        line = getattr(node, "lineno", 1)
        return EditError(f"{self.old.path}:{line}: the edits would change more than was planned")
