"""Paths through a function: how they part, and what names hold where they meet."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence

from . import values as v
from .environment import Changes
from .interpreter import Interpreter

__all__ = ["Joined", "branch", "joined", "merge", "same"]

Joined = tuple[bool, Changes]
"""Whether a path reaches its end, and what it changed."""


def branch(
    at: Interpreter, statements: Iterable[ast.stmt], before: Changes | None = None
) -> Joined:
    """Run statements on a path of their own, which begins with some changes."""
    mark = at.env.fork()
    at.env.apply(before or {})
    alive = at.block(statements)
    return alive, at.env.back(mark)


def merge(at: Interpreter, *paths: Joined) -> bool:
    """Join paths that began here; returns whether any of them reaches its end."""
    alive = [changes for reaches, changes in paths if reaches]
    at.env.apply(joined(at.env, alive))
    return bool(alive)


def joined(env: Mapping[str, v.Value], paths: Sequence[Changes]) -> Changes:
    """Join the paths that meet: a name that one of them lacks is unbound there, and raises."""
    found: dict[str, list[tuple[int, v.Value | None]]] = {}
    for place, changes in enumerate(paths):
        for name, value in changes.items():
            found.setdefault(name, []).append((place, value))
    return {name: _met(name, env.get(name), met, len(paths)) for name, met in found.items()}


def _met(
    name: str, before: v.Value | None, met: list[tuple[int, v.Value | None]], paths: int
) -> v.Value | None:
    values = [value for _, value in met]
    if len(values) < paths:  # some path leaves it as it was: the first of them in its place
        first = next((n for n, (place, _) in enumerate(met) if n != place), len(met))
        values.insert(first, before)
    known = [value for value in values if value is not None]
    if not known or ("." in name and len(known) < len(values)):
        return None
    return v.join_all(known)


def same(env: Mapping[str, v.Value], changes: Changes) -> bool:
    """Whether a path says nothing new, compared with what it began with."""
    for name, value in changes.items():
        known = env.get(name)
        if value is None or known is value or (known is None and value is v.UNKNOWN):
            continue
        if known is None or known != value:
            return False
    return True
