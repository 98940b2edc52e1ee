"""Whether a library's own code is running: then its calls of itself are left alone.

LiteLLM calls itself and the OpenAI SDK, and caches what they return. Only the outermost call is
converted to what a caller wants, so that no cache ever holds a format of a caller's.
"""

from __future__ import annotations

import sys
from contextvars import ContextVar, Token
from types import FrameType
from typing import Any

__all__ = ["INSIDE", "is_adapters", "leave"]

INSIDE: ContextVar[str | None] = ContextVar("imageshim_inside_library", default=None)
"""The library whose call is running."""


def leave(token: Token[Any]) -> None:
    """Undo ``set()``, also where another context closes a coroutine or a block than began it."""
    try:  # noqa: SIM105  # suppress() costs more than all the rest, for every chunk
        token.var.reset(token)
    except ValueError:
        pass  # that context ends with the coroutine


_ADAPTERS = ("litellm.responses.", "litellm.google_genai.", "litellm.llms.")
"""LiteLLM's other endpoints (Responses, Google's, Anthropic's), which ask chat completions and make
something else of the reply: in an old format they would not find its images."""
_OURS = frozenset({"imageshim", "wrapt"})


def is_adapters() -> bool:
    """Tell whether it is one of those that calls, as it does outside of any wrapped call."""
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001  # the documented way to a frame
    while frame is not None:
        name = frame.f_globals.get("__name__") or ""
        if name.partition(".")[0] not in _OURS:
            return name.startswith(_ADAPTERS)
        frame = frame.f_back
    return False
