"""JSON that changes in places, and stays byte for byte what it was everywhere else.

A stored record is somebody's: its blanks, its escapes, the spelling of its numbers and the order
of its keys are not ours to change. So what changes is written in the record's own style, and put
into the bytes in the place of the old value. To find that place, the strings of a record are
jumped over, once each and never looked at: megabytes of base64 cost next to nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from imageshim.long_json.payloads import dump_pieces, plain

__all__ = ["Path", "Pieces", "Style", "joined", "replaced", "style_of"]

Path = tuple["str | int", ...]
"""The keys and positions that lead to a value; empty for the whole record."""
Pieces = list[bytes | memoryview]
"""JSON that is not joined: whoever writes it need not copy it."""

_BLANK = re.compile(rb"[ \t\r\n]*")
_BRACKET_OR_STRING = re.compile(rb'["{}\[\]]')
_SCALAR = re.compile(rb"[^ \t\r\n,\]}]*")
_OPENING = re.compile(
    rb'\xef?\xbb?\xbf?\s*[\[{](?P<indent>\s*)(?:\{\s*)?"(?:[^"\\]|\\.){0,200}"(?P<colon> ?: ?)'
    rb'(?:(?:"(?:[^"\\]|\\.){0,200}"|[^\s",\[\]{}]{1,200})(?P<comma>, ?)")?'
)
_QUOTE, _BACKSLASH, _OPEN, _OBJECT = 0x22, 0x5C, b"{[", 0x7B
_LONG = 256
"""Strings of as many bytes are worth remembering where they end."""

_Tree = dict["str | int", Any]
"""Where values go: steps, and at the end of each path a tuple of pieces."""


class _Text:
    """Valid JSON, and where its long strings end, as far as that is known."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._ends: dict[int, int] = {}

    def places(self, tree: Any) -> Iterator[tuple[int, int, tuple[bytes | memoryview, ...]]]:
        """Find the values to replace: where each begins and ends, and what takes its place."""
        begin = 3 if self._body.startswith(b"\xef\xbb\xbf") else 0
        left = [(self._past_blanks(begin), tree)]
        while left:
            at, inner = left.pop()
            if type(inner) is tuple:
                yield at, self._past_value(at), inner
                continue
            is_object = self._body[at] == _OBJECT
            found = self._members(at, inner) if is_object else self._elements(at, inner)
            left += [(found[step], inner[step]) for step in inner]

    def _past_blanks(self, at: int) -> int:
        match = _BLANK.match(self._body, at)
        return match.end() if match else at

    def _past_string(self, at: int) -> int:
        if at in self._ends:
            return self._ends[at]
        body, begin = self._body, at
        while True:
            at = body.index(b'"', at + 1)
            if _backslashes_before(body, at) % 2 == 0:
                if at - begin > _LONG:
                    self._ends[begin] = at + 1
                return at + 1

    def _past_value(self, at: int) -> int:
        body = self._body
        if body[at] == _QUOTE:
            return self._past_string(at)
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
                at = self._past_string(at - 1)
                continue
            depth += 1 if found in _OPEN else -1
            if not depth:
                return at

    def _members(self, at: int, wanted: _Tree) -> dict[str | int, int]:
        """Find the values of keys in the object at a place; of equal keys the last one counts."""
        body, found = self._body, dict[str | int, int]()
        at = self._past_blanks(at + 1)
        while body[at] == _QUOTE:
            end = self._past_string(at)
            key = json.loads(body[at:end])
            at = self._past_blanks(self._past_blanks(end) + 1)
            if key in wanted:
                found[key] = at
            at = self._past_blanks(self._past_value(at))
            at = self._past_blanks(at + 1) if body[at : at + 1] == b"," else at
        return found

    def _elements(self, at: int, wanted: _Tree) -> dict[str | int, int]:
        """Find the entries of the list at a place."""
        found = dict[str | int, int]()
        at = self._past_blanks(at + 1)
        for place in range(max(map(int, wanted)) + 1):
            if place:
                at = self._past_blanks(self._past_blanks(self._past_value(at)) + 1)
            if place in wanted:
                found[place] = at
        return found


def joined(text: bytes | Pieces) -> bytes:
    """Join pieces; bytes are joined already."""
    return text if isinstance(text, bytes) else b"".join(text)


