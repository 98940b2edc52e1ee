"""Tests: fixtures, and mocks in the place of a library's functions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath

from imageshim.codemod.flow import values as v
from imageshim.codemod.flow.hooks import Given
from imageshim.codemod.flow.interpreter import Interpreter

from .library import Library
from .litellm import CALLS, ROUTER

__all__ = ["LIBRARY", "is_for_tests", "replaces_replies"]

_REPLACED = frozenset({*CALLS, *ROUTER})
# Packages, and fixtures of them, that answer in the place of a server.
_SERVERS = re.compile(rb"\b(?:respx|respx_mock|responses|requests_mock|httpx_mock|aioresponses)\b")
_OF_TESTS = re.compile(r"(?:test|fake|mock|stub)s?(?:_.*)?|conftest")


def replaces_replies(names: Iterable[str], data: bytes, *, assume: bool) -> bool:
    """Whether a file puts something in the place of what gives replies.

    Args:
        names: the names of other modules that it replaces.
        data: the file.
        assume: replies of other clients and servers count as well.

    """
    for name in names:
        last = name.rpartition(".")[2]
        if last in _REPLACED or "litellm" in name or (assume and last in ("create", "post")):
            return True
    return assume and _SERVERS.search(data) is not None


def is_for_tests(path: str) -> bool:
    """Whether a file is there for tests, by its name."""
    return _OF_TESTS.fullmatch(PurePath(path).stem.lower()) is not None


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
