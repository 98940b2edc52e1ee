"""Hypothesis strategies for replies with generated images (extra ``testing``).

They build replies from ordered parts, as a model gives them, in every format and adversarial on
purpose: text that looks like base64, that holds ``data:``, fences and HTML; images whose base64 has
every padding; images side by side. Test your own code with them::

    from hypothesis import given
    from imageshim.testing import strategies as st

    @given(st.scripted_replies("images"))
    def test_my_reader(scripted):
        assert my_reader(scripted.reply) == [picture.data for picture in scripted.pictures(0)]

Streams are such replies, cut in any way: between any two characters, any parts together in a
chunk, choices interleaved::

    @given(st.scripted_streams("images"))
    def test_my_client(scripted):
        assert my_client(scripted.chunks) == [picture.data for picture in scripted.whole.pictures()]

A ``content`` reply is ambiguous where text on both sides of an image makes a quotation of it
(``"data:…"`` in HTML): the strategies build no such reply.

This module loads all that a test may call: what is imported in a test's first example counts
towards Hypothesis's deadline (200 ms), which a busy machine then misses.
"""

from __future__ import annotations

import itertools
from typing import Any

from imageshim.errors import MissingExtraError
from imageshim.messages.options import FormatLike
from imageshim.timeline import Format, target_format

from . import preloading
from .pictures import KINDS, Picture
from .scripted import Part, Scripted, ScriptedStream, write_delta, write_message

try:
    from hypothesis import strategies as st
except ImportError:
    raise MissingExtraError("imageshim.testing.strategies", "testing") from None

preloading.load()

__all__ = [
    "Part",
    "Scripted",
    "ScriptedStream",
    "chunkings",
    "messages",
    "ordered_parts",
    "pictures",
    "replies",
    "scripted_messages",
    "scripted_replies",
    "scripted_streams",
    "streams",
    "texts",
    "write_delta",
    "write_message",
]

_FRAGMENTS = (
    "Here is the image: ",
    "Here you go",
    "AndNowTheSecond",
    "iVBORw0KGgo",
    "QmCC====",
    "AAAA",
    "x=1",
    "data:",
    "data:image/png;base64,",
    "data:text/plain,hello ",
    "data:application/pdf;base64,JVBERi0xLjQgeA== ",
    "```\n",
    "\n```",
    "<b>bold</b>",
    '<img src="data:image/png;base64,iVBORw0KGgo="> ',
    "![alt](cat.png)",
    "/9j/4AAQ",
    "R0lGODlh",
    "UklGR",
    "\n\n",
    " ",
    "é",
    "日本",
    "\u2028",
    "\0",
)
_OPENERS = "\"'`“<(["


def pictures() -> st.SearchStrategy[Picture]:
    """Small real pictures of five types, with every base64 padding."""
    return st.builds(
        lambda kind, filling: KINDS[kind](filling=filling),
        st.sampled_from(sorted(KINDS)),
        st.integers(0, 6),
    )


def texts(*, min_size: int = 0) -> st.SearchStrategy[str]:
    """Text as models write it, and as would be worst.

    It never ends in an opening quote or bracket, nor (unless quoted) holds a whole data URI of an
    image: either would be read as what it looks like.
    """
    pieces = st.one_of(
        st.sampled_from(_FRAGMENTS),
        st.text(st.characters(codec="utf-8", exclude_characters=":"), max_size=8),
    )
    joined = st.lists(pieces, max_size=5).map("".join).map(lambda text: text.rstrip(_OPENERS))
    return joined.filter(lambda text: len(text) >= min_size and not _reads_as_image(text))


def _reads_as_image(text: str) -> bool:
    """Tell whether a loose ``data:image/png;base64,`` runs into what could be its payload."""
    header = "data:image/png;base64,"
    loose = text.replace(_QUOTED, "")
    after = [piece[:1] for piece in loose.split(header)[1:]]
    return any(letter.isascii() and (letter.isalnum() or letter in "+/-_=%") and letter
               for letter in after)  # fmt: skip


_QUOTED = '"data:image/png;base64,iVBORw0KGgo="'


@st.composite
def ordered_parts(draw: st.DrawFn, *, min_images: int = 0, max_images: int = 3) -> tuple[Part, ...]:
    """Draw the parts of one message in order: runs of text, never empty, and pictures."""
    count = draw(st.integers(min_images, max_images))
    parts: list[Part] = []
    for number in range(count + 1):
        text = draw(texts())
        if text:
            is_behind_svg = parts and getattr(parts[-1], "media_type", "") == "image/svg+xml"
            parts.append(f" {text}" if is_behind_svg and text[0] in _BLANKS else text)
        if number < count:
            parts.append(draw(pictures()))
    return tuple(parts)


_BLANKS = "CDI"
"""The blank space that may end an SVG begins with these letters in base64."""


