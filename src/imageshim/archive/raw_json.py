"""JSON that changes in places, and stays byte for byte what it was everywhere else.

A stored record is somebody's: its blanks, its escapes, the spelling of its numbers and the order
of its keys are not ours to change. So what changes is written in the record's own style, and put
into the bytes in the place of the old value. To find that place, the strings of a record are
jumped over, never looked at: megabytes of base64 cost next to nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from imageshim.long_json.payloads import dump_pieces, plain

__all__ = ["Path", "Style", "located", "replaced", "style_of"]

Path = tuple["str | int", ...]
"""The keys and positions that lead to a value; empty for the whole record."""

_BLANK = re.compile(rb"[ \t\r\n]*")
_BRACKET_OR_STRING = re.compile(rb'["{}\[\]]')
_SCALAR = re.compile(rb"[^ \t\r\n,\]}]*")
_OPENING = re.compile(
    rb'\xef?\xbb?\xbf?\s*[\[{](?P<indent>\s*)(?:\{\s*)?"(?:[^"\\]|\\.){0,200}"\s*:(?P<gap>\s*)'
)
_QUOTE, _BACKSLASH, _OPEN = 0x22, 0x5C, b"{["


def _past_blanks(body: bytes, at: int) -> int:
    match = _BLANK.match(body, at)
    return match.end() if match else at


def _past_string(body: bytes, at: int) -> int:
    while True:
        at = body.index(b'"', at + 1)
        before = at - 1
        while body[before] == _BACKSLASH:
            before -= 1
        if (at - before) % 2:
            return at + 1


def _past_value(body: bytes, at: int) -> int:
    if body[at] == _QUOTE:
        return _past_string(body, at)
    if body[at] not in _OPEN:
        match = _SCALAR.match(body, at)
        return match.end() if match else at
    depth = 0
    while True:
        match = _BRACKET_OR_STRING.search(body, at)
        if match is None:
            raise ValueError("JSON that does not end")
        found, at = match.group(), match.end()
        if found == b'"':
            at = _past_string(body, at - 1)
            continue
        depth += 1 if found in _OPEN else -1
        if not depth:
            return at


def _member(body: bytes, at: int, name: str) -> int:
    """Find the value of a key in the object at a place; of equal keys the last one counts."""
    found = -1
    at = _past_blanks(body, at + 1)
    while body[at] == _QUOTE:
        end = _past_string(body, at)
        key = json.loads(body[at:end])
        at = _past_blanks(body, _past_blanks(body, end) + 1)
        if key == name:
            found = at
        at = _past_blanks(body, _past_value(body, at))
        at = _past_blanks(body, at + 1) if body[at : at + 1] == b"," else at
    if found < 0:
        raise ValueError(f"there is no key {name!r}")
    return found


def _element(body: bytes, at: int, place: int) -> int:
    at = _past_blanks(body, at + 1)
    for _ in range(place):
        at = _past_blanks(body, _past_value(body, at))
        at = _past_blanks(body, at + 1)
    return at


def located(body: bytes, path: Path) -> tuple[int, int]:
    """Tell where a value of valid JSON begins and ends."""
    at = _past_blanks(body, 3 if body.startswith(b"\xef\xbb\xbf") else 0)
    for step in path:
        at = _member(body, at, step) if isinstance(step, str) else _element(body, at, step)
    return at, _past_value(body, at)


def replaced(body: bytes, changes: Iterable[tuple[Path, Iterable[bytes | memoryview]]]) -> bytes:
    """Put other values into JSON; no two of the places may lie in one another."""
    view = memoryview(body)
    pieces: list[bytes | memoryview] = []
    done = 0
    for (start, stop), value in sorted(
        ((located(body, path), tuple(value)) for path, value in changes), key=lambda one: one[0]
    ):
        pieces += [view[done:start], *value]
        done = stop
    return b"".join([*pieces, view[done:]])


class Style(NamedTuple):
    """How a writer spells JSON: that of `json.dumps`, of JavaScript, of PHP, indented or not."""

    indent: bytes | None
    """The blanks of one level; None for a value in one line."""
    colon: str
    ascii: bool
    slashes: bool
    """Whether slashes are escaped."""

    def write(self, value: Any, depth: int = 0) -> list[bytes | memoryview]:
        """Write a value that stands so many levels deep; ropes are not joined."""
        pieces = self._dumped(value)
        if self.slashes:
            for place, piece in enumerate(pieces):
                pieces[place] = bytes(piece).replace(b"/", b"\\/")
        if self.indent is not None and depth:
            inner = b"\n" + self.indent * depth
            for place, piece in enumerate(pieces):
                if isinstance(piece, bytes):
                    pieces[place] = piece.replace(b"\n", inner)
        return pieces

    def _dumped(self, value: Any) -> list[bytes | memoryview]:
        try:
            return dump_pieces(value, self._encode)
        except ValueError:  # a lone surrogate, which ASCII only can hold
            return [self._encode(plain(value), ascii_only=True)]

    def _encode(self, value: Any, *, ascii_only: bool = False) -> bytes:
        comma = "," if self.indent is not None or self.colon == ":" else ", "
        text = json.dumps(
            value,
            ensure_ascii=self.ascii or ascii_only,
            indent=None if self.indent is None else self.indent.decode(),
            separators=(comma, self.colon),
        )
        return text.encode()


def style_of(body: bytes) -> Style:
    """Tell how a record is written, by its first key and by what it escapes."""
    opening = _OPENING.match(body)
    lines = opening["indent"].rpartition(b"\n") if opening else (b"", b"", b"")
    return Style(
        indent=lines[2] if lines[1] else None,
        colon=": " if opening and opening["gap"] else ":",
        ascii=body.isascii(),
        slashes=b"\\" in body and b"\\/" in body,
    )
