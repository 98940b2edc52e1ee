"""``match`` statements."""

from __future__ import annotations

import ast
from functools import partial

from . import values as v
from .annotations import annotation
from .interpreter import Interpreter
from .iteration import iterate
from .operators import compared_with
from .paths import Way
from .tables import executes

__all__ = []


@executes(ast.Match)
def _match_statement(at: Interpreter, node: ast.Match) -> bool:
    subject = at.value(node.subject)
    way = Way(at)
    exhausted = False
    for case in node.cases:
        way.part(partial(_case, at, case, subject))
        exhausted |= case.guard is None and _matches_all(case.pattern)
    return way.meet(alive=not exhausted)


def _case(at: Interpreter, case: ast.match_case, subject: v.Value) -> bool:
    _match(at, case.pattern, subject)
    if case.guard is not None:
        at.value(case.guard)
    return at.block(case.body)


def _match(  # noqa: C901, PLR0912
    at: Interpreter, pattern: ast.pattern, value: v.Value
) -> None:
    if isinstance(pattern, ast.MatchAs):
        if pattern.pattern is not None:
            _match(at, pattern.pattern, value)
            value = _narrow_class(at, pattern.pattern, value)
        if pattern.name is not None:
            at.bind(pattern.name, v.named(value, pattern.name, pattern.lineno))
    elif isinstance(pattern, ast.MatchValue):
        compared_with(at, value, at.value(pattern.value), pattern.value)
    elif isinstance(pattern, ast.MatchStar):
        if pattern.name is not None:
            at.bind(pattern.name, v.Seq(None, value))
    elif isinstance(pattern, ast.MatchSequence):
        for one in pattern.patterns:
            _match(at, one, iterate(at, value))
    elif isinstance(pattern, ast.MatchOr):
        way = Way(at)
        for one in pattern.patterns:
            way.part(partial(_matches, at, one, value))
        way.meet(alive=False)
    elif isinstance(pattern, ast.MatchClass):
        narrowed = _narrow_class(at, pattern, value)
        for name, one in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True):
            _match(at, one, _taken(at, narrowed, name, pattern))
        for one in pattern.patterns:
            _match(at, one, v.UNKNOWN)
    elif isinstance(pattern, ast.MatchMapping):
        for key, one in zip(pattern.keys, pattern.patterns, strict=True):
            said = at.value(key)
            text = said.value if isinstance(said, v.Const) else None
            known = isinstance(text, str)
            if known:  # there is no expression to rewrite: the key says where it is
                at.watcher.read(at.function, key, key, value, str(text), "match")
            _match(at, one, _taken(at, value, str(text), pattern) if known else v.UNKNOWN)
        if pattern.rest is not None:
            at.bind(pattern.rest, v.UNKNOWN)


def _matches(at: Interpreter, pattern: ast.pattern, value: v.Value) -> bool:
    _match(at, pattern, value)
    return True


def _taken(at: Interpreter, value: v.Value, name: str, pattern: ast.pattern) -> v.Value:
    return v.each(value, lambda one: _matched(at, one, name, pattern))


def _matched(at: Interpreter, value: v.Value, name: str, pattern: ast.pattern) -> v.Value:
    if isinstance(value, v.Obj):
        if name in at.watcher.spelled:
            return v.UNKNOWN  # taken by a pattern: there is no expression to rewrite
        return at.piece(value, name, pattern)
    if isinstance(value, v.Mapping):
        return value.get(name) or v.UNKNOWN
    return value if value is v.BOTTOM else v.UNKNOWN


def _narrow_class(at: Interpreter, pattern: ast.pattern, value: v.Value) -> v.Value:
    if not isinstance(pattern, ast.MatchClass):
        return value
    stated = annotation(at, pattern.cls)
    if not isinstance(stated, v.Obj):
        return value
    known = [
        one for one in v.alternatives(value) if isinstance(one, v.Obj) and one.kind == stated.kind
    ]
    return v.join_all(known) if known else stated


def _matches_all(pattern: ast.pattern) -> bool:
    return isinstance(pattern, ast.MatchAs) and pattern.pattern is None
