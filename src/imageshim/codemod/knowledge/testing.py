"""Tests: fixtures, and mocks in the place of a library's functions."""

from __future__ import annotations

from imageshim.codemod.flow import values as v
from imageshim.codemod.flow.hooks import Given
from imageshim.codemod.flow.interpreter import Interpreter

from .library import Library

__all__ = ["LIBRARY"]


def _by_name(at: Interpreter, given: Given) -> None:
    """``patch("litellm.completion")``: what the file calls is a mock."""
    first = given.first()
    if isinstance(first, v.Const) and isinstance(first.value, str):
        at.overwritten.add(first.value)
        _hand(given)


def _by_attribute(at: Interpreter, given: Given) -> None:
    """``patch.object(litellm, "completion")``."""
    first = given.first()
    if isinstance(first, v.Ref) and len(given.args) > 1 and isinstance(given.args[1], v.Const):
        at.overwritten.add(f"{first.name}.{given.args[1].value}")
        _hand(given)


def _hand(given: Given) -> None:
    """Note that a fixture is what the code under test gets."""
    for one in v.alternatives(given.keywords.get("return_value", v.UNKNOWN)):
        for origin in one.origins if isinstance(one, v.Obj) else ():
            origin.handed = True


def _set(at: Interpreter, given: Given) -> None:
    """``monkeypatch.setattr(…)`` takes both."""
    _by_name(at, given)
    _by_attribute(at, given)


LIBRARY = Library(
    transparent=frozenset({"pytest.fixture", "pytest.mark.asyncio"}),
    fixtures=frozenset({"pytest.fixture"}),
    replacing={"patch": _by_name, "object": _by_attribute, "setattr": _set},
)