def replaced(body: bytes, changes: Iterable[tuple[Path, Any]]) -> Pieces:
    """Put other values into JSON, each in the style of the one whose place it takes.

    No two of the places may lie in one another.
    """
    tree: Any = {}
    for path, value in changes:
        inner = tree
        for step in path[:-1]:
            inner = inner.setdefault(step, {})
        if path:
            inner[path[-1]] = (value,)
        else:
            tree = (value,)
    style = style_of(body)
    view = memoryview(body)
    pieces: Pieces = []
    done = 0
    for start, stop, (value,) in sorted(_Text(body).places(tree), key=lambda one: one[0]):
        pieces += [view[done:start], *style.at(start, stop).write(value)]
        done = stop
    pieces.append(view[done:])
    return pieces


class Style(NamedTuple):
    """How a writer spells JSON: that of `json.dumps`, of JavaScript, of PHP, indented or not."""

    body: bytes
    """What it has written."""
    start: int
    stop: int
    """From where to where; it escapes what is not ASCII where nothing of this is."""
    indent: bytes | None
    """The blanks of one level; None for a value in one line."""
    margin: bytes
    """The blanks before the line of the closing bracket."""
    colon: str
    comma: str

    def at(self, start: int, stop: int) -> Style:
        """Tell the style of a value in it: a store may put together what two have written."""
        opening = _OPENING.match(self.body, start)
        if opening is None or opening.end("colon") > stop:  # a string, or nothing inside
            return self._replace(start=start, stop=stop)
        style = _style(self.body, start, stop, opening)
        is_alike = opening["comma"] is None and style.colon == self.colon
        return style._replace(comma=self.comma) if is_alike else style

    def write(self, value: Any) -> Pieces:
        """Write a value; ropes are not joined."""
        pieces = self._dumped(value)
        if _escapes_slashes(self.body, self.start, self.stop):
            for place, piece in enumerate(pieces):
                pieces[place] = bytes(piece).replace(b"/", b"\\/")
        if self.indent is not None and self.margin:
            for place, piece in enumerate(pieces):
                if isinstance(piece, bytes):
                    pieces[place] = piece.replace(b"\n", b"\n" + self.margin)
        return pieces

    def _dumped(self, value: Any) -> Pieces:
        try:
            return dump_pieces(value, self._encode)
        except ValueError:  # a lone surrogate, which ASCII only can hold
            return [self._encode(plain(value), ascii_only=True)]

    def _encode(self, value: Any, *, ascii_only: bool = False) -> bytes:
        text = json.dumps(
            value,
            ensure_ascii=ascii_only,
            indent=None if self.indent is None else self.indent.decode(),
            separators=(self.comma if self.indent is None else ",", self.colon),
        )
        is_plain = ascii_only or (text.isascii() and "\x7f" not in text)
        # Megabytes to look at, so this is asked last.
        if not is_plain and self.body[self.start : self.stop].isascii():
            return self._encode(value, ascii_only=True)
        return text.encode()


def style_of(body: bytes) -> Style:
    """Tell how a record is written, by its first key and by what it escapes."""
    return _style(body, 0, len(body), _OPENING.match(body))


def _style(body: bytes, start: int, stop: int, opening: re.Match[bytes] | None) -> Style:
    blanks = opening["indent"] if opening else b""
    colon = opening["colon"].decode() if opening else ":"
    comma = opening["comma"].decode() if opening and opening["comma"] else ", "[: len(colon)]
    indent, margin = None, b""
    if b"\n" in blanks:
        closing = body[body.rfind(b"\n", start, stop) + 1 : stop - 1]
        margin = b"" if closing.strip() else closing
        indent = blanks.rpartition(b"\n")[2].removeprefix(margin)
    return Style(body, start, stop, indent, margin, colon, comma)


def _escapes_slashes(body: bytes, start: int, stop: int) -> bool:
    """Tell whether a writer escapes slashes, by the first one: it escapes all or none."""
    at = body.find(b"/", start, stop)
    return at >= 0 and _backslashes_before(body, at) % 2 == 1


def _backslashes_before(body: bytes, at: int) -> int:
    before = at - 1
    while body[before] == _BACKSLASH:
        before -= 1
    return at - 1 - before
