"""Where the user's code stands: the line that calls a model, or that reads a reply.

Frames are looked at while the call or the read runs, in the synchronous part of it: after an
``await`` the frame below is the event loop's. What is kept of a frame is its code, the place in it
and the module's globals, never the frame, which would hold every local variable.
"""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from types import CodeType, FrameType
from typing import Any, NamedTuple

__all__ = [
    "LIBRARIES",
    "Place",
    "calling_place",
    "is_installed",
    "is_users",
    "module_of",
    "reading_place",
    "users_place",
]

LIBRARIES = frozenset({"litellm", "openai"})
"""The packages whose calls are wrapped: a line of theirs is never the user's."""

_BETWEEN = frozenset(
    {
        *LIBRARIES, "imageshim", "wrapt",
        # They wrap calls, as we do.
        "backoff", "ddtrace", "instructor", "langfuse", "openinference", "opentelemetry",
        "tenacity",
        # They run what the user handed to them.
        "asyncio", "concurrent", "contextlib", "functools", "threading", "uvloop",
        "importlib", "runpy",
    }
)  # fmt: skip

_ONLOOKERS = frozenset(
    {"IPython", "_pydev_bundle", "_pydevd_bundle", "imageshim", "inspect", "pprint", "pydevd",
     "reprlib", "rich", "unittest"}
)  # fmt: skip
"""They read whatever there is: a debugger, a printer, a mock, and we."""

_FORWARDERS = frozenset({"get", "__getitem__", "__getattr__", "getter"})
"""Functions of a library that read a field because the user asked for it by name."""


class Place(NamedTuple):
    """A place in running code."""

    code: CodeType
    offset: int
    """The instruction, as ``frame.f_lasti``."""
    module: dict[str, Any]
    """The module's globals."""
    line: int


def module_of(frame: FrameType) -> str:
    """Return the name of the module whose code a frame runs."""
    name = frame.f_globals.get("__name__")
    return name if isinstance(name, str) else ""


@lru_cache(maxsize=8192)
def is_installed(file: object) -> bool:
    """Tell whether a module's file is of an installed package: nobody's to change here."""
    # Without pathlib, which takes longer to import than all the rest of `install`.
    return isinstance(file, str) and not _INSTALLED.isdisjoint(file.replace("\\", "/").split("/"))


_INSTALLED = frozenset({"site-packages", "dist-packages"})


def _root(frame: FrameType) -> str:
    return module_of(frame).partition(".")[0]


def _place(frame: FrameType) -> Place:
    return Place(frame.f_code, frame.f_lasti, frame.f_globals, frame.f_lineno)


def calling_place() -> Place | None:
    """Find the user's line that calls; None where only libraries and threads are below."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  # the documented way to a frame
    while frame is not None:
        if _root(frame) not in _BETWEEN:
            return _place(frame)
        frame = frame.f_back
    return None


def users_place() -> Place | None:
    """Find the line of the user's program below all installed packages, or else of a package."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  # as above
    packages = None
    while frame is not None:
        if _root(frame) not in _BETWEEN:
            if _is_programs(frame.f_code.co_filename):
                return _place(frame)
            packages = packages or frame
        frame = frame.f_back
    return None if packages is None else _place(packages)


def is_users(depth: int) -> bool:
    """Tell whether the code some frames above the caller is the program's own."""
    frame = sys._getframe(depth + 1)  # noqa: SLF001  # as above
    return _root(frame) not in _BETWEEN and _is_programs(frame.f_code.co_filename)


@lru_cache(maxsize=1024)
def _is_programs(file: str) -> bool:
    """Tell whether a file is the program's own: not installed, not of the standard library."""
    return not is_installed(file) and not file.startswith((_STANDARD, "<frozen"))


_STANDARD = os.path.dirname(os.__file__) + os.sep  # noqa: PTH120  # frames give text


def reading_place() -> Place | None:
    """Find the user's line that reads a field; None where a library or an onlooker reads it."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  # as above
    while frame is not None and module_of(frame) in _READERS:
        frame = frame.f_back
    while frame is not None and _root(frame) in LIBRARIES:
        if frame.f_code.co_name not in _FORWARDERS:
            return None
        frame = frame.f_back
    return None if frame is None or _root(frame) in _ONLOOKERS else _place(frame)


_READERS = frozenset({"imageshim.wrapping.old_names", "imageshim.wrapping.watched_content"})
"""The modules whose views are read: the frames between the user's and us."""
