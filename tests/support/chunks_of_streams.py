"""Chunks for the tests, as servers send them."""

from __future__ import annotations

import json

from imageshim.testing.pictures import jpeg, png

RED, BLUE = png(filling=1), png(filling=4, grey=9)
UNPADDED = png(filling=2)
PHOTO = jpeg(filling=0)
BASE = {"id": "c1", "object": "chat.completion.chunk", "created": 7, "model": "m"}


def chunk(delta, *, index=0, finish=None, **more):
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    return {**BASE, "choices": [choice], **more}


def texts(*pieces, finish="stop"):
    made = [chunk({"content": piece}) for piece in pieces]
    return [*made, chunk({}, finish=finish)] if finish else made


def item(url, index=0, **more):
    return {
        "image_url": {"url": url, "detail": "auto"},
        "index": index,
        "type": "image_url",
        **more,
    }


def deltas(chunks):
    return [choice["delta"] for made in chunks for choice in made["choices"]]


def frame(chunk, end=b"\n"):
    return b"data: " + json.dumps(chunk).encode() + end + end
