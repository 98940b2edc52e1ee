"""Data URIs in text: find, measure and decode them.

A reply can be prose, a data URI and prose again, glued together in letters that are base64 too.
So the end of an image is found in the image (`imageshim.image_data.structure`), and no regular
expression ever runs over base64: text is looked through for colons, at memory speed.

Sources: RFC 2397 (data URIs), RFC 4648 (base64, and its URL-safe alphabet).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_to_bytes

from imageshim.errors import MalformedImageError

from .markdown_images import split_markdown
from .quotation import TextBefore, goes_on
from .structure import (
    End,
    PayloadScanner,
    TextSource,
    decode_exact,
    decode_run,
    first_foreign,
    payload_end,
    sniff_bytes,
    text_dimensions,
)
from .uri_header import LONGEST_HEADER, DataURI, find_header, parse, prefix_at_end

if TYPE_CHECKING:
    from .structure import ImageType

__all__ = [
    "CONTEXT_AFTER",
    "CONTEXT_BEFORE",
    "ELLIPSES",
    "LONGEST_HEADER",
    "DataURI",
    "End",
    "PayloadScanner",
    "closer_of",
    "decode",
    "dimensions",
    "find_header",
    "find_images",
    "is_enclosed",
    "is_mention",
    "parse",
    "payload_size",
    "prefix_at_end",
    "raw_image",
    "raw_type",
    "sniff",
    "split_markdown",
    "true_type",
    "truly_typed",
]

# Fewer characters are no base64 of anything: four carry the first byte, padding included.
_SHORTEST_PAYLOAD = 4
_SNIFFED = 64
_REGISTERED = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png"}
"""Media types that are written and are none, for bytes that do not tell."""
CONTEXT_BEFORE = 4
"""How much of the text before a data URI says whether it is quoted: as much as ``url(``."""
CONTEXT_AFTER = 3
"""How much of the text after it does: as much as an ellipsis."""
ELLIPSES = ("...", "\N{HORIZONTAL ELLIPSIS}")
# What text puts around a URI that it talks about.
_CLOSERS = {'"': '"', "'": "'", "`": "`", "“": "”", "<": ">"}
# How the base64 of each type in the catalogue begins, but for SVG, which is text: enough to
# turn down any other text by a look at its first characters.
_RAW_BEGINNINGS = (
    *("iVBORw0KGgo", "/9j/", "_9j_", "R0lGOD", "UklGR", "Qk"),  # PNG, JPEG, GIF, WebP, BMP
    *("AAAA", "AAAB", "AAAC", "SUkqA", "SUkrA", "TU0AK"),  # AVIF and HEIC, ICO, CUR, TIFF
)


def find_images(
    text: str, *, trusted: bool, context: TextBefore | None = None
) -> list[tuple[int, int]]:
    """Find the data URIs in ``text`` that are images: (start, end) of each.

    In order, not overlapping. ``trusted``: the text is known to be LiteLLM's ``content`` format.
    Then every image's data URI is an image, even a truncated one, unless the text is about it
    (`is_mention`). Not ``trusted``: only complete images of a known type, which no writer quotes
    (`imageshim.image_data.quotation`); ``context`` is the text before, and takes this one. Never
    raises; linear time.
    """
    if not trusted:
        return _find_unquoted(text, TextBefore() if context is None else context)
    spans = []
    header = find_header(text)
    while header:
        begin, resume = header
        before = text[max(begin - CONTEXT_BEFORE, 0) : begin]
        end = payload_end(text, resume)
        resume += end.length
        if not is_mention(before, text[resume : resume + CONTEXT_AFTER], end):
            spans.append((begin, resume))
        header = find_header(text, resume)
    return spans


def _find_unquoted(text: str, context: TextBefore) -> list[tuple[int, int]]:
    spans = []
    done = 0
    header = find_header(text)
    while header:
        begin, resume = header
        context.take(text[done:begin])
        done = begin
        end = None if context.quotes else payload_end(text, resume, complete_only=True)
        if end:
            resume += end.length
            if not (goes_on(text[resume : resume + CONTEXT_AFTER]) and context.is_in_a_sentence):
                spans.append((begin, resume))
                context.image()
                done = resume
        header = find_header(text, resume)
    context.take(text[done:])
    return spans


def is_mention(before: str, after: str, end: End) -> bool:
    """Whether a data URI in LiteLLM's ``content`` is part of the text, and no image.

    ``before`` and ``after`` are the characters around it, `CONTEXT_BEFORE` and `CONTEXT_AFTER`
    of them at least where there are; ``end`` is how its payload ended. It is text if it has no
    payload, if it breaks off in an ellipsis, or if the text encloses it in quotes, pointed
    brackets, or the parentheses of ``](…)`` and ``url(…)``.
    """
    return (
        end.length < _SHORTEST_PAYLOAD
        or (not end.complete and after.startswith(ELLIPSES))
        or is_enclosed(before, after)
    )


def is_enclosed(before: str, after: str) -> bool:
    """Whether the text right around a data URI encloses it in a matching pair."""
    closer = closer_of(before)
    return bool(closer) and after.startswith(closer)


def closer_of(before: str) -> str:
    """Tell what has to follow a data URI for the text around it to enclose it; empty: nothing."""
    opener = before[-1:]
    closer = _CLOSERS.get(opener, "")
    if opener == "(" and (before[-2:-1] == "]" or before[-4:-1].lower() == "url"):
        closer = ")"
    # Quotes are escaped on both sides in source code inside the text.
    return "\\" + closer if closer and before[-2:-1] == "\\" else closer


def raw_image(text: str) -> str | None:
    """Tell the media type of an image whose base64, without ``data:``, is all of ``text``.

    The image is complete and of a binary type; blank space around and line feeds within are
    allowed, and padding may be missing. None for any other text, after a look at its beginning.
    """
    if not text[:_SNIFFED].lstrip().startswith(_RAW_BEGINNINGS):
        return None
    stripped = text.strip()
    if not sniff(stripped):
        return None
    if "\n" in stripped:
        stripped = "".join(stripped.split())
    end = payload_end(stripped, 0, complete_only=True)
    return end.media_type if end and end.length == len(stripped) else None


def _image_type(payload: str) -> ImageType | None:
    return sniff_bytes(decode_run(payload[:_SNIFFED]))


def sniff(payload: str) -> str | None:
    """Tell the media type of an image by the first characters of its base64; None if unknown."""
    image_type = _image_type(payload)
    return image_type.media_type if image_type else None


def true_type(uri: str) -> str | None:
    """Tell the media type of a data URI, from the bytes where they tell; None if it is none."""
    header = parse(uri)
    if header is None:
        return None
    start = header.payload_start
    found = sniff(uri[start : start + _SNIFFED]) if header.is_base64 else None
    return found or _REGISTERED.get(header.media_type, header.media_type)


def truly_typed(uri: str) -> str:
    """Write a data URI of base64 with the media type that its bytes have, and no parameters.

    That is what providers take: Claude refuses ``image/png`` around a JPEG, Gemini ``image/jpg``
    (llmsresearch/paperbanana issue #53, ogkalu2/comic-translate issue #399). ``uri`` itself comes
    back where it is so already, and where it is no such data URI.
    """
    header = parse(uri)
    if header is None or not header.is_base64:
        return uri
    prefix = f"data:{true_type(uri)};base64,"
    return uri if uri.startswith(prefix) else prefix + uri[header.payload_start :]


def raw_type(text: str) -> str | None:
    """Tell the media type of an image whose base64 ``text`` is, by its beginning; None if unknown.

    A path such as ``/9j/cat.png`` begins as base64 of a JPEG does, and is none.
    """
    head = "".join(text[:_SNIFFED].split()).rstrip("=")
    return sniff(head) if first_foreign(head) == len(head) else None


def _header(uri: str) -> DataURI:
    header = parse(uri)
    if header is None:
        raise MalformedImageError(f"not a data URI: {uri[:40]!r}")
    return header


def decode(uri: str) -> bytes:
    """Decode a data URI to bytes.

    Base64 of either alphabet, padded or not; blank space and percent-escapes are tolerated in
    it. Without ``;base64`` the payload is percent-encoded text, in UTF-8.

    Raises `MalformedImageError`: no data URI, nothing in it, or a character that is no base64.
    """
    header = _header(uri)
    payload = uri[header.payload_start :]
    data = _decode_base64(payload) if header.is_base64 else _decode_text(payload)
    if not data:
        raise MalformedImageError(f"a {header.media_type} data URI without data")
    return data


def _decode_base64(payload: str) -> bytes:
    data = decode_exact(payload)
    if data is not None:
        return data
    run = _unescaped(payload).rstrip("=")
    foreign = first_foreign(run)
    if foreign < len(run):
        raise MalformedImageError(
            f"{run[foreign]!r} is not base64 (character {foreign} of {len(run)} in the payload)"
        )
    if len(run) % 4 == 1:
        raise MalformedImageError(
            f"truncated base64: {len(run)} characters are not a whole number of bytes"
        )
    return decode_run(run)


def _decode_text(payload: str) -> bytes:
    try:
        return unquote_to_bytes(payload)
    except UnicodeEncodeError as error:
        raise MalformedImageError(
            f"{payload[error.start]!r} is not a character (number {error.start} of the payload)"
        ) from error


def _unescaped(payload: str) -> str:
    """Base64 without percent-escapes and blank space."""
    return "".join(unquote(payload).split())


def _is_escaped(payload: str) -> bool:
    return any(char in payload for char in "% \n\r\t")


def payload_size(uri: str) -> int:
    """How many bytes `decode` would give, in bytes, without decoding base64.

    Raises `MalformedImageError` if ``uri`` is no data URI.
    """
    header = _header(uri)
    if not header.is_base64:
        return len(_decode_text(uri[header.payload_start :]))
    if _is_escaped(uri):
        return len(_unescaped(uri[header.payload_start :]).rstrip("=")) * 3 // 4
    length = len(uri) - header.payload_start
    tail = uri[max(len(uri) - 2, header.payload_start) :]
    return (length - len(tail) + len(tail.rstrip("="))) * 3 // 4


def dimensions(uri: str) -> tuple[int, int] | None:
    """(width, height) in pixels of the image in a data URI, from its header.

    None where there is no image of a known type, or its header is truncated. What the file says
    counts, not the media type of the URI; an orientation in EXIF is not applied.
    """
    header = parse(uri)
    if header is None:
        return None
    if not header.is_base64:
        payload = uri[header.payload_start :]
        return text_dimensions(unquote_to_bytes(payload.encode("utf-8", "replace")))
    size = _dimensions(uri, header.payload_start)
    if size is None and _is_escaped(uri):
        size = _dimensions(_unescaped(uri[header.payload_start :]), 0)
    return size


def _dimensions(text: str, start: int) -> tuple[int, int] | None:
    image_type = _image_type(text[start : start + _SNIFFED])
    return (
        image_type.dimensions(TextSource(text, start, look_for_stops=False)) if image_type else None
    )
