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
(``"data:…"`` in HTML): the strategies build no such reply. Text before it alone (an open fence) can
do so, too, for a reader that does not know the source: nothing of that kind is drawn where you name
no format.

This module loads all that a test may call: what is imported in a test's first example counts
towards Hypothesis's deadline (200 ms), which a busy machine then misses.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, NamedTuple

from imageshim.conversion import detect
from imageshim.errors import ImageShimError, MissingExtraError
from imageshim.messages.options import FormatLike
from imageshim.reading import read_all
from imageshim.timeline import Format, target_format

from . import preloading
from .option_checks import check_counts
from .pictures import KINDS, Picture
from .reply_carriers import carried, checked_carriers
from .scripted import Part, Scripted, ScriptedStream, scripted_of, write_delta, write_message

try:
    from hypothesis import strategies as st
except ImportError:
    raise MissingExtraError("imageshim.testing.strategies", "testing") from None

from .chunk_strategies import chunkings
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
    return st.one_of([st.builds(make, filling=st.integers(0, 6)) for make in KINDS.values()])


def parts(
    *, min_images: int = 0, max_images: int | None = None
) -> st.SearchStrategy[tuple[Part, ...]]:
    """Parts of one message in order: runs of text, never empty, and pictures.

    There are three pictures at most, or ``min_images`` if that is more, unless told otherwise.

    Raises:
        ImageShimError: a number is none, or less than it can be.

    """
    check_counts(min_images=min_images)
    most = max(_MOST_IMAGES, min_images) if max_images is None else max_images
    check_counts(max_images=most)
    if most < min_images:
        raise ImageShimError(f"min_images is {min_images}, and max_images is {most}")
    return _parts(st.integers(min_images, most))


_MOST_IMAGES = 3


@st.composite
def _parts(draw: st.DrawFn, counts: st.SearchStrategy[int]) -> tuple[Part, ...]:
    count = draw(counts)
    made: list[Part] = []
    for number in range(count + 1):
        text = draw(_TEXTS)
        if text:
            is_behind_svg = made and getattr(made[-1], "media_type", "") == "image/svg+xml"
            made.append(f" {text}" if is_behind_svg and text[0] in _BLANKS else text)
        if number < count:
            made.append(draw(_IMAGES))
    return tuple(made)


# What is drawn often is made once: to make a strategy costs more than to draw from it.
_IMAGES, _TEXTS = images(), texts()
_BLANKS = "CDI"
"""The blank space that may end an SVG begins with these letters in base64."""


_EXTRAS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "tool_calls": st.none(),
        "function_call": st.none(),
        "thinking_blocks": st.just([]),
        "provider_specific_fields": st.sampled_from([None, {}, {"citations": []}]),
        "unknown": st.integers() | st.text(max_size=3),
    },
)
_SELDOM = st.sampled_from([False] * 4 + [True])
"""True now and then, and never in the smallest case."""
_DETAILS = st.sampled_from(["low", "high"])


@st.composite
def _decorated(draw: st.DrawFn, message: dict[str, Any]) -> dict[str, Any]:
    """Add other keys, anywhere among those of the message."""
    extras = draw(_EXTRAS)
    keys = draw(st.permutations([*message, *extras]))
    both = {**message, **extras}
    out = {key: both[key] for key in keys}
    for item in out.get("images", ()):
        if draw(_SELDOM):
            item["image_url"]["detail"] = draw(_DETAILS)
        if draw(_SELDOM):
            item["vendor"] = draw(st.integers())
    return out


# What is asked for is checked here, not in the draw: it raises where the strategy is made.


def scripted_messages(name: FormatLike, *, min_images: int = 0) -> st.SearchStrategy[Scripted]:
    """Messages in a format, with the parts that they were made of.

    Raises:
        UnknownFormatError: there is no such format.
        ImageShimError: the format cannot hold so many images.

    """
    target = target_format(name)
    if target is not Format.IMAGE:
        return _scripted_messages(parts(min_images=min_images), target)
    check_counts(min_images=min_images)
    if min_images > 1:
        raise ImageShimError(f"the format 'image' holds one image, not {min_images}")
    return _scripted_messages(parts(min_images=min_images, max_images=1), target)


@st.composite
def _scripted_messages(
    draw: st.DrawFn, parts_of: st.SearchStrategy[tuple[Part, ...]], name: Format
) -> Scripted:
    drawn = draw(parts_of)
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
        ImageShimError: the format cannot hold so many images.

    """
    drawn = _in_format(partial(scripted_messages, min_images=min_images), format, min_images)
    return drawn.map(lambda scripted: scripted.reply)


def _in_format(
    make: Callable[[FormatLike], st.SearchStrategy[Scripted]],
    name: FormatLike | None,
    min_images: int,
) -> st.SearchStrategy[Scripted]:
    """Draw in a format, or in any that can hold so many images and can be told by itself."""
    if name is not None:
        return make(name)
    check_counts(min_images=min_images)
    able = (one for one in Format if one is not Format.IMAGE or min_images <= 1)
    return st.one_of([make(one) for one in able]).filter(_is_told)


def _is_told(scripted: Scripted) -> bool:
    """Tell whether who does not know the source finds the images."""
    found = [len(reading.images) for reading in read_all(scripted.reply)]
    return found == [len(scripted.pictures(place)) for place in range(len(scripted.choices))]


def scripted_replies(
    name: FormatLike, *, min_images: int = 0, max_choices: int = 3
) -> st.SearchStrategy[Scripted]:
    """Whole replies in a format, with the parts of each of their choices.

    Raises:
        UnknownFormatError: there is no such format.
        ImageShimError: the format cannot hold so many images, or there is to be no choice.

    """
    check_counts(1, max_choices=max_choices)
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
        ImageShimError: there is no such carrier, or it is not installed, or a number cannot be.

    """
    (kind,) = checked_carriers([carrier])
    make = partial(scripted_replies, min_images=min_images, max_choices=max_choices)
    return _carried(_in_format(make, format, min_images), kind)


@st.composite
def _carried(draw: st.DrawFn, drawn: st.SearchStrategy[Scripted], kind: str) -> Any:
    # Hypothesis shows what is drawn here, and of `map` what it was made of.
    return carried(draw(drawn).reply, kind)


def chunks(reply: Any) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Cut a reply, on any carrier, into the chunks of streams, in every legal way.

    What they should come to is the reply itself: its text and its images, in their order.

    Raises:
        MalformedReplyError: it is not a whole reply.

    """
    return _streams_of(reply).map(lambda stream: stream.chunks)


def sse(reply: Any) -> st.SearchStrategy[bytes]:
    """Cut a reply into event streams, as bytes, whose lines end in each way that they may.

    Raises:
        MalformedReplyError: it is not a whole reply.

    """
    return _sse(_streams_of(reply))


@st.composite
def _sse(draw: st.DrawFn, cut: st.SearchStrategy[ScriptedStream]) -> bytes:
    # As in _carried: what is shown is the bytes.
    return draw(cut).sse(draw(_LINE_ENDS))


_LINE_ENDS = st.sampled_from((b"\n", b"\r\n", b"\r"))


def _streams_of(reply: Any) -> st.SearchStrategy[ScriptedStream]:
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
    "1.60.0", "1.75.9", "1.76.0", "1.76.1", "1.76.3", "1.77.0", "1.77.0rc1", "1.81.6", "1.82.1",
    "1.109.1",
)  # fmt: skip


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
