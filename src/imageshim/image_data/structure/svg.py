"""SVG: XML text up to the end tag of its root, and the blank space after it.

Only what can hide an end tag is understood: comments, CDATA sections, processing instructions,
the DOCTYPE and quoted attributes.
Source: W3C "Extensible Markup Language (XML) 1.0 (Fifth Edition)", 2.4 to 2.8; SVG 2, 8.2.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .source import search, take

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from .source import Source, Walk

_BLANK = b" \t\r\n"
_BEGINNINGS = (b"<svg", b"<?xml", b"<!--", b"<!doctype svg")
# What opens a construct without tags inside, and what closes it.
_OPAQUE = {b"<?": b"?>", b"<!--": b"-->", b"<![CDATA[": b"]]>"}
_NAME = re.compile(rb"</?([^\s/>]+)")
_TAG_STOP = re.compile(rb"[>\"']")
_DOCTYPE_STOP = re.compile(rb"[\[>]")
_LONGEST_LENGTH = 64
_LARGEST_SIDE = 1e9  # a number beyond is no size, and its reciprocal none either
# A root tag is longer only if somebody hides something in it; this bounds what is decoded.
_LONGEST_ROOT_TAG = 65536
# The look behind keeps the search linear: a name is not tried again from its middle.
_ATTRIBUTE = re.compile(r"(?<![\w:.-])([\w:.-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_INSIDE_TAG = re.compile(r"(?:[^>\"']|\"[^\"]*\"|'[^']*')*")
_LENGTH = re.compile(
    r"\s*\+?(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+)(px|pt|pc|mm|cm|in|q)?\s*", re.IGNORECASE
)
_PIXELS = {"": 1, "px": 1, "pt": 96 / 72, "pc": 16, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96}
_PIXELS["q"] = 96 / 101.6


def matches(head: bytes) -> bool:
    """Whether these first bytes can be of an SVG: a walk alone tells."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip(_BLANK).lower().startswith(_BEGINNINGS)


def walk(source: Source) -> Walk:
    """Go from tag to tag until the root is closed."""
    offset = depth = 0
    root = b""
    while True:
        offset = yield from search(source, offset, _finder(b"<"), 1)
        if offset < 0:
            return None
        end = yield from _past_opaque(source, offset)
        if end is None:
            end = yield from _past_tag(source, offset)
            name = _NAME.match(source.read(offset, 64))
            # The first tag is the root, and the root is an svg element.
            root = root or (name[1] if name else b"")
            if root.rpartition(b":")[2] != b"svg":
                return None
            if name and name[1] == root and end > 0:
                depth += _nesting(source.read(offset, 2), source.read(end - 2, 1))
                if depth <= 0:
                    return (yield from _past_blank(source, end))
        if end < 0:
            return None
        offset = end


def _nesting(first: bytes, last: bytes) -> int:
    """Tell what a tag does to the depth, by its beginning and the character before its ``>``."""
    if first == b"</":
        return -1
    return 0 if last == b"/" else 1


def _finder(needle: bytes) -> Callable[[bytes], int]:
    return lambda data: data.find(needle)


def _matcher(pattern: re.Pattern[bytes]) -> Callable[[bytes], int]:
    def find(data: bytes) -> int:
        found = pattern.search(data)
        return found.start() if found else -1

    return find


def _past_opaque(source: Source, offset: int) -> Generator[int, None, int | None]:
    """Find where a comment, section or the like ends; -1 if never; None if it is a tag."""
    head = yield from take(source, offset, 2)
    if head == b"<!":
        head = yield from take(source, offset, 4)
        if head == b"<![C":
            head = yield from take(source, offset, 9)
    closing = _OPAQUE.get(head)
    if closing:
        at = yield from search(source, offset + len(head), _finder(closing), len(closing))
        return at + len(closing) if at >= 0 else -1
    if not head.startswith(b"<!"):
        return None
    at = yield from search(source, offset, _matcher(_DOCTYPE_STOP), 1)
    if at >= 0 and source.read(at, 1) == b"[":
        at = yield from search(source, at, _finder(b"]"), 1)
        if at >= 0:
            at = yield from search(source, at, _finder(b">"), 1)
    return at + 1 if at >= 0 else -1


def _past_tag(source: Source, offset: int) -> Generator[int, None, int]:
    begin = offset  # the name is read when the tag is there
    while True:
        offset = yield from search(source, offset, _matcher(_TAG_STOP), 1, keep_from=begin)
        if offset < 0:
            return -1
        stop = source.read(offset, 1)
        if stop == b">":
            return offset + 1
        offset = yield from search(source, offset + 1, _finder(stop), 1, keep_from=begin)
        if offset < 0:
            return -1
        offset += 1


def _past_blank(source: Source, offset: int) -> Walk:
    """Editors end a file with a line feed: it belongs to the image, not to the text after it."""
    while (byte := (yield from take(source, offset, 1))) and byte in _BLANK:
        offset += 1
    return offset


def dimensions(source: Source) -> tuple[int, int] | None:
    """Give ``width`` and ``height`` in CSS pixels, or else those of the ``viewBox``."""
    return text_dimensions(source.read(0, _LONGEST_ROOT_TAG))


def text_dimensions(svg: bytes) -> tuple[int, int] | None:
    """Read the root's attributes; None where they say no size in CSS pixels."""
    text, *after_comments = svg.decode("utf-8", "replace").split("<!--")
    text += "".join(after.partition("-->")[2] for after in after_comments)
    begin = re.search(r"<(?:\w+:)?svg[\s>/]", text)
    if not begin:
        return None
    attributes = {
        found[1]: found[2] or found[3] or ""
        for found in _ATTRIBUTE.finditer(text, begin.end() - 1, _tag_end(text, begin.end() - 1))
    }
    width, height = (_pixels(attributes.get(side, "")) for side in ("width", "height"))
    box = re.split(r"[\s,]+", attributes.get("viewBox", "").strip())
    if len(box) == 4:
        box_width, box_height = _pixels(box[2]), _pixels(box[3])
        if box_width and box_height:
            if width is None and height is None:
                width, height = box_width, box_height
            width = width or (height or 0) * box_width / box_height
            height = height or width * box_height / box_width
    sides = round(width or 0), round(height or 0)
    return sides if min(sides) > 0 else None


def _tag_end(text: str, start: int) -> int:
    inside = _INSIDE_TAG.match(text, start)
    return inside.end() if inside else start


def _pixels(length: str) -> float | None:
    found = _LENGTH.fullmatch(length[:_LONGEST_LENGTH])
    if not found:
        return None
    pixels = float(found[1]) * _PIXELS[(found[2] or "").lower()]
    return pixels if 1 / _LARGEST_SIDE < pixels < _LARGEST_SIDE else None
