"""How OpenAI-compatible servers put images into a message: the formats, and gateways' spellings.

A table: the name of a format to the function that writes a message's fields from its parts. Each
works for a whole message and for the delta of one chunk.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from imageshim.testing.pictures import Picture

from .parts import Image, Text

__all__ = ["FORMATS", "Visible"]

Visible = Sequence["Text | Image"]
"""The parts that people see, in order."""


def _url(image: Image) -> str:
    return Picture(image.media_type, image.data).url


def _payload(image: Image) -> str:
    return base64.b64encode(image.data).decode("ascii")


def _text(parts: Visible) -> str | None:
    texts = [part.text for part in parts if isinstance(part, Text)]
    return "".join(texts) if texts else None


def _pictures(parts: Visible) -> list[Image]:
    return [part for part in parts if isinstance(part, Image)]


def _joined(parts: Visible, write: Callable[[Image], str]) -> str | None:
    pieces = [write(part) if isinstance(part, Image) else part.text for part in parts]
    return "".join(pieces) if pieces else None


def _content(parts: Visible, first: int) -> dict[str, Any]:
    del first
    return {"content": _joined(parts, _url)}


def _markdown(parts: Visible, first: int) -> dict[str, Any]:
    del first
    return {"content": _joined(parts, lambda image: f"![image]({_url(image)})")}


def _image(parts: Visible, first: int) -> dict[str, Any]:
    """Only the first image, as LiteLLM 1.76.1 to 1.76.3."""
    del first
    images = _pictures(parts)
    image = {"image": {"url": _url(images[0]), "detail": "auto"}} if images else {}
    return {"content": _text(parts), **image}


def _one_hub(parts: Visible, first: int) -> dict[str, Any]:
    del first
    images = [{"data": _payload(image)} for image in _pictures(parts)]
    return {"content": _text(parts), **({"image": images} if images else {})}


def _list_of(write: Callable[[Image], Any]) -> Callable[[Visible, int], dict[str, Any]]:
    """Make a content list in which an image is a part as ``write`` makes it."""

    def fields(parts: Visible, first: int) -> dict[str, Any]:
        del first
        written = [
            write(part) if isinstance(part, Image) else {"type": "text", "text": part.text}
            for part in parts
        ]
        return {"content": written or None}

    return fields


_parts = _list_of(lambda image: {"type": "image_url", "image_url": {"url": _url(image)}})


def _content_blocks(parts: Visible, first: int) -> dict[str, Any]:
    """Portkey: the text in ``content``, everything again in ``content_blocks``."""
    written = _parts(parts, first)["content"]
    blocks = {"content_blocks": written} if written else {}
    return {"content": _text(parts), **blocks}


def _inline(image: Image) -> dict[str, Any]:
    return {"inline_data": {"mime_type": image.media_type, "data": _payload(image)}}


def _multi_mod_content(parts: Visible, first: int) -> dict[str, Any]:
    """AiHubMix and Yunwu: the text in ``content``, everything again as Gemini's parts."""
    del first
    entries = [_inline(part) if isinstance(part, Image) else {"text": part.text} for part in parts]
    return {"content": _text(parts), **({"multi_mod_content": entries} if entries else {})}


def _dial(parts: Visible, first: int) -> dict[str, Any]:
    """DIAL: images as attachments."""
    del first
    attachments = [
        {"type": image.media_type, "title": "image", "data": _payload(image)}
        for image in _pictures(parts)
    ]
    custom = {"custom_content": {"attachments": attachments}} if attachments else {}
    return {"content": _text(parts), **custom}


def _items(write: Callable[[Image, int], Any]) -> Callable[[Visible, int], dict[str, Any]]:
    def fields(parts: Visible, first: int) -> dict[str, Any]:
        items = [write(image, first + place) for place, image in enumerate(_pictures(parts))]
        return {"content": _text(parts), **({"images": items} if items else {})}

    return fields


def _nested(image: Image, index: int) -> dict[str, Any]:
    url = {"url": _url(image), "detail": "auto"}
    return {"image_url": url, "index": index, "type": "image_url"}


FORMATS: Mapping[str, Callable[[Visible, int], dict[str, Any]]] = MappingProxyType(
    {
        "content": _content,
        "image": _image,
        "images": _items(_nested),
        "parts": _parts,
        # LiteLLM 1.77.0 to 1.109.1 gives every item the index 0.
        "litellm": _items(lambda image, _: _nested(image, 0)),
        "openrouter": _items(
            lambda image, _: {"type": "image_url", "image_url": {"url": _url(image)}}
        ),
        "flat": _items(lambda image, _: {"url": _url(image), "detail": "auto"}),
        "string": _items(lambda image, _: _url(image)),
        "string_url": _items(lambda image, _: {"type": "image_url", "image_url": _url(image)}),
        "camel_case": _items(
            lambda image, _: {"type": "image_url", "imageUrl": {"url": _url(image)}}
        ),
        "b64_json": _items(lambda image, _: {"b64_json": _payload(image)}),
        "mime_type": _items(
            lambda image, _: {"data": _payload(image), "mime_type": image.media_type}
        ),
        "raw_base64": _items(lambda image, _: _payload(image)),
        "one_hub": _one_hub,
        "content_blocks": _content_blocks,
        "multi_mod_content": _multi_mod_content,
        "dial": _dial,
        "inline_data": _list_of(_inline),
        "anthropic": _list_of(
            lambda image: {
                "type": "image",
                "source": {
                    "type": "base64",
                    "media_type": image.media_type,
                    "data": _payload(image),
                },
            }
        ),
        "langchain": _list_of(
            lambda image: {
                "type": "image",
                "base64": _payload(image),
                "mime_type": image.media_type,
            }
        ),
        "mcp": _list_of(
            lambda image: {
                "type": "image",
                "data": _payload(image),
                "mimeType": image.media_type,
            }
        ),
        "markdown": _markdown,
    }
)
"""Name to function of (parts, number of images in the chunks before) to the message's fields."""
