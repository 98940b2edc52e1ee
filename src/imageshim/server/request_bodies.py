"""What is looked for in a request's JSON, found without reading the rest into memory.

A request may be 100 bytes or megabytes of nesting, and comes from anybody. So no tree is made of
it: the members of two objects (the request and its ``metadata``) are walked through, everything
else is stepped over, with no stack and no copies. What is found is cut out of the text: the
client's numbers, blanks and order of keys reach the upstream as they came.

Bytes are taken for letters, one for one: what is looked for is ASCII, and so is JSON's structure.
No step looks at more than a window of them, because it keeps every other thread waiting.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from json.decoder import scanstring  # type: ignore[attr-defined]  # the stubs lack it
from typing import NamedTuple

from imageshim.messages.origin import asks_for_images

from .asked import METADATA_KEY
from .pieces import WINDOW, count

__all__ = ["NOTHING", "Found", "can_hold", "look"]

_SMALL = 4096
"""Longer values are nothing that is looked for."""
_DEEP = 64
"""Nor are values of more lists and objects; how deep a parser goes depends on the Python."""

_MOST_PIECES = 1 << 19
"""Strings, lists and objects of the largest request that is read: half a second of one thread."""

_BLANK = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r"[-+.\w]*", re.ASCII)
_STRUCTURE = re.compile(r'["\[\]{}]')


class Found(NamedTuple):
    """What a request says, and the body without what only concerns us (None: as it came)."""

    wish: object = None
    model: str | None = None
    wants_images: bool = False
    rest: bytes | None = None


NOTHING = Found()
"""What is found in a request that is not looked through."""


def can_hold(body: bytes, *, model: bool) -> bool:
    """Tell whether anything that is looked for can be there, also where a key has escapes."""
    return (
        METADATA_KEY.encode() in body
        or b"modalities" in body
        or (model and b"model" in body)
        or b"\\u00" in body
    )


def look(body: bytes) -> Found:
    """Look through a request's body.

    Raises:
        ValueError: it is no JSON object, or has too many pieces.

    """
    if count(body, (b'"', b"[", b"{"), _MOST_PIECES) > _MOST_PIECES:
        raise ValueError("the request has too many pieces to be looked through")
    return _Request(body.decode("latin-1")).found()


class _Request:
    def __init__(self, text: str) -> None:
        self._text = text
        self._wish: object = None
        self._model: object = None
        self._modalities: object = None

    def found(self) -> Found:
        at = _blank(self._text, 0)
        if self._text[at : at + 1] != "{":
            raise ValueError("the request is not an object")
        cuts = _Cuts()
        end = _members(self._text, at, cuts, self._member)
        if _blank(self._text, end) != len(self._text):
            raise ValueError("something is behind the request")
        spans = cuts.spans
        return Found(
            self._wish,
            self._model if isinstance(self._model, str) else None,
            asks_for_images(self._modalities),
            _without(self._text, spans).encode("latin-1") if spans else None,
        )

    def _member(self, key: str, at: int, cuts: _Cuts) -> tuple[int, bool]:
        """Take a member of the request; gives its end, and whether it goes."""
        if key == "metadata" and self._text[at : at + 1] == "{":
            inner = _Cuts()
            end = _members(self._text, at, inner, self._in_metadata)
            # OpenAI refuses a metadata in requests that are not stored: one that held nothing else
            # goes with what it held.
            emptied = bool(inner.spans) and not inner.kept
            if not emptied:
                cuts.spans += inner.spans
            return end, emptied
        end = _skip(self._text, at)
        if key == "model":
            self._model = _value(self._text, at, end)
        elif key == "modalities":
            self._modalities = _value(self._text, at, end)
        return end, False

    def _in_metadata(self, key: str, at: int, _: _Cuts) -> tuple[int, bool]:
        end = _skip(self._text, at)
        if key == METADATA_KEY:
            self._wish = _value(self._text, at, end)
        return end, key == METADATA_KEY


class _Cuts:
    """Which members of one object go, as spans of the text with the commas that go with them."""

    def __init__(self) -> None:
        self.spans: list[tuple[int, int]] = []
        self.kept = False
        self._first: int | None = None  # where members begin that go, and nothing stays before
        self._end = 0

    def add(self, start: int, end: int, *, goes: bool) -> None:
        if goes and self.kept:
            self.spans.append((self._end, end))
        elif goes and self._first is None:
            self._first = start
        elif not goes and not self.kept:
            self.kept = True
            if self._first is not None:
                # What lies inside this member was cut before, and lies behind.
                self.spans.append((self._first, start))
        self._end = end

    def finish(self) -> None:
        if not self.kept and self._first is not None:
            self.spans.append((self._first, self._end))
        self.spans.sort()


_Take = Callable[[str, int, _Cuts], tuple[int, bool]]


def _members(text: str, at: int, cuts: _Cuts, take: _Take) -> int:
    """Go through the members of the object that begins at ``at``; gives its end."""
    at = _blank(text, at + 1)
    if text[at : at + 1] == "}":
        return at + 1
    while True:
        start = at
        key, at = _string(text, at)
        at = _expect(text, at, ":")
        end, goes = take(key, _blank(text, at), cuts)
        cuts.add(start, end, goes=goes)
        at = _blank(text, end)
        if text[at : at + 1] == "}":
            cuts.finish()
            return at + 1
        at = _blank(text, _expect(text, at, ","))


def _skip(text: str, at: int) -> int:
    """Give the end of the value that begins at ``at``."""
    if text[at : at + 1] == '"':
        return _behind(text, at)
    if text[at : at + 1] not in {"[", "{"}:
        end = _run(_SCALAR, text, at)
        if end == at:
            raise ValueError("a value is missing")
        return end
    depth = 0
    while True:
        found = _STRUCTURE.search(text, at, at + WINDOW)
        if found is None:
            at += WINDOW
            if at >= len(text):
                raise ValueError("a list or an object has no end")
            continue
        at = found.end()
        letter = found[0]
        if letter == '"':
            at = _behind(text, at - 1)
            continue
        depth += 1 if letter in "[{" else -1
        if depth == 0:
            return at


def _behind(text: str, at: int) -> int:
    """Give the end of the string that begins at ``at``."""
    if text[at : at + 1] != '"':
        raise ValueError("a string is missing")
    while True:
        end = text.find('"', at + 1)
        if end < 0:
            raise ValueError("a string has no end")
        if text[end - 1] != "\\" or _backslashes(text, at + 1, end) % 2 == 0:
            return end + 1
        at = end


def _backslashes(text: str, start: int, end: int) -> int:
    """Count the backslashes right before ``end``: in pairs, but for one that escapes a quote."""
    at = end
    while at > start:
        piece = text[max(start, at - WINDOW) : at]
        left = len(piece.rstrip("\\"))
        at -= len(piece) - left
        if left:
            break
    return end - at


def _string(text: str, at: int) -> tuple[str, int]:
    end = _behind(text, at)
    if end - at > _SMALL:
        return "", end  # no key that is looked for
    found: tuple[str, int] = scanstring(text, at + 1, True)  # C takes no names
    return found


def _expect(text: str, at: int, mark: str) -> int:
    at = _blank(text, at)
    if text[at : at + 1] != mark:
        raise ValueError(f"{mark} is missing")
    return at + 1


def _blank(text: str, at: int) -> int:
    return _run(_BLANK, text, at)


def _run(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Give the end of a run of letters."""
    while True:
        found = pattern.match(text, at, at + WINDOW)
        end = found.end() if found else at
        if end < at + WINDOW:
            return end
        at = end


def _value(text: str, start: int, end: int) -> object:
    """Read a value, unless it is too long or deep to be one that is looked for."""
    nested = text.count("[", start, end) + text.count("{", start, end)
    if end - start > _SMALL or nested > _DEEP:
        return text[start : start + 40]
    return json.loads(text[start:end].encode("latin-1"))


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    kept, at = [], 0
    for start, end in spans:
        kept.append(text[at:start])
        at = end
    return "".join([*kept, text[at:]])
