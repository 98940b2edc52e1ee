"""Replies whose content says what is done with it, where somebody watches."""

from __future__ import annotations

from typing import Any, TypeVar

from .content_sites import is_watching

__all__ = ["watched"]

R = TypeVar("R")


def watched(reply: R, original: Any = None) -> R:
    """Return a reply, or a chunk, whose content notes what is done with it, if anybody watches."""
    if not is_watching():
        return reply
    from .watched_content import with_watched_content  # noqa: PLC0415  # see the condition

    return with_watched_content(reply, original)
