"""Replies cut into the chunks of streams, in every legal way (extra ``testing``)."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import strategies as st

from imageshim.messages.options import FormatLike
from imageshim.timeline import Format, target_format

from .pictures import Picture
from .scripted import Part, Scripted, ScriptedStream, write_delta

__all__ = ["chunkings"]


@st.composite
def _cut(draw: st.DrawFn, text: str) -> list[str]:
    """Cut text between any characters, into pieces that are not empty."""
    places = draw(st.sets(st.integers(1, max(len(text) - 1, 1)), max_size=6))
    cuts = [0, *sorted(place for place in places if place < len(text)), len(text)]
    return [text[start:end] for start, end in itertools.pairwise(cuts) if start < end]


@st.composite
def _deltas(
    draw: st.DrawFn, parts: tuple[Part, ...], message: dict[str, Any], name: Format
) -> list[dict[str, Any]]:
    """Cut the parts of one message into deltas."""
    if name is Format.CONTENT:
        return [{"content": piece} for piece in draw(_cut(message["content"] or ""))]
    pieces: list[Part] = []
    for part in parts:
        pieces += draw(_cut(part)) if isinstance(part, str) else [part]
    groups: list[list[Part]] = []
    for piece in pieces:
        if groups and _joins(groups[-1], piece, name) and draw(st.booleans()):
            groups[-1].append(piece)
        else:
            groups.append([piece])
    items = iter(message.get("images", ()))
    counts = draw(st.booleans())  # LiteLLM gives 0 to every index
    deltas: list[dict[str, Any]] = []
    for group in groups:
        delta: dict[str, Any] = write_delta(group, name)
        if name is Format.PARTS and draw(st.booleans()) and all(isinstance(p, str) for p in group):
            delta = {"content": "".join(map(str, group))}
        if "images" in delta:
            own = list(itertools.islice(items, len(delta["images"])))
            delta["images"] = own if counts else [{**item, "index": 0} for item in own]
        deltas.append(delta)
    return deltas


def _joins(group: list[Part], piece: Part, name: Format) -> bool:
    """Tell whether a delta can hold one more piece without a change of their order."""
    pictures = sum(isinstance(part, Picture) for part in group)
    if name is Format.PARTS:
        return True
    return not pictures or (name is Format.IMAGES and isinstance(piece, Picture))


def chunkings(whole: Scripted, name: FormatLike) -> st.SearchStrategy[ScriptedStream]:
    """Streams that are a whole reply of that format, cut into chunks in any way.

    Fields beside text and images come with the first delta of a choice, the finish reason with an
    empty last one, and usage in a chunk at the end.

    Raises:
        UnknownFormatError: there is no such format.

    """
    return _chunkings(whole, target_format(name))


@st.composite
def _chunkings(draw: st.DrawFn, whole: Scripted, target: Format) -> ScriptedStream:
    queues: list[list[dict[str, Any]]] = []
    for choice, parts in zip(whole.reply["choices"], whole.choices, strict=True):
        first = {key: value for key, value in choice["message"].items() if key not in _CUT}
        deltas = draw(_deltas(parts, choice["message"], target))
        joined: bool = draw(st.booleans())
        if deltas and joined:
            deltas[0] = {**first, **deltas[0]}
        else:
            deltas.insert(0, first)
        reasons = [None] * len(deltas) + [choice.get("finish_reason", "stop")]
        queues.append(
            [
                {"index": choice.get("index", 0), "delta": delta, "finish_reason": reason}
                for delta, reason in zip([*deltas, {}], reasons, strict=True)
            ]
        )
    base = {key: value for key, value in whole.reply.items() if key not in {"choices", "usage"}}
    base["object"] = "chat.completion.chunk"
    chunks: list[dict[str, Any]] = []
    while waiting := [queue for queue in queues if queue]:
        others = draw(st.lists(st.sampled_from(waiting), min_size=1, max_size=2, unique_by=id))
        chunks.append({**base, "choices": [queue.pop(0) for queue in others]})
    chunks.append({**base, "choices": [], "usage": whole.reply.get("usage")})
    return ScriptedStream(chunks, whole)


_CUT = frozenset({"content", "image", "images"})
