"""Paths through a function: how they part, and what names hold where they meet."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise

from . import values as v
from .environment import Changes
from .interpreter import Interpreter

__all__ = ["Joined", "Way", "branch", "joined", "merge", "same"]

Joined = tuple[bool, Changes]
"""Whether a path reaches its end, and what it changed."""
Held = list[tuple[int, "v.Value | None"]]
"""What a name holds, and from which path on."""


class Way:
    """A way from which paths part one after another, and on which names change in between.

    What changes on the way is said once, not for each of the paths that part behind it.
    """

    def __init__(self, at: Interpreter) -> None:
        self._at = at
        self._mark = self._told = at.env.fork()
        self._held: dict[str, Held] = {}
        self._paths: list[Changes] = []

    def part(self, run: Callable[[], bool]) -> None:
        """Run what stands on a path that parts here."""
        self._tell()
        mark = self._at.env.fork()
        alive = run()
        changes = self._at.env.back(mark)
        if alive:
            self._paths.append(changes)

    def meet(self, *, alive: bool) -> bool:
        """Join the paths, with the way itself if its end is reached; whether there are any."""
        self._tell()
        env = self._at.env
        env.back(self._mark)
        if alive:
            self._paths.append({})
        env.apply(joined(env, self._paths, self._held))
        return bool(self._paths)

    def _tell(self) -> None:
        for name, value in self._at.env.since(self._told).items():
            self._held.setdefault(name, []).append((len(self._paths), value))
        self._told = self._at.env.here()


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


def joined(
    env: Mapping[str, v.Value], paths: Sequence[Changes], held: Mapping[str, Held] | None = None
) -> Changes:
    """Join the paths that meet: a name that one of them lacks is unbound there, and raises.

    A path that says nothing of a name leaves what was ``held`` there, or before all of them.
    """
    if not paths:
        return {}
    held = held or {}
    found: dict[str, Held] = {name: [] for name in held}
    for place, changes in enumerate(paths):
        for name, value in changes.items():
            found.setdefault(name, []).append((place, value))
    return {
        name: _met(name, [(0, env.get(name)), *held.get(name, ()), (len(paths), None)], met)
        for name, met in found.items()
    }


def _met(name: str, held: Held, met: Held) -> v.Value | None:
    values: list[v.Value | None] = []
    seen = 0
    for (start, value), (end, _) in pairwise(held):
        first = free = len(values)
        while seen < len(met) and met[seen][0] < end:
            if met[seen][0] == start + free - first and free == len(values):
                free += 1
            values.append(met[seen][1])
            seen += 1
        if len(values) - first < end - start:  # some path leaves it: the first in its place
            values.insert(free, value)
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
