"""Hypothesis strategies for replies with generated images (extra ``testing``).

They build replies from ordered parts, as a model gives them, in every format and adversarial on
purpose: text that looks like base64, that holds ``data:``, fences and HTML; images whose base64 has
every padding; images side by side. Test your own code with them::

    from hypothesis import given
    from imageshim.testing import strategies as st

    @given(st.scripted_replies("images"))
    def test_my_reader(scripted):
        assert my_reader(scripted.reply) == [picture.data for picture in scripted.pictures(0)]

A ``content`` reply is ambiguous where text on both sides of an image makes a quotation of it
(``"data:…"`` in HTML): the strategies build no such reply.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from imageshim.errors import MissingExtraError
from imageshim.timeline import Format, target_format

from .pictures import KINDS, Picture

try:
    from hypothesis import strategies as st
except ImportError:
    raise MissingExtraError("imageshim.testing.strategies", "testing") from None

__all__ = [
    "Part",
    "Scripted",
    "messages",
    "ordered_parts",
    "pictures",
    "replies",
    "scripted_messages",
    "scripted_replies",
    "texts",
    "write_message",
]

Part = str | Picture
"""A run of text or a picture."""

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
            parts.append(text)
        if number < count:
            parts.append(draw(pictures()))
    return tuple(parts)


def write_message(parts: tuple[Part, ...], name: str | Format) -> dict[str, Any]:
    """Write parts as the message that LiteLLM of the format's era makes of them.

    Unlike LiteLLM, ``image`` keeps to replies with one picture at most.

    Raises:
        UnknownFormatError: there is no such format.
        ValueError: more than one picture for ``image``.

    """
    target = target_format(name)
    text = "".join(part for part in parts if isinstance(part, str))
    urls = [part.url for part in parts if isinstance(part, Picture)]
    message: dict[str, Any] = {"content": text if text or not urls else None, "role": "assistant"}
    if target is Format.CONTENT:
        message["content"] = "".join(p if isinstance(p, str) else p.url for p in parts)
    elif target is Format.IMAGE:
        if len(urls) > 1:
            raise ValueError(f"the format 'image' holds one picture, not {len(urls)}")
        if urls:
            message["image"] = {"url": urls[0], "detail": "auto"}
    elif target is Format.IMAGES:
        message["images"] = [
            {"image_url": {"url": url, "detail": "auto"}, "index": index, "type": "image_url"}
            for index, url in enumerate(urls)
        ]
    else:
        message["content"] = [
            {"type": "text", "text": part}
            if isinstance(part, str)
            else {"type": "image_url", "image_url": {"url": part.url, "detail": "auto"}}
            for part in parts
        ]
    return message


class Scripted(NamedTuple):
    """A reply (or a message), and the parts that it was made of, one tuple a choice."""

    reply: dict[str, Any]
    choices: tuple[tuple[Part, ...], ...]

    def pictures(self, choice: int = 0) -> list[Picture]:
        """Return the pictures of a choice, in order."""
        return [part for part in self.choices[choice] if isinstance(part, Picture)]

    def text(self, choice: int = 0) -> str:
        """Return the text of a choice, joined."""
        return "".join(part for part in self.choices[choice] if isinstance(part, str))


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


@st.composite
def scripted_messages(draw: st.DrawFn, name: str | Format, *, min_images: int = 0) -> Scripted:
    """Draw a message in a format, with the parts that it was made of."""
    limit = 1 if target_format(name) is Format.IMAGE else 3
    parts = draw(ordered_parts(min_images=min_images, max_images=limit))
    message = draw(_decorated(write_message(parts, name)))
    return Scripted(message, (parts,))


def messages(name: str | Format, *, min_images: int = 0) -> st.SearchStrategy[dict[str, Any]]:
    """Messages in a format."""
    return scripted_messages(name, min_images=min_images).map(lambda scripted: scripted.reply)


@st.composite
def scripted_replies(
    draw: st.DrawFn, name: str | Format, *, min_images: int = 0, max_choices: int = 3
) -> Scripted:
    """Draw a whole reply in a format, with the parts of each of its choices."""
    drawn = draw(
        st.lists(scripted_messages(name, min_images=min_images), min_size=1, max_size=max_choices)
    )
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
    name: str | Format, *, min_images: int = 0, max_choices: int = 3
) -> st.SearchStrategy[dict[str, Any]]:
    """Whole replies in a format."""
    drawn = scripted_replies(name, min_images=min_images, max_choices=max_choices)
    return drawn.map(lambda scripted: scripted.reply)
