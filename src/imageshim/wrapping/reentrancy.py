"""Whether a library's own code is running: then its calls of itself are left alone.

LiteLLM calls itself and the OpenAI SDK, and caches what they return. Only the outermost call is
converted to what a caller wants, so that no cache ever holds a format of a caller's.
"""

from __future__ import annotations

from contextvars import ContextVar, Token

__all__ = ["INSIDE", "leave"]

INSIDE: ContextVar[str | None] = ContextVar("imageshim_inside_library", default=None)
"""The library whose call is running."""


def leave(token: Token[str | None]) -> None:
    """Undo ``INSIDE.set()``, also where another context closes a coroutine than began it."""
    try:  # noqa: SIM105  # suppress() costs more than all the rest, for every chunk
        INSIDE.reset(token)
    except ValueError:
        pass  # that context ends with the coroutine
