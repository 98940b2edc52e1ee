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

:func:`odd_messages` draws the spellings of other gateways, and what is no image beside them.

A ``content`` reply is ambiguous where text on both sides of an image makes a quotation of it
(``"data:…"`` in HTML): the strategies build no such reply.

This module loads all that a test may call: what is imported in a test's first example counts
towards Hypothesis's deadline (200 ms), which a busy machine then misses.
"""

from __future__ import annotations

import itertools
from typing import Any, Literal, NamedTuple

from imageshim.conversion import detect
from imageshim.errors import MissingExtraError
from imageshim.messages.options import FormatLike
from imageshim.timeline import Format, target_format

from . import preloading
from .pictures import KINDS, Picture
from .reply_carriers import carried, checked_carriers
from .scripted import Part, Scripted, ScriptedStream, scripted_of, write_delta, write_message

try:
    from hypothesis import strategies as st
except ImportError:
    raise MissingExtraError("imageshim.testing.strategies", "testing") from None

from .odd_strategies import odd_messages
from .text_strategies import texts

preloading.load()

__all__ = [
    "LegacyContent",
    "Part",
    "Scripted",
    "ScriptedStream",
    "chunkings",
    "chunks",
    "images",
    "legacy_content",
    "messages",
    "odd_messages",
    "parts",
    "replies",
    "scripted_messages",
    "scripted_replies",
    "scripted_streams",
    "sse",
    "streams",
    "texts",
    "versions",
    "write_delta",
    "write_message",
]


def images() -> st.SearchStrategy[Picture]:
    """Small real pictures of five types, with every base64 padding."""
    return st.builds(
        lambda kind, filling: KINDS[kind](filling=filling),
        st.sampled_from(sorted(KINDS)),
        st.integers(0, 6),
    )


@st.composite
def parts(draw: st.DrawFn, *, min_images: int = 0, max_images: int = 3) -> tuple[Part, ...]:
    """Draw the parts of one message in order: runs of text, never empty, and pictures."""
    count = draw(st.integers(min_images, max_images))
    made: list[Part] = []
    for number in range(count + 1):
        text = draw(texts())
        if text:
            is_behind_svg = made and getattr(made[-1], "media_type", "") == "image/svg+xml"
            made.append(f" {text}" if is_behind_svg and text[0] in _BLANKS else text)
        if number < count:
            made.append(draw(images()))
    return tuple(made)


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
    drawn = draw(parts(min_images=min_images, max_images=limit))
    message = draw(_decorated(write_message(drawn, name)))
    return Scripted(message, (drawn,))


def messages(
    format: FormatLike | None = None,  # noqa: A002  # the field's word
    *,
    min_images: int = 0,
) -> st.SearchStrategy[dict[str, Any]]:
    """Messages in a format, or in any.

    Raises:
        UnknownFormatError: there is no such format.

    """
    drawn = [scripted_messages(name, min_images=min_images) for name in _chosen(format)]
    return st.one_of(drawn).map(lambda scripted: scripted.reply)


def _chosen(name: FormatLike | None) -> tuple[FormatLike, ...]:
    return tuple(Format) if name is None else (name,)


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
    format: FormatLike | None = None,  # noqa: A002  # as above
    *,
    carrier: Literal["dict", "litellm", "openai"] = "dict",
    min_images: int = 0,
    max_choices: int = 3,
) -> st.SearchStrategy[Any]:
    """Whole replies in a format, or in any, as dicts or as objects of LiteLLM or the OpenAI SDK.

    Raises:
        UnknownFormatError: there is no such format.
        ImageShimError: there is no such carrier, or it is not installed.

    """
    (kind,) = checked_carriers(carrier)
    drawn = st.one_of(
        [
            scripted_replies(name, min_images=min_images, max_choices=max_choices)
            for name in _chosen(format)
        ]
    )
    return drawn.map(lambda scripted: carried(scripted.reply, kind))


def chunks(reply: dict[str, Any] | Scripted) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Cut a reply into the chunks of streams, in every legal way.

    What they should come to is the reply itself: its text and its images, in their order.
    """
    return _streams_of(reply).map(lambda stream: stream.chunks)


def sse(reply: dict[str, Any] | Scripted) -> st.SearchStrategy[bytes]:
    """Cut a reply into event streams, as bytes, whose lines end in each way that they may."""
    ends = st.sampled_from((b"\n", b"\r\n", b"\r"))
    return st.builds(lambda stream, end: stream.sse(end), _streams_of(reply), ends)


def _streams_of(reply: dict[str, Any] | Scripted) -> st.SearchStrategy[ScriptedStream]:
    whole = reply if isinstance(reply, Scripted) else scripted_of(reply)
    return chunkings(whole, detect(whole.reply) or Format.IMAGES)


class LegacyContent(NamedTuple):
    """The ``content`` that LiteLLM up to 1.76.0 gives, and what it was made of."""

    content: str
    parts: tuple[Part, ...]

    @property
    def images(self) -> list[Picture]:
        """The images that a reader should find, in order."""
        return [part for part in self.parts if isinstance(part, Picture)]


def legacy_content(*, min_images: int = 0) -> st.SearchStrategy[LegacyContent]:
    """Text with data URIs in it, joined without a word as LiteLLM up to 1.76.0 did."""
    drawn = scripted_messages(Format.CONTENT, min_images=min_images)
    return drawn.map(lambda made: LegacyContent(made.reply["content"] or "", made.choices[0]))


def versions() -> st.SearchStrategy[str]:
    """LiteLLM versions, on both sides of each change of the format.

    :func:`imageshim.format_of` says which format each gives.
    """
    return st.sampled_from(_VERSIONS)


_VERSIONS = (
    "1.60.0", "1.75.9", "1.76.0", "1.76.1", "1.76.3", "1.77.0rc1", "1.77.0", "1.81.6", "1.82.1",
    "1.109.1",
)  # fmt: skip


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
