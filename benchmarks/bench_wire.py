"""JSON bodies with a 5 MB image, in units of reading and writing them with the standard library."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

from imageshim import Format, convert_bytes
from imageshim.long_json.reading import parse_lazily, write
from imageshim.testing.strategies import write_message

from .bench_core import by_hand, peak, picture, reply
from .rows import Row, best, ratio

LIMIT = 0.25
WRITERS: dict[str, tuple[Callable[[object], bytes], float]] = {
    "compact": (lambda value: json.dumps(value, separators=(",", ":")).encode(), LIMIT),
    "spaces": (lambda value: json.dumps(value).encode(), LIMIT),
    # For comparison: one character in 64 is an escape, which parsers take one by one. Most of this
    # is one from_json() of the payload, and the rest a second copy of it.
    "escaped slashes": (lambda value: json.dumps(value).replace("/", "\\/").encode(), math.inf),
}
DIRECTIONS = (
    *((Format.CONTENT, to) for to in (Format.IMAGE, Format.IMAGES, Format.PARTS)),
    *((name, Format.CONTENT) for name in (Format.IMAGE, Format.IMAGES, Format.PARTS)),
    (Format.IMAGE, Format.IMAGES),
    (Format.IMAGES, Format.IMAGE),
    (Format.PARTS, Format.IMAGES),
)


def run() -> list[Row]:
    parts = ("Here is the image:\n\n", picture())
    replies = {name: reply(write_message(parts, name)) for name in Format}
    rows = []
    for style, (encode, limit) in WRITERS.items():
        for name, to in DIRECTIONS:
            body = encode(replies[name])
            measured = ratio(_converting(body, to), _standard(body))
            rows.append(Row(f"bytes, {style}: {name} -> {to} / loads + dumps", measured, limit))
    body = WRITERS["compact"][0](replies[Format.CONTENT])
    return [
        *rows,
        Row("bytes, by hand: loads, a regular expression, dumps / loads + dumps",
            ratio(lambda: _by_hand(body), _standard(body)), math.inf),
        _chunk(parts[1].url),
        *_memory(replies),
        *_small(),
        *_per_megabyte(),
    ]  # fmt: skip


def _converting(body: bytes, to: Format) -> Callable[[], object]:
    return lambda: convert_bytes(body, to)


def _standard(body: bytes) -> Callable[[], object]:
    return lambda: json.dumps(json.loads(body))


def _by_hand(body: bytes) -> str:
    value = json.loads(body)
    message = value["choices"][0]["message"]
    message["content"], message["image"] = by_hand(message["content"])
    return json.dumps(value)


def _chunk(url: str) -> Row:
    delta = {"role": "assistant", "images": [{"image_url": {"url": url}, "index": 0}]}
    body = json.dumps({"choices": [{"index": 0, "delta": delta}]}).encode()
    measured = ratio(lambda: write(parse_lazily(body)), _standard(body))
    return Row("a streamed chunk, read and written / loads + dumps", measured, LIMIT)


def _memory(replies: dict[Format, dict[str, object]]) -> list[Row]:
    rows = []
    for name, to in ((Format.IMAGES, Format.IMAGE), (Format.CONTENT, Format.IMAGES)):
        body = json.dumps(replies[name]).encode()
        measured = peak(_converting(body, to)) / len(convert_bytes(body, to))
        rows.append(Row(f"bytes, {name} -> {to}: peak extra memory / the body", measured, 1.1))
    return rows


def _small() -> list[Row]:
    message = {"content": "I can only talk: " * 8, "role": "assistant", "images": []}
    body = json.dumps(reply(message)).encode()
    measured = ratio(_converting(body, Format.IMAGES), _standard(body))
    return [Row("bytes, no image, 250 bytes / loads + dumps", measured, 1.5)]


def _per_megabyte() -> list[Row]:
    """Time per MB at 50 MB as a multiple of that at 1 MB, beside that of one copy.

    As in ``bench_core``: fresh memory costs more than what is done with it, and large blocks are
    always fresh.
    """
    converted, copied = [
        seconds(50_000_000) / seconds(1_000_000) / 50 for seconds in (_seconds, _copying)
    ]
    return [
        Row("bytes: growth of the time per MB / a copy's", converted / copied, 1.5),
        Row("bytes: time per MB, 50 MB / 1 MB", converted, math.inf),
    ]


def _body(size: int) -> bytes:
    return json.dumps(reply(write_message((picture(size * 3 // 4),), "images"))).encode()


def _seconds(size: int) -> float:
    return best(_converting(_body(size), Format.IMAGE), 1)


def _copying(size: int) -> float:
    body = _body(size)
    return best(lambda: body[1:], 1)
