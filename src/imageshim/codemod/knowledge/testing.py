"""Mocks: what a test puts in the place of a library's functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imageshim.codemod.flow import values as v
from imageshim.codemod.flow.hooks import Given

if TYPE_CHECKING:
    from imageshim.codemod.flow.interpreter import Interpreter

__all__ = ["mocked"]


def mocked(at: Interpreter, last: str, given: Given) -> None:
    """``patch("litellm.completion")`` and its like: what the file calls is a mock."""
    first = given.first()
    if last in ("patch", "setattr") and isinstance(first, v.Const):
        if isinstance(first.value, str) and first.value.startswith("litellm"):
            at.overwritten.add(first.value)
    elif last in ("object", "setattr") and isinstance(first, v.Ref) and len(given.args) > 1:
        second = given.args[1]
        if isinstance(second, v.Const) and first.name.startswith("litellm"):
            at.overwritten.add(f"{first.name}.{second.value}")
