"""Reads of fields that a reply has."""

from __future__ import annotations

import ast
import dataclasses
from dataclasses import dataclass

from imageshim.codemod.findings import Step

from . import values as v
from .scopes import Function

__all__ = ["Read"]


@dataclass(eq=False)
class Read:
    """A read of a field that a reply has, over all paths that were seen."""

    node: ast.expr
    """The whole expression: ``m.image``, ``m["image"]``, ``m.get("image", …)``, …"""
    base: ast.expr
    """What is read from."""
    field: str
    how: str
    """attribute, item, get, getattr, hasattr or in."""
    default: ast.expr | None
    function: Function | None
    objects: list[v.Obj] = dataclasses.field(default_factory=list)
    certain: bool = True
    """Whether it is a reply's on every path."""

    @property
    def carriers(self) -> set[str]:
        """Return the kinds of objects that it reads from: litellm, openai, dict."""
        return {one.carrier for one in self.objects}

    @property
    def origins(self) -> set[v.Origin]:
        """Where what it reads comes from; empty where that is not proven at all."""
        return {origin for one in self.objects for origin in one.origins}

    @property
    def holders(self) -> set[str]:
        """The kinds of what it reads from: message, delta, item, and so on."""
        return {one.kind for one in self.objects}

    @property
    def chain(self) -> tuple[Step, ...]:
        """How what it reads got there."""
        chain = next((one.chain for one in self.objects if one.chain), ())
        return (*chain, Step(self.node.lineno, "read"))
