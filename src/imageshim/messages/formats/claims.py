"""What an item or a part says that it is: an image, something else, or nothing.

A media type that is written outranks ``type``, unless the type names a result, a citation or a
document: the AI SDK's ``{"type": "file", "mediaType": "image/png"}`` is an image, the preview of a
search result is none. Types are compared word by word, so that ``web_search_result``,
``source-url`` and ``inputAudio`` need no entry each.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from typing import Any

from imageshim.messages import carriers

__all__ = ["Claim", "claim_of", "is_generic", "media_type_of"]


class Claim(Enum):
    """What an item says that it is."""

    IMAGE = "image"
    NOTHING = "nothing"
    OTHER = "other"
    """Something else, unless a data URI in it says that it is an image."""
    NEVER = "never"
    """Something else, whatever it holds."""


_MEDIA_TYPES = ("mime_type", "mimeType", "media_type", "mediaType")
_IMAGE = "image/"
_GENERIC = frozenset(
    {
        *("", "image", "image/", "image/*", "*/*"),
        *("application/octet-stream", "binary/octet-stream", "application/binary"),
    }
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_NEVER = frozenset(
    {"result", "results", "citation", "citations", "document", "documents", "search", "source"}
)
_OTHER = frozenset(
    {
        *("audio", "sound", "speech", "voice", "video", "file", "pdf", "text", "code"),
        *("link", "reference", "annotation", "refusal", "reasoning", "thinking", "tool", "error"),
        *("function", "json", "transcript", "resource"),
    }
)


def is_generic(media_type: str) -> bool:
    """Tell whether a media type says nothing: none, half of one, or "some bytes"."""
    return media_type in _GENERIC


def media_type_of(item: Any) -> str | None:
    """Return the media type that an item claims, in lower case; None where it says nothing."""
    for name in _MEDIA_TYPES:
        claimed = carriers.get(item, name)
        if isinstance(claimed, str):
            found = claimed.partition(";")[0].strip().lower()
            if not is_generic(found):
                return found
    return None


def _named(kind: str) -> Claim:
    if "/" in kind:  # a media type, as DIAL writes
        media_type = kind.partition(";")[0].strip().lower()
        if media_type.startswith(_IMAGE):
            return Claim.IMAGE
        return Claim.NOTHING if is_generic(media_type) else Claim.OTHER
    words = {word.lower() for word in _WORD.findall(kind)}
    if not words.isdisjoint(_NEVER):
        return Claim.NEVER
    if "image" in words:
        return Claim.IMAGE
    return Claim.NOTHING if words.isdisjoint(_OTHER) else Claim.OTHER


_claim_of_type: Callable[[str], Claim] = lru_cache(maxsize=256)(_named)
_LONGEST_TYPE = 64


def claim_of(item: Any) -> Claim:
    """Tell what an item says that it is, by its media type and its ``type``."""
    kind = carriers.get(item, "type")
    named = Claim.NOTHING
    if isinstance(kind, str):
        if kind == "image_url" and type(item) is dict and item.keys() <= _USUAL:
            return Claim.IMAGE  # as nearly all are: it claims no media type
        named = _claim_of_type(kind[:_LONGEST_TYPE])
    media_type = media_type_of(item)
    if named is Claim.NEVER or media_type is None:
        return named
    return Claim.IMAGE if media_type.startswith(_IMAGE) else Claim.OTHER


_USUAL = frozenset({"type", "image_url", "index"})
