"""Which files are worth parsing, by ``in`` on their bytes.

Searching bytes runs at hundreds of megabytes a second, parsing at ten. A file that names LiteLLM is
analysed, and so is one that reads replies of any client and names images; another one is analysed
where it imports a module that hands out replies, or is imported by one that hands it replies (the
project index knows both by name), or where the user says that its replies are LiteLLM's.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Look", "is_tracked", "look_at", "reads_images"]


class Look(NamedTuple):
    """What the bytes of a file say."""

    worth_it: bool
    """It names LiteLLM, or reads images of some client's replies. If not, another file may still
    hand it a reply."""
    unknown: bool
    """It reads replies of chat completions, and does not name LiteLLM."""


_FIELDS = (b"image", b"content")
# How code gets at the image of a message of a reply: by attributes, or by keys.
_STEPS = (
    re.compile(rb"""[."']choices\b"""),
    re.compile(rb"""[."'](?:message|delta)\b"""),
    re.compile(rb"""[."']images?\b|data:image|base64"""),
)
# choices[0].message, or ["choices"][0]["delta"], with nothing but brackets and quotes between.
_READ = re.compile(
    rb"""choices["'\]\s,\[{})]*\[-?\d+\][\s.]*(?:get\()?[\["'(]*(?:message|delta)\b"""
)


def reads_images(data: bytes) -> bool:
    """Whether a file may read images of replies, of whatever client."""
    return b"choices" in data and all(step.search(data) for step in _STEPS)


def is_tracked(data: bytes) -> bool:
    """Whether to note where what is not known comes from: it may be a reply of any client.

    What imports by a computed name may import several things, of which some are known.
    """
    return reads_images(data) or b"import_module" in data


def look_at(data: bytes, *, assume: bool = False) -> Look:
    """Tell how much a file has to do with replies of LiteLLM.

    Args:
        data: the whole file.
        assume: replies of other clients count as LiteLLM's (``--assume-litellm``).

    """
    if b"litellm" in data:
        return Look(worth_it=True, unknown=False)
    if assume:
        return Look(worth_it=any(field in data for field in _FIELDS), unknown=False)
    if b"choices" not in data:
        return Look(worth_it=False, unknown=False)
    return Look(worth_it=reads_images(data), unknown=_READ.search(data) is not None)
