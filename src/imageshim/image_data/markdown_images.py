"""Images in Markdown: ``![alt](uri "title")``.

Source: CommonMark 0.31, 6.3 (link destinations) and 6.4 (images).
"""

from __future__ import annotations

import re

from .structure import TextSource
from .uri_header import find_header

__all__ = ["split_markdown"]

_REMOTE = ("https://", "http://")
_BLANK = " \t\n"
_URL_MARKS = re.compile(r"[()<>\s]")
# No web server takes longer ones, and CommonMark lets parsers stop at this depth of parentheses:
# both bounds keep the search for an end linear.
_LONGEST_URL = 8192
_DEEPEST = 32


def split_markdown(text: str) -> list[tuple[int, int, int, int]]:
    """Every image of ``text`` with a data URI or an http(s) URL, in order.

    Each as (start, end, URI start, URI end): ``text[start:end]`` is the whole image from ``![``
    to ``)``. Data URIs are those of `find_header`, with a payload of base64. Linear time.
    """
    spans: list[tuple[int, int, int, int]] = []
    done = 0
    middle = text.find("](")
    while middle >= 0:
        resume = middle + 2
        begin = text.rfind("![", done, middle)
        if begin >= 0:
            uri = _skip_blank(text, resume)
            pointed = text.startswith("<", uri)
            uri += pointed
            end = _uri_end(text, uri)
            close = _close(text, end + pointed, pointed=pointed, end=end) if end > uri else -1
            if close >= 0:
                spans.append((begin, close, uri, end))
                resume = close
        done = resume
        middle = text.find("](", resume)
    return spans


def _skip_blank(text: str, at: int) -> int:
    # Two blanks at most: a line feed and an indent are as far as people go.
    return at + 2 - len(text[at : at + 2].lstrip(_BLANK)) if at + 2 <= len(text) else at


def _uri_end(text: str, start: int) -> int:
    """Where the URI at ``start`` ends; ``start`` if there is none."""
    if text[start : start + 8].lower().startswith(_REMOTE):
        return _url_end(text, start)
    header = find_header(text, start, start + 256)
    if header is None or header[0] != start:
        return start
    source = TextSource(text, header[1])
    stop = header[1] + source.length
    for char in ")>":
        found = text.find(char, header[1], stop)
        stop = found if found >= 0 else stop
    if stop == header[1]:
        return start
    padding = source.trail[:2] if stop == header[1] + source.length else ""
    return stop + len(padding) - len(padding.lstrip("="))


def _url_end(text: str, start: int) -> int:
    """Where the URL at ``start`` ends: at a blank or at a parenthesis that it did not open."""
    depth = 0
    for mark in _URL_MARKS.finditer(text[start : start + _LONGEST_URL]):
        depth += {"(": 1, ")": -1}.get(mark[0], -_DEEPEST)
        if depth < 0:
            return start + mark.start()
        if depth == _DEEPEST:
            break
    return start


def _close(text: str, at: int, *, pointed: bool, end: int) -> int:
    """Where the image is over that has its URI's end at ``at``; -1 if it is not an image."""
    if pointed and text[end : end + 1] != ">":
        return -1
    after = text[at : at + 512]
    rest = after.lstrip(_BLANK)
    quote = rest[:1]
    if quote and quote in "\"'" and rest != after:
        title_end = rest.find(quote, 1)
        rest = rest[title_end + 1 :].lstrip(_BLANK) if title_end > 0 else ""
    return at + len(after) - len(rest) + 1 if rest.startswith(")") else -1
