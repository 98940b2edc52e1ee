"""The header of a data URI: what precedes its payload.

``data:image/png;charset=x;base64,``: a media type, parameters, and whether the payload is
base64, in any case (RFC 2397; case: RFC 3986, 3.1, and RFC 2045, 5.1).
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["LONGEST_HEADER", "DataURI", "find_header", "parse", "prefix_at_end"]

LONGEST_HEADER = 256
"""No more characters than this precede the payload, ``data:`` and the comma included."""

_SCHEME = "data:"
_IMAGE = "data:image/"
# Parameters hold nothing that text around a URI is made of: a comma, blanks, quotes, brackets.
_PARAMETERS = r"(?:;[^;,\s\"'<>`()\[\]{}]*)*"
_IMAGE_HEADER = re.compile(rf"[\w.+-]+{_PARAMETERS};base64", re.IGNORECASE | re.ASCII)


class DataURI(NamedTuple):
    """The header of a data URI, read."""

    media_type: str
    """In lower case, without parameters; ``text/plain`` where the URI names none."""
    is_base64: bool
    payload_start: int
    """Index of the payload's first character."""


def parse(uri: str) -> DataURI | None:
    """Read the header of ``uri``; None if it is no data URI. The payload is not looked at."""
    if uri[: len(_SCHEME)].lower() != _SCHEME:
        return None
    comma = uri.find(",", 0, LONGEST_HEADER)
    if comma < 0:
        return None
    media_type, *parameters = (part.strip().lower() for part in uri[5:comma].split(";"))
    is_base64 = parameters[-1:] == ["base64"]
    return DataURI(media_type or "text/plain", is_base64, comma + 1)


def find_header(text: str, start: int = 0, stop: int | None = None) -> tuple[int, int] | None:
    """Find the first ``data:image/…;base64,`` in ``text[start:stop]``, as (start, payload start).

    It is recognised in any case, and only when it is complete.
    """
    limit = len(text) if stop is None else min(stop, len(text))
    colon = text.find(":", start + 4, limit)
    while colon >= 0:
        begin = colon - 4
        # One look at one character spares most colons the rest.
        if text[colon + 1 : colon + 2] in "iI" and text[begin : colon + 7].lower() == _IMAGE:
            comma = text.find(",", colon + 7, min(begin + LONGEST_HEADER, limit))
            if comma >= 0 and _IMAGE_HEADER.fullmatch(str(text[colon + 7 : comma])):
                return begin, comma + 1
        colon = text.find(":", colon + 1, limit)
    return None


def _beginnings(literal: str) -> str:
    """Build a pattern for every beginning of ``literal``, and what may follow all of it."""
    pattern = rf"(?:[\w.+-]+{_PARAMETERS}(?:;base64,)?)?"
    for char in reversed(literal):
        pattern = rf"{char}(?:{pattern})?"
    return pattern


_BEGINNING_AT_END = re.compile(_beginnings(_IMAGE) + r"\Z", re.IGNORECASE | re.ASCII)


def prefix_at_end(text: str) -> int:
    """Length of the longest end of ``text`` that can be the beginning of an image's data URI.

    ``"…dat"`` gives 3, ``"…data:image/png;bas"`` 18, ``"…data:image/png;base64,"`` all of the
    header; once a payload has begun it is `find_header` that finds the URI, and this gives 0.
    """
    tail = text[-LONGEST_HEADER:]
    found = _BEGINNING_AT_END.search(tail)
    return len(tail) - found.start() if found else 0
