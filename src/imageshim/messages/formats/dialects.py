"""How gateways spell one image: the spellings that are read, and the one that is written.

Sources: the shapes were measured on LiteLLM and OpenRouter replies; the others are those of
one-hub (``providers/gemini/type.go``), auto_ai_router (PR #66), OpenRouter's TypeScript SDK, and
of clients written for gateways that send them. LiteLLM's own migration guide shows the flat
``{"url", "detail"}`` where its proxy sends nested items.

A reader takes an item and returns ``(url, image_url)``, or None where it does not know the
spelling: ``image_url`` is the item's own inner object if there is one that should be kept.
What an item says that it is (``claims``) is asked first: audio, a file, a citation
or a search result is no image, whatever fields it has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from imageshim.image_data import data_uri
from imageshim.messages import carriers
from imageshim.messages.parts import DEFAULT_DETAIL, ImagePart

from .claims import Claim, claim_of, is_generic, media_type_of

__all__ = ["ItemReader", "canonical_item", "is_canonical", "is_flat", "read_default", "read_item"]

_Found = tuple[str, "Mapping[str, Any] | None"]
ItemReader = Callable[[Any], "_Found | None"]


def _nested(item: Any) -> _Found | None:
    """``{"image_url": {"url", "detail"}, …}``: LiteLLM, OpenRouter, Vercel, Helicone."""
    inner = carriers.get(item, "image_url")
    url = carriers.get(inner, "url")
    if not isinstance(url, str):
        return None
    return url, inner if isinstance(inner, Mapping) else None


def _string(item: Any) -> _Found | None:
    return (item, None) if isinstance(item, str) else None


def _string_in(*names: str) -> ItemReader:
    """Make a reader of a URL that is the string in a field, or the ``url`` of the object there."""

    def read(item: Any) -> _Found | None:
        for name in names:
            value = carriers.get(item, name)
            url = value if isinstance(value, str) else carriers.get(value, "url")
            if isinstance(url, str):
                return url, value if isinstance(value, Mapping) else None
        return None

    return read


def _bytes_in(holder: Any, names: tuple[str, ...]) -> _Found | None:
    for name in names:
        payload = carriers.get(holder, name)
        if isinstance(payload, str) and payload:
            return _bytes_by_name(holder, payload), None
    return None


def _bare_base64(item: Any) -> _Found | None:
    """Base64 in a field whose name says that it holds bytes.

    ``{"b64_json"}`` (OpenAI's images endpoint), ``{"data", "mime_type"}`` (one-hub, MCP, DIAL),
    ``{"base64", "mime_type"}`` (LangChain), ``{"blob", "mimeType"}`` (MCP).
    """
    return _bytes_in(item, _BYTES)


def _wrapped(item: Any) -> _Found | None:
    """Read bytes in an object of their own: Gemini's parts, Anthropic's, resources of MCP."""
    for name in _WRAPPERS:
        inner = carriers.get(item, name)
        if inner is not None and not isinstance(inner, str):
            found = _bytes_in(inner, _BYTES)
            if found is not None:
                return found
    url = carriers.get(carriers.get(item, "source"), "url")
    return (url, None) if isinstance(url, str) else None


def _linked(item: Any) -> _Found | None:
    """Read a reference to a file that says that it is an image.

    ``{"fileData": {"fileUri", "mimeType"}}`` (Gemini), ``{"type": "resource_link", "uri",
    "mimeType"}`` (MCP).
    """
    for holder in (item, *(carriers.get(item, name) for name in _LINKS)):
        for name in _URIS:
            uri = carriers.get(holder, name)
            if isinstance(uri, str) and uri and claim_of(holder) is Claim.IMAGE:
                return uri, None
    return None


def _bytes_by_name(item: Any, payload: str) -> str:
    """Make a data URI of base64; empty where nothing says that it is an image's."""
    if _has_scheme(payload):
        return payload
    if claim_of(item) is Claim.OTHER:
        return ""
    media_type = data_uri.sniff(payload) or media_type_of(item)
    return "" if media_type is None else f"data:{media_type};base64,{payload}"


_BYTES = ("b64_json", "data", "base64", "blob")
_WRAPPERS = ("inline_data", "inlineData", "source", "resource")
_MEDIA_TYPES = ("mime_type", "mimeType", "media_type", "mediaType")
_LINKS = ("file_data", "fileData")
_URIS = ("uri", "file_uri", "fileUri")
_flat = _string_in("url")
_image = _string_in("image")  # the AI SDK
_READERS: dict[ItemReader, frozenset[str]] = {
    _nested: frozenset({"image_url"}),
    _flat: frozenset({"url", "detail"}),
    # OpenRouter's TypeScript SDK; OpenAI's Responses API.
    _string_in("imageUrl", "image_url"): frozenset({"imageUrl", "image_url"}),
    _image: frozenset({"image", *_MEDIA_TYPES}),
    _bare_base64: frozenset({*_BYTES, *_MEDIA_TYPES, "source_type", "detail"}),
    _wrapped: frozenset(_WRAPPERS),
    _linked: frozenset({*_LINKS, *_URIS, *_MEDIA_TYPES}),
    _string: frozenset(),
}
"""The spellings, and the fields of an item in which each has its image; all others are kept."""
_UNNAMED = frozenset({_flat, _image, _bare_base64, _wrapped})
"""Spellings that do not name an image: ``url`` and ``data`` are a citation's and a sound's, too,
and ``image`` is a container's."""

_CANONICAL_KEYS = ("image_url", "index", "type")
_USUAL_KEYS = frozenset({_CANONICAL_KEYS, ("type", "image_url"), ("image_url", "type")})
_INNER_KEYS = ("url", "detail")
_MEDIA_TYPE = "image/"
_SCHEMES = ("http:", "https:", "data:")
_TYPE_STARTS = len("data:")
_HEAD = 128
"""How many characters of a payload tell its type."""


def _has_scheme(text: str) -> bool:
    return text[:8].lower().startswith(_SCHEMES)


def _with_prefix(url: str) -> str:
    """Make a data URI of raw base64; a URL and any other reference stays as it is."""
    if _has_scheme(url):
        return url
    media_type = data_uri.raw_type(url)
    return url if media_type is None else f"data:{media_type};base64,{url}"


def _is_image_url(url: str) -> bool:
    if url.startswith("data:image/"):
        return True
    if url[:5].lower() != "data:":
        return bool(url)
    parsed = data_uri.parse(url)
    if parsed is None:
        return False
    named = parsed.media_type if url[_TYPE_STARTS] not in ";," else ""
    if not is_generic(named):
        return named.startswith(_MEDIA_TYPE)
    start = parsed.payload_start
    return parsed.is_base64 and data_uri.raw_type(url[start : start + _HEAD]) is not None


def _is_said(url: str, claim: Claim, *, flat: bool) -> bool:
    """Tell whether an item that does not say that it is an image holds one all the same.

    A URL beside no ``type`` is an image's in a place for images; in a content list it may be
    anything's. A data URI says itself what it is.
    """
    if claim is Claim.IMAGE or url[:5].lower() == "data:":
        return True
    return claim is Claim.NOTHING and not flat


def _is_only_an_image_url(item: Any, url: str) -> bool:
    """Tell whether a part is ``{"image": "https://…"}``, as DashScope's Qwen-Image answers.

    With more fields it may be the card of a product or a page, with other text a container.
    """
    return _has_scheme(url) and (carriers.fields(item) or {}).keys() == {"image"}


def read_default(item: Any) -> ImagePart | None:
    """Read an item that is spelled as nearly all are; what it gives is what all readers would."""
    keys = tuple(item) if type(item) is dict else ()
    if keys in _USUAL_KEYS and item["type"] == "image_url":
        item = item["image_url"]
        keys = tuple(item) if type(item) is dict else ()
    if keys != ("url",) and (keys != _INNER_KEYS or item["detail"] != DEFAULT_DETAIL):
        return None
    url = item["url"]
    is_image = isinstance(url, str) and url.startswith("data:image/")
    return ImagePart(url) if is_image else None


def read_item(item: Any, *, among_images: bool = True) -> ImagePart | None:
    """Read one image; None where the item is none, or is spelled in a way that is not known.

    ``among_images``: the item stands in a field for images, and not in a content list.
    """
    usual = read_default(item)
    if usual is not None:
        return usual
    claim = claim_of(item)
    if claim is Claim.NEVER:
        return None
    known = ((reader, found) for reader in _READERS if (found := reader(item)) is not None)
    reader, found = next(known, (_string, None))
    if found is None:
        return None
    url, inner = found
    url = _with_prefix(url)
    flat = not among_images and reader in _UNNAMED and not _is_only_an_image_url(item, url)
    if not _is_image_url(url) or not _is_said(url, claim, flat=flat):
        return None
    return ImagePart(url, _beyond_default(item, inner, url, _READERS[reader]))


def _beyond_default(
    item: Any, inner: Mapping[str, Any] | None, url: str, spelled_in: frozenset[str]
) -> dict[str, Any] | None:
    """Build the canonical item, or None where it is the default one."""
    outer = item if isinstance(item, Mapping) else {}
    if inner is None:
        inner = {"url": url, "detail": carriers.get(item, "detail") or DEFAULT_DETAIL}
    elif inner.get("detail") is None or inner["url"] is not url:
        inner = {**inner, "url": url, "detail": inner.get("detail") or DEFAULT_DETAIL}
    if "index" in outer and outer.get("type") == "image_url" and "image_url" in outer:
        full = {**outer, "image_url": inner}
    else:
        rest = {
            key: value
            for key, value in outer.items()
            if key not in spelled_in and key not in _CANONICAL_KEYS
        }
        full = {"image_url": inner, "index": 0, "type": "image_url", **rest}
    is_default = (
        tuple(full) == _CANONICAL_KEYS
        and tuple(inner) == _INNER_KEYS
        and inner["detail"] == DEFAULT_DETAIL
    )
    return None if is_default else full


def is_flat(item: Any) -> bool:
    """Tell whether an item is itself what others have as ``image_url``: ``{"url", "detail"}``."""
    return isinstance(item, Mapping) and _nested(item) is None and isinstance(item.get("url"), str)


def canonical_item(image: ImagePart, index: int) -> dict[str, Any]:
    """Write an image as an item of ``message.images``."""
    item = image.item
    if item is None:
        inner = {"url": image.url, "detail": DEFAULT_DETAIL}
        return {"image_url": inner, "index": index, "type": "image_url"}
    return item if item["index"] == index else {**item, "index": index}


def is_canonical(items: list[Any] | tuple[Any, ...], first: int = 0) -> bool:
    """Tell whether ``images`` is what :func:`canonical_item` writes, numbered from ``first``."""
    if type(items) is not list:
        return False
    for index, item in enumerate(items, first):
        if not _has_canonical_type(item):
            return False
        inner, number = item.get("image_url"), item.get("index")
        if type(number) is not int or number != index or type(inner) is not dict:
            return False
        url = inner.get("url")
        if not isinstance(url, str) or not _is_image_url(url) or inner.get("detail") is None:
            return False
        if url[:5] != "data:" and _with_prefix(url) is not url:
            return False
    return True


def _has_canonical_type(item: Any) -> bool:
    if type(item) is not dict or item.get("type") != "image_url":
        return False
    return len(item) <= len(_CANONICAL_KEYS) or claim_of(item) is Claim.IMAGE
