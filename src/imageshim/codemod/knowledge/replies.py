"""What replies are made of, whatever library they come from, and the models that draw.

Sources: ``litellm/__init__.py`` and ``litellm/types/utils.py`` of 1.65.4 to 1.109.1.
"""

from __future__ import annotations

import re

from imageshim.codemod.flow.values import Obj, Value, Wrap

__all__ = ["DUMPS", "ELEMENTS", "FIELDS", "IMAGE_MODEL", "NEVER", "READS", "TEXT_MODEL", "method"]

FIELDS: dict[tuple[str, str], str] = {
    ("reply", "choices"): "choices",
    ("chunk", "choices"): "chunk_choices",
    ("choice", "message"): "message",
    ("chunk_choice", "delta"): "delta",
    ("message", "content"): "content",
    ("message", "image"): "image",
    ("message", "images"): "images",
    ("message", "model_extra"): "extra",
    ("delta", "content"): "content",
    ("delta", "image"): "image",
    ("delta", "images"): "images",
    ("delta", "model_extra"): "extra",
    ("extra", "images"): "images",
    ("item", "image_url"): "image_url",
    ("image_url", "url"): "url",
    ("image", "url"): "url",
}
"""The kind of a field, by the kind of what holds it; any other field is unknown."""

NEVER = frozenset({("choice", "delta"), ("chunk_choice", "message"), ("stream", "choices")})
"""What may be a reply or a chunk turns out to be one of them by these."""

ELEMENTS: dict[str, str] = {
    "choices": "choice",
    "chunk_choices": "chunk_choice",
    "images": "item",
    "stream": "chunk",
    # The fields of a message, one after the other: their names, or pairs of them and the values.
    "message": "field",
    "delta": "field",
    "field": "field",
}
"""The kind of an item of a list or a stream."""

READS: frozenset[tuple[str, str]] = frozenset(
    {(holder, name) for holder in ("message", "delta") for name in ("content", "image", "images")}
    | {
        ("field", "image"),
        ("field", "images"),
        ("extra", "images"),
        ("item", "image_url"),
        ("item", "index"),
        ("image_url", "url"),
    }
)
"""The fields whose reads the rules are told of."""

DUMPS = frozenset({"model_dump", "dict", "to_dict", "json"})
"""Methods that give a message as a dict (LiteLLM's ``json()`` does too)."""

IMAGE_MODEL = re.compile(r"image|banana", re.IGNORECASE)
"""What the names of models that draw have in common (gemini-2.5-flash-image, nano-banana, …)."""

TEXT_MODEL = re.compile(
    r"\b(?:gpt-[345]|o[134]\b|claude|llama|mi[sx]tral|command-|deepseek|qwen|sonar|grok-\d)",
    re.IGNORECASE,
)
"""Models that are known to write text only, unless their name says otherwise."""


def method(value: Obj, name: str) -> Value | None:
    """Return what a method of a piece of a reply gives; None where it is one of any object."""
    if name in DUMPS:
        return Obj(value.kind, "dict", value.origins, value.chain, value.reads)
    if name in ("items", "keys") and value.kind in ("message", "delta"):
        return Wrap("iter", value.piece("field"))
    if name == "model_dump_json":
        return Wrap("json", Obj(value.kind, "dict", value.origins, value.chain))
    return None
