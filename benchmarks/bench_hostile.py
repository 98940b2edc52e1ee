"""Hostile text: four times as much takes four times as long, in every function of the core."""

from __future__ import annotations

import base64
import json
import math
import warnings
from typing import TYPE_CHECKING, Any

from imageshim import convert, convert_bytes, detect, legacy_content, normalize, read
from imageshim.testing.pictures import png

from .rows import Row, processor_time

if TYPE_CHECKING:
    from collections.abc import Callable

# Ends before a header of a chunk, again and again: the lengths lead nowhere.
_CYCLIC = base64.b64encode(png().data[:33] + b"\xff\xff\xff\xf4IDAT" * 20).decode()
_TEXTS = {
    "fake prefixes": "data:image/png;base64,",
    "fake prefixes with payload": "data:image/png;base64,iVBORw0KGgo ",
    "beginnings of JPEG": "data:image/jpeg;base64,/9j/4AAQ",
    "beginnings of SVG": "data:image/svg+xml;base64,PHN2Zz48",
    "cyclic chunk lengths": f"data:image/png;base64,{_CYCLIC}",
    "openings of Markdown": "![](data:image/png;base64,AAAA",
    "half URLs of Markdown": "![](https://a/(",
    "lone surrogates": "\udc00data:image/png;base64,iVBO\ud800",
    "data:": "data:",
    "colons": ":",
    "parameters": "data:image/png;a=b;c=d;",
    "one payload": "AAAA",
    "blank payload": "\n",
}
_CHARACTERS = 150_000
"""More than `imageshim.long_json.rope.LONG`: both sizes go the same way through convert_bytes()."""
_FACTOR = 4
_SLACK = 1.5
"""What grows with the square would give 4."""
_NEAR = 0.9
_TURNS = 7


def _functions(text: str) -> dict[str, Callable[[], Any]]:
    reply = {"choices": [{"index": 0, "message": {"content": text, "reasoning_content": text}}]}
    body = json.dumps(reply).encode()
    every: dict[str, Any] = {"markdown": True, "drafts": "images"}
    return {
        "convert": lambda: convert(reply, "parts", source="content", **every),
        "normalize": lambda: normalize(reply, **every),
        "detect": lambda: detect(reply, markdown=True),
        "read": lambda: [
            (image.width, image.size_in_bytes, image.mime_type) for image in read(reply).images
        ],
        "legacy_content": lambda: legacy_content(reply),
        "convert_bytes": lambda: convert_bytes(body, "images", **every),
    }


def _growth_of(small: Callable[[], Any], large: Callable[[], Any]) -> float:
    """How much more than ``_FACTOR`` times as long the larger takes.

    Both in turns, of which the shortest call of each counts (see `rows`). What looks too slow is
    measured again: one run of tens of milliseconds meets whatever else the machine does.
    """
    few = many = math.inf
    for _ in range(_TURNS):
        few = min(few, processor_time(small), processor_time(small))
        many = min(many, processor_time(large), processor_time(large))
        # A millisecond of each call is beside the point: nothing that takes less is slow.
        growth = (many + 1e-3) / (few + 1e-3) / _FACTOR
        if growth <= _SLACK * _NEAR:
            break
    return growth


def _growth(text: str, begin: str) -> float:
    """How much more than ``_FACTOR`` times as long the function takes that grows most."""
    times = _CHARACTERS // len(text)
    small = _functions(begin + text * times)
    large = _functions(begin + text * times * _FACTOR)
    return max(_growth_of(small[name], large[name]) for name in small)


def run() -> list[Row]:
    warnings.simplefilter("ignore")
    rows = []
    for name, text in _TEXTS.items():
        begin = "data:image/png;base64," if name.endswith("payload") and len(text) < 5 else ""
        rows.append(Row(f"hostile: {name}, time / size, x{_FACTOR}", _growth(text, begin), _SLACK))
    return rows
