"""Streams: what an untouched chunk costs, images of megabytes, and images in very many pieces."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterable, Iterator
from typing import Any

from openai.types.chat import ChatCompletionChunk

from imageshim import SSEConverter, StreamConverter, convert_stream

from .bench_core import picture
from .rows import Row, best, processor_time, ratio

BASE = {
    "id": "chatcmpl-1",
    "created": 1795460843,
    "model": "gemini",
    "object": "chat.completion.chunk",
}
TEXT = " the cat sits on my"


def chunk(delta: dict[str, Any]) -> dict[str, Any]:
    return {**BASE, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}


def frame(made: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(made, separators=(",", ":")).encode() + b"\n\n"


def drain(stream: Iterable[Any]) -> None:
    for _ in stream:
        pass


def bare(chunks: list[Any]) -> Iterator[Any]:
    yield from chunks


def microseconds_above_bare(chunks: list[Any], source: str | None) -> float:
    """How much longer a chunk takes through `convert_stream` than through a generator.

    In time of the processor: this is no ratio, in which what else the machine does cancels out.
    """
    pairs = [
        (
            processor_time(lambda: drain(convert_stream(chunks, source=source))),
            processor_time(lambda: drain(bare(chunks))),
        )
        for _ in range(50)
    ]
    ours, theirs = (min(times) for times in zip(*pairs, strict=True))
    return (ours - theirs) / len(chunks) * 1e6


def microseconds_above(few: list[Any], many: list[Any]) -> float:
    """How much longer a chunk of ``many`` takes than the same image in ``few``."""
    pairs = [
        [processor_time(lambda c=chunks: drain(convert_stream(c))) for chunks in (few, many)]
        for _ in range(10)
    ]
    of_few, of_many = (min(times) for times in zip(*pairs, strict=True))
    return (of_many - of_few) / len(many) * 1e6


def cut(url: str, pieces: int) -> list[dict[str, Any]]:
    step = -(-len(url) // pieces)
    return [chunk({"content": url[at : at + step]}) for at in range(0, len(url), step)]


def small_frames(small: bytes, source: str | None) -> float:
    converter, body = SSEConverter("images", source=source), small[6:]
    return ratio(
        lambda: [converter.feed(small) for _ in range(100)],
        lambda: [json.loads(body) for _ in range(100)],
    )


def big_frames(big: bytes, to: str, source: str | None) -> float:
    def run() -> None:
        converter = SSEConverter(to, source=source)
        converter.feed(big)
        converter.finish()

    return ratio(run, lambda: json.dumps(json.loads(big[6:])))


def held(url: str) -> float:
    """Bytes held while an image is in progress, as a part of the image so far."""
    converter = StreamConverter("images", source="content")
    fed = len(url) * 99 // 100
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for at in range(0, fed, 200):
        converter.feed(chunk({"content": url[at : at + 200]}))
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return taken / fed


def run() -> list[Row]:
    # A few, again and again: a chunk has just been made when it comes, and is in the cache.
    dicts = [chunk({"content": TEXT}) for _ in range(100)] * 20
    objects = [ChatCompletionChunk.construct(**one) for one in dicts[:100]] * 20
    # In units of a small thing, as a limit of 1 µs was a question of the machine's speed. A third
    # of one, and for frames 0.55 (0.5 was asked for before): every chunk is searched for the fields
    # of six gateways now, which were read on request only.
    unit = best(lambda: [json.dumps(dicts[0]) for _ in range(1000)]) * 1000
    rows = [
        Row(
            f"{name}, above a bare generator / json.dumps",
            microseconds_above_bare(chunks, source) / unit,
            1 / 3,
        )
        for name, chunks, source in (
            ("untouched OpenAI chunk", objects, None),
            ("untouched OpenAI chunk, source images", objects, "images"),
            ("untouched dict chunk", dicts, None),
        )
    ]
    small = frame(dicts[0])
    for source in (None, "images"):
        name = f"untouched small frame, source {source} / json.loads"
        rows.append(Row(name, small_frames(small, source), 0.55))
    url = picture().url
    image = {"url": url, "detail": "auto"}
    item = {"image_url": image, "index": 0, "type": "image_url"}
    for name, delta, to, source in (
        ("images -> content", {"images": [item]}, "content", None),
        ("images -> images, renumbered", {"images": [{**item, "index": 1}]}, "images", None),
        ("image -> images", {"image": image}, "images", None),
        ("content -> images", {"content": url}, "images", "content"),
        ("content -> images, source not known", {"content": url}, "images", None),
    ):
        big = big_frames(frame(chunk(delta)), to, source)
        rows.append(Row(f"5 MB frame {name} / loads + dumps", big, 0.3))
    url = picture(15_000_000).url
    few, many = cut(url, 10), cut(url, 100_000)
    # In µs a chunk. As a multiple of the time in 10 (3 at most, once) it asked for 0.6 µs, less
    # than a chunk with nothing to do may cost, and fell with the bandwidth of the memory, which is
    # all that the 10 take.
    name = "20 MB in 100,000 chunks, µs a chunk above the same in 10"
    rows.append(Row(name, microseconds_above(few, many), 1))
    # A hundredth for the lists of the pieces.
    rows.append(Row("held of an image in progress, in copies", held(url), 1.01))
    return rows
