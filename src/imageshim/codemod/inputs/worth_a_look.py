"""Which files are worth parsing, by ``in`` on their bytes.

Searching bytes runs at hundreds of megabytes a second, parsing at ten. The gate has two levels: a
file that names LiteLLM is analysed, and so is one that reads replies of any client and names
images; another one is analysed where it imports a module that hands out replies, or is imported by
one that hands it replies (the project index knows both by name), or where the user says that its
replies are LiteLLM's.
"""

from __future__ import annotations

import re
from enum import IntEnum

__all__ = ["Level", "level", "reads_images", "reads_replies"]


class Level(IntEnum):
    """How much a file has to do with replies of LiteLLM."""

    NONE = 0
    """Nothing by itself; another file may hand it a reply (the index of the project knows)."""
    STRONG = 1
    """It names LiteLLM, or reads images of some client's replies."""


_STRONG = b"litellm"
_FIELDS = (b"image", b"content")
# How code gets at the image of a message of a reply: by attributes, or by keys.
_STEPS = (
    re.compile(rb"""[."']choices\b"""),
    re.compile(rb"""[."'](?:message|delta)\b"""),
    re.compile(rb"""[."']images?\b|data:image|base64"""),
)

# The same on one line, with nothing but brackets and quotes between.
_READ = re.compile(
    rb"""choices["'\]\s,\[{})]*\[-?\d+\][\s.]*(?:get\()?[\["'(]*(?:message|delta)\b"""
)


def reads_replies(data: bytes) -> bool:
    """Whether a file that does not name LiteLLM reads replies of chat completions."""
    return b"choices" in data and _STRONG not in data and _READ.search(data) is not None


def reads_images(data: bytes) -> bool:
    """Whether a file may read images of replies, of whatever client."""
    return b"choices" in data and all(step.search(data) for step in _STEPS)


def level(data: bytes, *, assume: bool = False) -> Level:
    """Tell how much a file has to do with replies of LiteLLM.

    Args:
        data: the whole file.
        assume: replies of other clients count as LiteLLM's (``--assume-litellm``).

    """
    if _STRONG in data or reads_images(data):
        return Level.STRONG
    if assume:
        return Level.STRONG if any(field in data for field in _FIELDS) else Level.NONE
    return Level.NONE
