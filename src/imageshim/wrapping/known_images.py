"""Images that were read in a text, to know them again where the text has become another.

JSON, a model, a database, ``"".join`` or ``encode`` make a new text, which does not say where it
comes from; what the program then decodes still begins as the image did. Kept while a report is
written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .call_site import is_users
from .watched_text import Note, WatchedText, tell

__all__ = ["forget_images", "remember_images", "treated_anywhere"]

_MARK = "base64,"
_PAYLOAD = re.compile(r"[A-Za-z0-9+/_-]{16,4096}")
"""As much of an image as tells it from others: files of one camera begin alike."""
_MOST = 4096
_PLAIN = str.maketrans("-_", "+/")

_known: dict[str, set[Note]] = {}
"""Who read an image, by its beginning."""


def remember_images(text: str, note: Note) -> None:
    """Remember who read the images of a text."""
    for payload in _payloads(text):
        _known.setdefault(payload, set()).add(note)
        if len(_known) > _MOST:
            _known.pop(next(iter(_known)), None)


def forget_images() -> None:
    """Forget all of them."""
    _known.clear()


def treated_anywhere(text: Any, what: str) -> None:
    """Note that a text was treated as an image, by the code that calls the caller.

    A text that does not remember where it was read is known by its image, if the program's own code
    treats it and one place has read that image: of several it could be any.
    """
    if type(text) is WatchedText:
        tell(text, what, 2)
    elif _known and isinstance(text, (str, bytes, bytearray)) and is_users(2):
        plain = text if isinstance(text, str) else text.decode("latin-1")
        readers = {note for one in _payloads(plain) for note in _known.get(one, ())}
        if len(readers) == 1:
            tell(WatchedText("", readers.pop()), what, 2)


def _payloads(text: str) -> Iterator[str]:
    """Yield the beginnings of the images of a text, or of the image that it is."""
    place = text.find(_MARK)
    starts = [0] if place < 0 else []
    while place >= 0:
        starts.append(place + len(_MARK))
        place = text.find(_MARK, starts[-1])
    for start in starts:
        found = _PAYLOAD.match(text, start)
        if found is not None:
            yield found[0].translate(_PLAIN)
