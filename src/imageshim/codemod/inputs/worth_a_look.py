"""Which files are worth parsing, by ``in`` on their bytes.

Searching bytes runs at hundreds of megabytes a second, parsing at ten. The gate has two levels: a
file that names LiteLLM is analysed; another one is analysed where it imports a module that hands
out replies, or is imported by one that hands it replies (the project index knows both by name),
or where the user says that its replies are LiteLLM's.
"""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Level", "level"]


class Level(IntEnum):
    """How much a file has to do with replies of LiteLLM."""

    NONE = 0
    """Nothing by itself; another file may hand it a reply (the index of the project knows)."""
    STRONG = 1
    """It names LiteLLM."""


_STRONG = b"litellm"
_FIELDS = (b"image", b"content")


def level(data: bytes, *, assume: bool = False) -> Level:
    """Tell how much a file has to do with replies of LiteLLM.

    Args:
        data: the whole file.
        assume: replies of other clients count as LiteLLM's (``--assume-litellm``).

    """
    if _STRONG in data:
        return Level.STRONG
    if assume:
        return Level.STRONG if any(field in data for field in _FIELDS) else Level.NONE
    return Level.NONE
