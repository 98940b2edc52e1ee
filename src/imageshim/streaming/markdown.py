"""Images in Markdown, while their text arrives: ``![alt](data:image/…)``.

Gateways write them so (new-api, uni-api), and they are read where that is asked for. What
`markdown_images.split_markdown` finds in the whole text is found in its pieces, with two bounds,
which keep what is held short: all before the payload has `LONGEST_HEADER` characters at most, and
no more than `LONGEST_TITLE` follow the payload's first foreign character, up to the first ``)``.
"""

from __future__ import annotations

import re

from imageshim.image_data.data_uri import LONGEST_HEADER, prefix_at_end, split_markdown

__all__ = ["LONGEST_TITLE", "beginning_at_end", "image_of", "opening", "title_begins"]

LONGEST_TITLE = 512
_BLANK = " \t\n"
_FOREIGN = re.compile(r"[^\w+/=-]", re.ASCII)


def beginning_at_end(text: str) -> int:
    """Length of the end of ``text`` that can be the beginning of an image with a data URI."""
    tail = text[-LONGEST_HEADER:]
    begin = tail.rfind("![")
    if begin < 0:
        return int(tail.endswith("!"))
    middle = tail.find("](", begin)
    if middle >= 0:
        uri = _uri(tail[middle + 2 :])
        if uri is None or prefix_at_end(uri) != len(uri):
            return int(tail.endswith("!"))
    return len(tail) - begin


def _uri(text: str) -> str | None:
    """Take off what may stand before the URI: two blanks and a pointed bracket at most."""
    bare = text.lstrip(_BLANK)
    return bare.removeprefix("<") if len(text) - len(bare) <= 2 else None


def opening(text: str, start: int, header: int, payload: int) -> int:
    """Where the image begins whose URI begins at ``text[header]``; -1 if there is none."""
    begin = max(start, payload - LONGEST_HEADER)
    middle = text.rfind("](", begin, header)
    begin = text.rfind("![", begin, middle) if middle >= 0 else -1
    if begin < 0 or text.find("](", begin) != middle:
        return -1
    return begin if _uri(text[middle + 2 : header]) == "" else -1


def title_begins(text: str, start: int) -> int:
    """Where the first character is that is no base64; -1 if there is none."""
    found = _FOREIGN.search(str(text[start:]))
    return start + found.start() if found else -1


def image_of(text: str) -> tuple[int, int] | None:
    """Find the data URI of the image that ``text`` is, from its `opening` on: (start, end)."""
    spans = split_markdown(text)
    return spans[0][2:] if spans else None
