"""``content``: data URIs joined into the text of ``message.content``, with nothing between.

LiteLLM 1.65.4 (1.72.2 in streams) up to 1.76.0 (BerriAI/litellm PR #9646), and cache entries that
those versions wrote. It keeps the order. Where an image ends and whether a data URI is an image at
all has to be found out: ``data_uri`` does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from imageshim.image_data import data_uri
from imageshim.image_data.quotation import TextBefore
from imageshim.long_json.rope import join
from imageshim.messages.parts import ImagePart, Part, TextPart

__all__ = ["Feed", "image_entry", "lift", "lift_markdown", "lift_spans", "lower", "set_apart"]


def _cut(text: str, spans: list[tuple[int, int, int, int]]) -> list[TextPart | ImagePart]:
    """Cut ``text`` at the spans: (start, end) of what is taken out, (start, end) of its URI."""
    parts: list[TextPart | ImagePart] = []
    done = 0
    for start, end, uri_start, uri_end in spans:
        if start > done:
            parts.append(TextPart(text[done:start]))
        # A reply that is one image and nothing else shares its string.
        whole = uri_start == 0 and uri_end == len(text)
        parts.append(ImagePart(text if whole else text[uri_start:uri_end]))
        done = end
    if done < len(text):
        parts.append(TextPart(text[done:]))
    return parts


def lift(
    text: str, *, trusted: bool, context: TextBefore | None = None
) -> list[TextPart | ImagePart]:
    """Read the text: its data URIs, or all of it where it is base64 without a prefix.

    ``trusted`` says that the text is known to be in this format; ``context`` is the text before.
    """
    spans = data_uri.find_images(text, trusted=trusted, context=context)
    if spans:
        return _cut(text, [(start, end, start, end) for start, end in spans])
    media_type = data_uri.raw_image(text)
    if media_type is None:
        return [TextPart(text)]
    payload = text.strip()
    start = text.index(payload)
    around = TextPart(text[:start]), TextPart(text[start + len(payload) :])
    image = ImagePart(f"data:{media_type};base64,{payload}", raw=True)
    return [
        part for part in (around[0], image, around[1]) if isinstance(part, ImagePart) or part.text
    ]


def lift_spans(text: str, entries: list[tuple[Any, ...]]) -> list[Part] | None:
    """Cut the text where the stash says; None where that does not fit."""
    inside = [entry for entry in entries if entry[0] in _KINDS]
    if len(inside) == len(entries) and all(entry[0] == "text" for entry in inside):
        return None  # no stash is kept of text alone
    if sum(entry[1] for entry in inside) != len(text):
        return None
    parts: list[Part] = []
    done = 0
    for kind, length, *checksum in inside:
        piece = text if length == len(text) else text[done : done + length]
        done += length
        if kind == "text":
            parts.append(TextPart(piece))
        elif kind == "feed" and piece == "\n":
            continue
        elif (kind == "image" and _is_url(piece)) or (kind == "url" and checksum == [_crc(piece)]):
            parts.append(ImagePart(piece))
        elif kind == "raw" and (media_type := data_uri.sniff(piece)) is not None:
            parts.append(ImagePart(f"data:{media_type};base64,{piece}", raw=True))
        else:
            return None
    return parts


_KINDS = ("text", "image", "url", "raw", "feed")


def _is_url(piece: str) -> bool:
    """Tell whether a text is surely an image's: a URL, or base64 as gateways send."""
    if data_uri.parse(piece) is not None or data_uri.sniff(piece) is not None:
        return True
    return _REMOTE.fullmatch(str(piece)) is not None


def _crc(url: str) -> int:
    return crc32(url.encode("utf-8", "surrogatepass"))


def image_entry(url: str) -> tuple[Any, ...]:
    """Write the stash's entry of an image that stands in the text as its URL."""
    return ("image", len(url)) if _is_url(url) else ("url", len(url), _crc(url))


_REMOTE = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)


def lift_markdown(text: str) -> list[TextPart | ImagePart]:
    """Read ``![…](data:image/…)``, as new-api, uni-api and resellers write."""
    spans = [span for span in data_uri.split_markdown(text) if _is_data(text, span[2])]
    parts = _cut(text, spans)
    for part in parts:
        if isinstance(part, ImagePart):
            part.place = "markdown"
    return parts


def _is_data(text: str, start: int) -> bool:
    return text[start : start + len("data:")].lower() == "data:"


def raw_payload(image: ImagePart) -> str:
    """Return what an image was written as in ``content``."""
    return image.url.partition(",")[2] if image.raw else image.url


@dataclass(slots=True)
class Feed(TextPart):
    """A line feed that sets a URL apart from the text; it is no part of the message."""


def set_apart(parts: Sequence[Part]) -> list[Part]:
    """Put line feeds around URLs and other references: nothing else says where they end."""
    out: list[Part] = []
    last, is_open = "\n", False  # what the text ends in, and whether a URL stands there
    for part in parts:
        if isinstance(part, TextPart):
            written = part.text
        else:
            shown = isinstance(part, ImagePart) and not part.draft
            written = raw_payload(part) if isinstance(part, ImagePart) and shown else ""
        is_reference = isinstance(part, ImagePart) and not part.raw and not _is_data(written, 0)
        if written:
            if (is_open and written[0] != "\n") or (is_reference and last != "\n"):
                out.append(Feed("\n"))
            last, is_open = written[-1], is_reference
        out.append(part)
    return out


def only_images(text: str | None, parts: Sequence[Part]) -> bool:
    """Tell whether a text that was written of parts reads as their data URIs, and no others."""
    written = [
        raw_payload(part) for part in parts if isinstance(part, ImagePart) and not part.draft
    ]
    found = data_uri.find_images(text or "", trusted=True)
    return [(text or "")[start:end] for start, end in found] == [
        url for url in written if _is_data(url, 0)
    ]


def lower(parts: list[Part]) -> dict[str, Any]:
    """Write ``content``. Drafts stood in the reasoning text, not here."""
    pieces = [
        part.text if isinstance(part, TextPart) else raw_payload(part)
        for part in set_apart(parts)
        if isinstance(part, TextPart) or (isinstance(part, ImagePart) and not part.draft)
    ]
    return {"content": join(pieces) if pieces else None}
