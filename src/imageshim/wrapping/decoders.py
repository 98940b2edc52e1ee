"""The functions that take an image out of a text, watched while a report is written.

``base64.b64decode`` and its like, and the functions of :mod:`re` whose pattern is after a data URI.
What cannot be seen: the methods of a compiled pattern, a name that a module took before, code in C.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from .known_images import forget_images, treated_anywhere

__all__ = ["unwatch_decoders", "watch_decoders"]

_DECODERS = (
    ("base64", ("b64decode", "standard_b64decode", "urlsafe_b64decode")),
    ("binascii", ("a2b_base64",)),
    (
        "pybase64",
        ("b64decode", "standard_b64decode", "urlsafe_b64decode", "b64decode_as_bytearray"),
    ),
)
_SEARCHES = ("search", "match", "fullmatch", "findall", "finditer", "split")
_REPLACES = ("sub", "subn")
_SIGNS = ("data:", "base64", "image/")
"""What a pattern has that is after a data URI."""

_patched: list[tuple[Any, str, Any, Any]] = []
"""Module, name, the plain function and ours."""


def watch_decoders() -> None:
    """Patch the functions; a second call changes nothing."""
    if _patched:
        return
    for module_name, names in _DECODERS:
        # What nobody has imported yet is imported in order to be seen; it need not be installed.
        module = sys.modules.get(module_name) or _imported(module_name)
        for name in names:
            if hasattr(module, name):
                _patch(module, name, _decoder)
    re = import_module("re")
    for name in _SEARCHES:
        _patch(re, name, functools.partial(_search, place=1))
    for name in _REPLACES:
        _patch(re, name, functools.partial(_search, place=2))


def unwatch_decoders() -> None:
    """Take it back, where nobody has patched above."""
    forget_images()
    while _patched:
        module, name, plain, ours = _patched.pop()
        if getattr(module, name) is ours:
            setattr(module, name, plain)


def _imported(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        return None


def _patch(module: Any, name: str, wrapped: Callable[[str, Any], Any]) -> None:
    plain = getattr(module, name)
    ours = functools.wraps(plain)(wrapped(f"{module.__name__}.{name}", plain))
    _patched.append((module, name, plain, ours))
    setattr(module, name, ours)


def _decoder(name: str, plain: Any) -> Any:
    def decode(*args: Any, **options: Any) -> Any:
        treated_anywhere(args[0] if args else options.get("s"), name)
        return plain(*args, **options)

    return decode


def _search(name: str, plain: Any, *, place: int) -> Any:
    def search(*args: Any, **options: Any) -> Any:
        pattern = args[0] if args else options.get("pattern")
        text = args[place] if len(args) > place else options.get("string")
        sought = getattr(pattern, "pattern", pattern)
        if isinstance(sought, str) and any(sign in sought for sign in _SIGNS):
            treated_anywhere(text, f"{name} {sought[:_LONGEST]!r}")
        return plain(*args, **options)

    return search


_LONGEST = 40
