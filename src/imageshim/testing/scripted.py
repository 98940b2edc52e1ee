"""Replies and streams written from ordered parts, as LiteLLM of each era writes them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from imageshim.conversion import detect
from imageshim.errors import ImageShimError, MalformedReplyError
from imageshim.messages.options import FormatLike
from imageshim.reading import GeneratedImage, read_all
from imageshim.streaming.merging import plain
from imageshim.timeline import Format, target_format

from .pictures import Picture

__all__ = ["Part", "Scripted", "ScriptedStream", "scripted_of", "write_delta", "write_message"]

Part = str | Picture
"""A run of text or a picture."""


def write_message(parts: Iterable[Part], name: FormatLike) -> dict[str, Any]:
    """Write parts as the message that LiteLLM of the format's era makes of them.

    Unlike LiteLLM, ``image`` keeps to replies with one picture at most.

    Raises:
        UnknownFormatError: there is no such format.
        ImageShimError: one is neither a text nor a picture.
        ValueError: more than one picture for ``image``.

    """
    target, parts = target_format(name), (parts,) if isinstance(parts, Picture) else tuple(parts)
    for part in parts:
        if not isinstance(part, Part):
            raise ImageShimError(
                f"a part is a text or a picture, as pictures.png() makes one, not {part!r:.80}"
            )
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


def write_delta(parts: Iterable[Part], name: FormatLike) -> dict[str, Any]:
    """Write parts as one delta of a stream: the message, less what says nothing.

    In ``image`` and ``images``, text comes before images.

    Raises:
        UnknownFormatError: there is no such format.
        ValueError: more than one picture for ``image``.

    """
    message = write_message(parts, name)
    del message["role"]
    return {key: value for key, value in message.items() if value}


class ScriptedStream(NamedTuple):
    """The chunks of a stream, and the whole reply that they were cut from."""

    chunks: list[dict[str, Any]]
    whole: Scripted

    def sse(self, end: bytes = b"\n") -> bytes:
        """Write the chunks as OpenAI's API sends them; ``end`` is how lines end."""
        bodies = [json.dumps(chunk, ensure_ascii=False).encode() for chunk in self.chunks]
        return b"".join(b"data: " + body + end + end for body in [*bodies, b"[DONE]"])


def scripted_of(reply: Any) -> Scripted:
    """Take a reply, on any carrier, for what it is made of, as :func:`imageshim.read` reads it.

    Raises:
        MalformedReplyError: it is not a whole reply.

    """
    whole = plain(reply)
    if not isinstance(whole, dict) or not isinstance(whole.get("choices"), list):
        raise MalformedReplyError(
            "a whole reply, with a list of choices, can be cut into chunks, and this "
            f"{type(reply).__name__} has none; what a strategy draws: replies().flatmap(chunks)"
        )
    readings = read_all(whole, source=detect(whole))
    return Scripted(whole, tuple(tuple(map(_part, reading.parts)) for reading in readings))


def _part(part: str | GeneratedImage) -> Part:
    return part if isinstance(part, str) else Picture(part.mime_type or "", part.data)
