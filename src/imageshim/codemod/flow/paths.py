"""Paths through a function: how they part, and what names hold where they meet."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from . import values as v
from .interpreter import Env, Interpreter

__all__ = ["Joined", "branch", "joined", "merge", "same"]

Joined = tuple[bool, Env]
"""Whether a path reaches its end, and what names hold there."""


def branch(at: Interpreter, env: Env, statements: Iterable[ast.stmt]) -> Joined:
    """Run statements on a path of their own."""
    at.env = dict(env)
    alive = at.block(statements)
    return alive, at.env


def merge(at: Interpreter, *paths: Joined) -> bool:
    """Join paths; returns whether any of them reaches its end."""
    envs = [env for alive, env in paths if alive]
    at.env = joined(envs)
    return bool(envs)


def joined(envs: list[Env]) -> Env:
    """Join the paths that meet: a name that one of them lacks is unbound there, and raises."""
    if not envs:
        return {}
    out = dict(envs[0])
    for env in envs[1:]:
        for name, value in env.items():
            before = out.get(name)
            if before is None:
                if "." not in name:
                    out[name] = value
            elif before is not value:
                out[name] = v.join(before, value)
        for name in [name for name in out if "." in name and name not in env]:
            del out[name]
    return out


def same(before: Env, after: Env) -> bool:
    """Whether a path says nothing new, compared with the one before."""
    for name, value in after.items():
        known = before.get(name)
        if known is value or (known is None and value is v.UNKNOWN):
            continue
        if known is None or known != value:
            return False
    return True
