"""How gateways spell one image: the spellings that are read, and the one that is written.

Sources: the shapes were measured on LiteLLM and OpenRouter replies; the others are those of
one-hub (``providers/gemini/type.go``), auto_ai_router (PR #66), OpenRouter's TypeScript SDK, and
of clients written for gateways that send them. LiteLLM's own migration guide shows the flat
``{"url", "detail"}`` where its proxy sends nested items.

A reader takes an item and returns ``(url, image_url)``, or None where it does not know the
spelling: ``image_url`` is the item's own inner object if there is one that should be kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from imageshim.image_data import data_uri
from imageshim.messages import carriers
from imageshim.messages.parts import DEFAULT_DETAIL, ImagePart

__all__ = ["ItemReader", "canonical_item", "is_canonical", "read_item"]

ItemReader = Callable[[Any], "tuple[str, Mapping[str, Any] | None] | None"]


def _nested(item: Any) -> tuple[str, Mapping[str, Any] | None] | None:
    """``{"image_url": {"url", "detail"}, …}``: LiteLLM, OpenRouter, Vercel, Helicone."""
    inner = carriers.get(item, "image_url")
    url = carriers.get(inner, "url")
    if not isinstance(url, str):
        return None
    return url, inner if isinstance(inner, Mapping) else None


def _flat(item: Any) -> tuple[str, Mapping[str, Any] | None] | None:
    """``{"url", "detail"}``: LiteLLM's migration guide, and ``message.image``."""
    url = carriers.get(item, "url")
    return (url, None) if isinstance(url, str) else None


def _camel_case(item: Any) -> tuple[str, Mapping[str, Any] | None] | None:
    """``{"imageUrl": {"url"}}``: OpenRouter's TypeScript SDK."""
    url = carriers.get(carriers.get(item, "imageUrl"), "url")
    return (url, None) if isinstance(url, str) else None


def _string(item: Any) -> tuple[str, Mapping[str, Any] | None] | None:
    return (item, None) if isinstance(item, str) else None


def _string_url(item: Any) -> tuple[str, Mapping[str, Any] | None] | None:
    """``{"image_url": "data:…"}``."""
    url = carriers.get(item, "image_url")
    return (url, None) if isinstance(url, str) else None


def _bare_base64(item: Any) -> tuple[str, Mapping[str, Any] | None] | None:
    """``{"b64_json"}`` (OpenAI's images endpoint) and ``{"data", "mime_type"}`` (one-hub)."""
    for name in ("b64_json", "data"):
        payload = carriers.get(item, name)
        if isinstance(payload, str) and payload:
            claimed = carriers.get(item, "mime_type") or carriers.get(item, "mimeType")
            return _with_prefix(payload, claimed), None
    return None


_LITELLM: list[ItemReader] = [_nested, _flat]
_ANY: list[ItemReader] = [*_LITELLM, _camel_case, _string_url, _bare_base64, _string]

# The fields of an item that spell its image; all others are kept as they are.
_SPELLINGS = frozenset(
    {"image_url", "url", "detail", "imageUrl", "b64_json", "data", "mime_type", "mimeType"}
)
_CANONICAL_KEYS = ("image_url", "index", "type")
_INNER_KEYS = ("url", "detail")
_MEDIA_TYPE = "image/"
_SCHEMES = ("http:", "https:", "data:")


def _with_prefix(payload: str, claimed: object = None) -> str:
    """Make a data URI of raw base64; what has a scheme or is no known image stays as it is."""
    if payload[:8].lower().startswith(_SCHEMES):
        return payload
    media_type = data_uri.sniff(payload)
    if media_type is None and isinstance(claimed, str) and claimed.startswith(_MEDIA_TYPE):
        media_type = claimed
    return payload if media_type is None else f"data:{media_type};base64,{payload}"


def _is_image_url(url: str) -> bool:
    if url.startswith("data:image/"):
        return True
    if url[:5].lower() != "data:":
        return bool(url)
    parsed = data_uri.parse(url)
    return parsed is not None and parsed.media_type.startswith(_MEDIA_TYPE)


def read_item(item: Any, *, any_dialect: bool) -> ImagePart | None:
    """Read one image; None where the item is none, or is spelled in a way that is not read."""
    for reader in _ANY if any_dialect else _LITELLM:
        found = reader(item)
        if found is not None:
            break
    else:
        return None
    url, inner = found
    if any_dialect:
        url = _with_prefix(url)
    if not _is_image_url(url):
        return None
    return ImagePart(url, _beyond_default(item, inner, url))


def _beyond_default(item: Any, inner: Mapping[str, Any] | None, url: str) -> dict[str, Any] | None:
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
            if key not in _SPELLINGS and key not in _CANONICAL_KEYS
        }
        full = {"image_url": inner, "index": 0, "type": "image_url", **rest}
    is_default = (
        tuple(full) == _CANONICAL_KEYS
        and tuple(inner) == _INNER_KEYS
        and inner["detail"] == DEFAULT_DETAIL
    )
    return None if is_default else full


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
        if type(item) is not dict or item.get("type") != "image_url":
            return False
        inner, number = item.get("image_url"), item.get("index")
        if type(number) is not int or number != index or type(inner) is not dict:
            return False
        url = inner.get("url")
        if not isinstance(url, str) or not _is_image_url(url) or inner.get("detail") is None:
            return False
    return True
