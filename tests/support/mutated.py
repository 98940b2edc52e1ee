"""Replies that nobody would send: captured ones with anything changed, anywhere, by a seed."""

from __future__ import annotations

import base64
import copy
import json
import random
from functools import cache
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import captured
from imageshim import Format, convert
from imageshim.testing.pictures import png

__all__ = ["CYCLIC_PNG", "body_of", "mutated", "nested"]

_LONGEST = 30_000
"""Characters of a captured reply: larger ones are not more interesting, only slower."""

_PNG = png().url
CYCLIC_PNG = base64.b64encode(png().data[:33] + b"\xff\xff\xff\xf4IDAT" * 20).decode()
"""A PNG whose chunk lengths, taken for signed numbers, lead back to where they stand."""


class Explosive:
    """Its fields raise what no one catches by name."""

    @property
    def content(self) -> str:
        raise RuntimeError("boom")

    image = images = url = image_url = text = type = message = choices = content


def nested(levels: int = 200) -> Any:
    value: Any = _PNG
    for level in range(levels):
        name = ("content", "image_url", "message", "parts", "choices")[level % 5]
        value = {name: value} if level % 3 else [value]
    return value


# Text, numbers and structures of the wrong kind for almost every field.
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**70, 1e308, float("nan"), float("inf"), "", " ", "\0", "\ud800",
    "content", "image", "text", "image_url", "Qk0", "/9j/4AAQ", "data:", "data:image/png;base64,",
    "data:image/png;base64,\ud800AAAA", f"data:image/png;base64,{CYCLIC_PNG}", _PNG, _PNG[:-30],
    _PNG.replace("/", "\\/"), _PNG.replace("+", "-").replace("/", "_"), _PNG.upper(), f'"{_PNG}"',
    "data:image/svg+xml;base64,PHN2Zz4=", "data:image/svg+xml,%ff\ud800", "https://x/y.png", "//x",
    "gs://x y", b"bytes", bytearray(b"x"), (), (1, 2), [], {}, [[]], [{}], ["a", 1, None], {1: 2},
    {"": ""}, {"url": None}, {"url": ""}, {"url": _PNG}, {"url": _PNG, "detail": None, 3: 4},
    {"image_url": {}}, {"image_url": []}, {"image_url": _PNG}, {"image_url": {"url": _PNG}},
    {"image_url": {"url": _PNG, "index": 0, "detail": "auto"}}, {"type": []}, {"b64_json": 1},
    {"b64_json": CYCLIC_PNG}, {"data": "AAAA", "mime_type": []}, {"type": "text", "text": None},
    {"inlineData": 1}, ["text", 3], ["image", -1], ["draft", 1, 10**9], ["raw", 4],
    SimpleNamespace(image_url=SimpleNamespace(url=_PNG), type="image_url", index=0, text="x"),
    SimpleNamespace(url=_PNG, detail=3), MagicMock(), Explosive(), range(3),
)  # fmt: skip

_NAMES = (
    "content", "image", "images", "url", "image_url", "detail", "index", "type", "text",
    "provider_specific_fields", "imageshim", "v", "was", "at", "null", "parts", "items", "others",
    "layout", "reasoning_content", "thinking_blocks", "thinking", "message", "delta", "choices",
    "content_blocks", "b64_json", "data", "mime_type", "imageUrl", "role",
)  # fmt: skip

_INSERTED = (
    "\ud800", '"', "`", "(", "](", "=", "====", "\n", "%41", "%", "\0", "é", "\\/", "_", "...", " ",
    ",", ";", "data:image/png;base64,", "DATA:IMAGE/PNG;charset=x;BASE64,", _PNG, "![x](",
)  # fmt: skip


@cache
def _seeds() -> tuple[str, ...]:
    """Captured replies, and what conversions make of them: with stashes of every sort."""
    found: dict[str, None] = {}
    for version in captured.VERSIONS:
        for reply in captured.replies(version).values():
            if len(json.dumps(reply)) < _LONGEST:
                found[json.dumps(reply)] = None
                for to in Format:
                    there = convert(reply, to, source=version, drafts="images")
                    found[json.dumps(there)] = None
    return tuple(found)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Any:
    """Every place inside, but few of those beside the messages."""
    if not path or "message" in path or path[0] == "choices" or len(path) == 1:
        yield path
    entries: Any = ()
    if isinstance(value, dict):
        entries = list(value.items())
    elif isinstance(value, list):
        entries = list(enumerate(value))
    for key, inner in entries:
        yield from _paths(inner, (*path, key))


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def _text(rng: random.Random, text: str) -> str:
    start = rng.randrange(len(text) + 1)
    end = rng.randrange(start, len(text) + 1)
    return rng.choice(
        (
            text[:start],
            text[start:],
            text[:start] + text[end:],
            text[:start] + rng.choice(_INSERTED) + text[start:],
            text[:start] + rng.choice(_INSERTED) + text[end:],
            text[:end] + text[start:],
            text * 2,
            text.swapcase(),
            "".join(rng.sample(text, len(text))),
        )
    )


def _change(rng: random.Random, holder: Any, key: Any, reply: Any, paths: list[Any]) -> None:
    """Change one entry of a dict or a list."""
    old = holder[key]
    way = rng.randrange(8)
    if way == 0:
        del holder[key]
    elif way == 1:
        holder[key] = [old]
    elif way == 2:
        holder[key] = nested() if rng.random() < 0.1 else copy.deepcopy(rng.choice(_VALUES))
    elif way == 3 and isinstance(holder, dict):
        holder[rng.choice(_NAMES)] = copy.deepcopy(rng.choice(_VALUES))
    elif way == 4 and isinstance(holder, dict):
        holder[rng.choice(_NAMES)] = holder.pop(key)
    elif way == 5:
        holder[key] = copy.deepcopy(_at(reply, rng.choice(paths)))
    elif isinstance(old, str):
        holder[key] = _text(rng, old)
    elif isinstance(old, list):
        holder[key] = [*old, *copy.deepcopy(old)] if rng.random() < 0.5 else old[::-1]
    else:
        holder[key] = copy.deepcopy(rng.choice(_VALUES))


def mutated(seed: int) -> Any:
    """A captured reply (or one converted) with one change or several; rarely no reply at all."""
    rng = random.Random(seed)  # noqa: S311  # no secret: the same seed gives the same reply
    reply = json.loads(rng.choice(_seeds()))
    if rng.random() < 0.01:
        return nested() if rng.random() < 0.3 else copy.deepcopy(rng.choice(_VALUES))
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        paths = list(_paths(reply))
        path = rng.choice(paths)
        if path:
            _change(rng, _at(reply, path[:-1]), path[-1], reply, paths)
    return reply


def body_of(reply: Any) -> bytes:
    """The reply as JSON, and what is no JSON as what it says of itself."""
    text = json.dumps(reply, default=str, skipkeys=True, ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")