_EXTRAS: dict[str, st.SearchStrategy[Any]] = {
    "tool_calls": st.none(),
    "function_call": st.none(),
    "thinking_blocks": st.just([]),
    "provider_specific_fields": st.sampled_from([None, {}, {"citations": []}]),
    "unknown": st.integers() | st.text(max_size=3),
}


@st.composite
def _decorated(draw: st.DrawFn, message: dict[str, Any]) -> dict[str, Any]:
    """Add other keys, anywhere among those of the message."""
    extras = draw(st.fixed_dictionaries({}, optional=_EXTRAS))
    keys = draw(st.permutations([*message, *extras]))
    both = {**message, **extras}
    out = {key: both[key] for key in keys}
    for item in out.get("images", ()):
        if draw(st.integers(0, 4)) == 0:
            item["image_url"]["detail"] = draw(st.sampled_from(["low", "high"]))
        if draw(st.integers(0, 4)) == 0:
            item["vendor"] = draw(st.integers())
    return out


# Formats are looked up here, not in the draw: a wrong name raises where the strategy is made.


def scripted_messages(name: FormatLike, *, min_images: int = 0) -> st.SearchStrategy[Scripted]:
    """Messages in a format, with the parts that they were made of.

    Raises:
        UnknownFormatError: there is no such format.

    """
    return _scripted_messages(target_format(name), min_images)


@st.composite
def _scripted_messages(draw: st.DrawFn, name: Format, min_images: int) -> Scripted:
    limit = 1 if name is Format.IMAGE else 3
    parts = draw(ordered_parts(min_images=min_images, max_images=limit))
    message = draw(_decorated(write_message(parts, name)))
    return Scripted(message, (parts,))


def messages(name: FormatLike, *, min_images: int = 0) -> st.SearchStrategy[dict[str, Any]]:
    """Messages in a format.

    Raises:
        UnknownFormatError: there is no such format.

    """
    return scripted_messages(name, min_images=min_images).map(lambda scripted: scripted.reply)


def scripted_replies(
    name: FormatLike, *, min_images: int = 0, max_choices: int = 3
) -> st.SearchStrategy[Scripted]:
    """Whole replies in a format, with the parts of each of their choices.

    Raises:
        UnknownFormatError: there is no such format.

    """
    message = scripted_messages(name, min_images=min_images)
    return _scripted_replies(st.lists(message, min_size=1, max_size=max_choices))


@st.composite
def _scripted_replies(draw: st.DrawFn, choices_of: st.SearchStrategy[list[Scripted]]) -> Scripted:
    drawn = draw(choices_of)
    choices = [
        {"finish_reason": "stop", "index": index, "message": message.reply}
        for index, message in enumerate(drawn)
    ]
    reply = {
        "id": "chatcmpl-1",
        "created": 1,
        "model": "gemini-2.5-flash-image",
        "object": "chat.completion",
        "choices": choices,
        "usage": {"completion_tokens": 1, "prompt_tokens": 1, "total_tokens": 2},
    }
    return Scripted(reply, tuple(message.choices[0] for message in drawn))


def replies(
    name: FormatLike, *, min_images: int = 0, max_choices: int = 3
) -> st.SearchStrategy[dict[str, Any]]:
    """Whole replies in a format.

    Raises:
        UnknownFormatError: there is no such format.

    """
    drawn = scripted_replies(name, min_images=min_images, max_choices=max_choices)
    return drawn.map(lambda scripted: scripted.reply)


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
        reasons = [None] * len(deltas) + [choice["finish_reason"]]
        queues.append(
            [
                {"index": choice["index"], "delta": delta, "finish_reason": reason}
                for delta, reason in zip([*deltas, {}], reasons, strict=True)
            ]
        )
    base = {key: value for key, value in whole.reply.items() if key not in {"choices", "usage"}}
    base["object"] = "chat.completion.chunk"
    chunks: list[dict[str, Any]] = []
    while waiting := [queue for queue in queues if queue]:
        others = draw(st.lists(st.sampled_from(waiting), min_size=1, max_size=2, unique_by=id))
        chunks.append({**base, "choices": [queue.pop(0) for queue in others]})
    chunks.append({**base, "choices": [], "usage": whole.reply["usage"]})
    return ScriptedStream(chunks, whole)


_CUT = frozenset({"content", "image", "images"})


def scripted_streams(
    name: FormatLike, *, min_images: int = 0, max_choices: int = 3
) -> st.SearchStrategy[ScriptedStream]:
    """Streams in a format, with the whole replies that they were cut from.

    Raises:
        UnknownFormatError: there is no such format.

    """
    drawn = scripted_replies(name, min_images=min_images, max_choices=max_choices)
    return drawn.flatmap(lambda whole: chunkings(whole, name))


def streams(
    name: FormatLike, *, min_images: int = 0, max_choices: int = 3
) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Streams in a format, as lists of chunks.

    Raises:
        UnknownFormatError: there is no such format.

    """
    drawn = scripted_streams(name, min_images=min_images, max_choices=max_choices)
    return drawn.map(lambda stream: stream.chunks)
