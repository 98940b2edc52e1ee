"""``match`` statements."""

from __future__ import annotations

import ast

from . import values as v
from .definitions import Definitions
from .state import Env

__all__ = ["Joined", "Patterns"]

Joined = tuple[bool, Env]
"""Whether a path reaches its end, and what names hold there."""


class Patterns(Definitions):
    """Runs match statements."""

    def _run_Match(self, node: ast.Match) -> bool:  # noqa: N802
        subject = self.value(node.subject)
        before = self.env
        paths: list[Joined] = []
        exhausted = False
        for case in node.cases:
            self.env = dict(before)
            self._match(case.pattern, subject)
            if case.guard is not None:
                self.value(case.guard)
            paths.append((self.block(case.body), self.env))
            exhausted |= case.guard is None and _matches_all(case.pattern)
        if not exhausted:
            paths.append((True, before))
        return self.merge(*paths)

    def _match(  # noqa: C901, PLR0912
        self, pattern: ast.pattern, value: v.Value
    ) -> None:
        if isinstance(pattern, ast.MatchAs):
            if pattern.pattern is not None:
                self._match(pattern.pattern, value)
                value = self._narrow_class(pattern.pattern, value)
            if pattern.name is not None:
                self.bind(pattern.name, v.named(value, pattern.name, pattern.lineno))
        elif isinstance(pattern, ast.MatchStar):
            if pattern.name is not None:
                self.bind(pattern.name, v.Seq(None, value))
        elif isinstance(pattern, ast.MatchSequence):
            for one in pattern.patterns:
                self._match(one, self.iterate(value))
        elif isinstance(pattern, ast.MatchOr):
            for one in pattern.patterns:
                self._match(one, value)
        elif isinstance(pattern, ast.MatchClass):
            narrowed = self._narrow_class(pattern, value)
            for name, one in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True):
                self._match(one, self._taken(narrowed, name, pattern))
            for one in pattern.patterns:
                self._match(one, v.UNKNOWN)
        elif isinstance(pattern, ast.MatchMapping):
            for key, one in zip(pattern.keys, pattern.patterns, strict=True):
                said = self.value(key)
                text = said.value if isinstance(said, v.Const) else None
                known = isinstance(text, str)
                self._match(one, self._taken(value, str(text), pattern) if known else v.UNKNOWN)
            if pattern.rest is not None:
                self.bind(pattern.rest, v.UNKNOWN)

    def _taken(self, value: v.Value, name: str, pattern: ast.pattern) -> v.Value:
        return v.each(value, lambda one: self._matched(one, name, pattern))

    def _matched(self, value: v.Value, name: str, pattern: ast.pattern) -> v.Value:
        if isinstance(value, v.Obj):
            if name in ("image", "content"):
                return v.UNKNOWN  # taken by a pattern: there is no expression to rewrite
            return self.piece(value, name, pattern)
        if isinstance(value, v.Mapping):
            return value.get(name) or v.UNKNOWN
        return value if value is v.BOTTOM else v.UNKNOWN

    def _narrow_class(self, pattern: ast.pattern, value: v.Value) -> v.Value:
        if not isinstance(pattern, ast.MatchClass):
            return value
        stated = self.annotation(pattern.cls)
        if not isinstance(stated, v.Obj):
            return value
        known = [
            one
            for one in v.alternatives(value)
            if isinstance(one, v.Obj) and one.kind == stated.kind
        ]
        return v.join_all(known) if known else stated

    def merge(self, *paths: Joined) -> bool:
        """Join paths; in :mod:`.statements`."""
        raise NotImplementedError


def _matches_all(pattern: ast.pattern) -> bool:
    return isinstance(pattern, ast.MatchAs) and pattern.pattern is None
