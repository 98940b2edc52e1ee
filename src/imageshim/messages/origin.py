"""Where a reply comes from, as far as the reply, its headers or its request say so.

Each question is asked by wrappers and by servers; the answers stand here once. May import what
stands below `messages`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from imageshim.errors import UnknownFormatError
from imageshim.timeline import Format, source_format

__all__ = [
    "OWN_PROVIDERS",
    "VERSION_HEADER",
    "asks_for_images",
    "format_of_version",
    "is_from_cache",
    "provider_of",
]

OWN_PROVIDERS = frozenset({"gemini", "vertex_ai", "vertex_ai_beta"})
"""The providers whose images LiteLLM itself puts in place, so that its version says where.

Others answer over the OpenAI protocol: there the gateway decides.
"""
VERSION_HEADER = "x-litellm-version"
"""The header in which LiteLLM's proxy says its version."""


@lru_cache(maxsize=64)
def format_of_version(version: str | None) -> Format | None:
    """Return the format that a LiteLLM version writes; None where it is none that is known."""
    try:
        return source_format(version)
    except UnknownFormatError:
        return None


def asks_for_images(modalities: object) -> bool:
    """Tell whether a request's ``modalities`` ask for images."""
    return isinstance(modalities, (list, tuple)) and "image" in modalities


def _hidden(reply: Any) -> Mapping[str, Any]:
    hidden = getattr(reply, "_hidden_params", None)
    return hidden if isinstance(hidden, Mapping) else {}


def provider_of(reply: Any) -> str | None:
    """Tell which provider LiteLLM says that a reply or a stream is from."""
    provider = _hidden(reply).get("custom_llm_provider") or getattr(
        reply, "custom_llm_provider", None
    )
    return provider if isinstance(provider, str) else None


def is_from_cache(reply: Any) -> bool:
    """Tell whether LiteLLM's cache gave it: an older version may have written the entry."""
    return bool(_hidden(reply).get("cache_hit")) or provider_of(reply) == "cached_response"
