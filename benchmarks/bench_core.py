"""The core on a reply with a 5 MB image, beside what users write by hand."""

from __future__ import annotations

import copy
import json
import math
import os
import re
import struct
import tracemalloc
from collections.abc import Callable

from openai.types.chat import ChatCompletion

from imageshim import Format, convert, read
from imageshim.testing.pictures import Picture, chunk
from imageshim.testing.strategies import write_message

from .rows import Row, best, ratio

SIZE = 3_750_000  # bytes of picture: 5 MB of base64


def picture(size: int = SIZE) -> Picture:
    """A PNG of random bytes (which no PNG reader is asked to open), in chunks of 64 KiB."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1024, 1024, 8, 2, 0, 0, 0))
    data = os.urandom(size)
    rows = b"".join(chunk(b"IDAT", data[at : at + 65536]) for at in range(0, size, 65536))
    return Picture("image/png", b"\x89PNG\r\n\x1a\n" + header + rows + chunk(b"IEND", b""))


def reply(message: dict[str, object]) -> dict[str, object]:
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}


def by_hand(content: str) -> tuple[str, str]:
    """What code for the old format does: it swallows letters that follow the image."""
    found = re.search(r"data:image/[a-z]+;base64,[A-Za-z0-9+/=]+", content)
    assert found is not None
    return content.replace(found[0], ""), found[0].split(",")[1]


def run() -> list[Row]:
    parts = ("Here is the image: ", picture())
    replies = {name: reply(write_message(parts, name)) for name in Format}
    objects = {
        name: ChatCompletion.construct(**copy.deepcopy(value)) for name, value in replies.items()
    }
    made = {
        name: lambda value=value: ChatCompletion.construct(**value)
        for name, value in replies.items()
    }
    text = replies[Format.CONTENT]["choices"][0]["message"]["content"]
    url = parts[1].url
    dump = lambda: json.dumps(replies[Format.IMAGES])  # noqa: E731
    rows = [
        # In units of the same kind of work, which is all look-ups and calls: json.dumps of 5 MB is
        # one loop over memory, and how many calls fit into it depends on the machine and its load
        # (the limit was 1/300 of it, 44 µs where it takes 13 ms; measured were 40 to 61). It was
        # 2/3 before every dialect was read without being asked for; measured are 0.67 to 0.73.
        Row("objects: image -> images / the SDK's construct()",
            ratio(lambda: convert(objects["image"], "images"), made["image"]), 3 / 4),
        Row("objects: images -> image / the SDK's construct()",
            ratio(lambda: convert(objects["images"], "image"), made["images"]), 3 / 4),
        Row("objects: image -> images / json.dumps",
            ratio(lambda: convert(objects["image"], "images"), dump), math.inf),
        Row("content -> images, version known / one slice",
            ratio(lambda: convert(replies["content"], "images", source="1.75.9"),
                  lambda: text[19:-1]), 5),
        Row("content -> images, nothing known / one slice",
            ratio(lambda: convert(replies["content"], "images"), lambda: text[19:-1]), 5),
        Row("images -> content / one concatenation",
            ratio(lambda: convert(replies["images"], "content"),
                  lambda: "Here is the image: " + url), 2),
        # In the same unit: it was 1/300 of json.dumps, too, and took 0.0033 to 0.0038 of it.
        Row("width from the header / the SDK's construct()",
            ratio(lambda: read(replies["images"]).images[0].width, made["images"]), 3 / 4),
        Row("by hand: a regular expression and split / one slice",
            ratio(lambda: by_hand(text), lambda: text[19:-1]), math.inf),
    ]  # fmt: skip
    memory = [
        Row("objects: peak extra memory, in KiB",
            peak(lambda: convert(objects["image"], "images")) / 1024, 64),
        Row("content -> images: peak extra memory / the image",
            peak(lambda: convert(replies["content"], "images")) / len(url), 1.01),
        Row("images -> content: peak extra memory / the image",
            peak(lambda: convert(replies["images"], "content")) / len(url), 1.01),
    ]  # fmt: skip
    swallowed = len(by_hand(text + "Here you go")[1]) - len(url.partition(",")[2])
    rows.append(
        Row("by hand: letters of the text behind taken into the image", swallowed, math.inf)
    )
    return rows + memory + _without_image() + _per_megabyte()


def peak(run: Callable[[], object]) -> int:
    """Tell how many bytes one call holds at its peak, beyond what was there."""
    run()
    tracemalloc.start()
    kept = run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    del kept
    return peak


def _without_image() -> list[Row]:
    """How long it takes to see that there is nothing to do.

    In units of work of the same size: a limit in µs (2 and 5) was kept or missed as the machine
    pleased, whose clock runs at one or two times its speed.
    """
    plain = reply({"content": "I can only talk: " * 8, "role": "assistant", "images": []})
    carrier = ChatCompletion.construct(**copy.deepcopy(plain))
    hundred = range(100)
    unit = lambda: [json.dumps(plain) for _ in hundred]  # noqa: E731
    seen = [
        ratio(lambda v=value: [convert(v, "images") for _ in hundred], unit)
        for value in (plain, carrier)
    ]
    return [
        Row("no image, dict / json.dumps of it", seen[0], 2 / 3),
        Row("no image, object / json.dumps of it", seen[1], 1),
    ]


def _per_megabyte() -> list[Row]:
    """Time per MB at 50 MB as a multiple of that at 1 MB, beside that of one slice.

    A slice's own time per MB grows where the allocator asks the system for fresh pages, which is
    how large it is on most machines: what counts is what the conversion adds to that.
    """
    converted, sliced = [
        seconds(50_000_000) / seconds(1_000_000) / 50 for seconds in (_converting, _slicing)
    ]
    return [
        Row("content -> images: growth of the time per MB / a slice's", converted / sliced, 1.5),
        Row("content -> images: time per MB, 50 MB / 1 MB", converted, math.inf),
        Row("one slice: time per MB, 50 MB / 1 MB", sliced, math.inf),
    ]


def _text(size: int) -> dict[str, object]:
    return reply(write_message(("Here: ", picture(size * 3 // 4)), "content"))


def _converting(size: int) -> float:
    value = _text(size)
    return best(lambda: convert(value, "images", source="content"), 1)


def _slicing(size: int) -> float:
    text = _text(size)["choices"][0]["message"]["content"]
    return best(lambda: text[6:-1], 1)
