"""`litellm.stream_chunk_builder`, which loses the images in LiteLLM 1.76.1 to 1.81.5.

It is called by users with the chunks that they collected, and by LiteLLM itself at the end of a
stream, for its caches and loggers: these get the images too, in the canonical format.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from imageshim import carriers
from imageshim.conversion import convert_message
from imageshim.streaming import collect
from imageshim.timeline import Format

from .call_site import calling_place
from .delivery import deliver
from .failures import ASKED_FOR, failed
from .policy import Call, Policy
from .reentrancy import INSIDE, leave

__all__ = ["build"]

_KEPT = "imageshim could not give images to what stream_chunk_builder built"
_FIELDS = ("content", "image", "images", "provider_specific_fields")


def build(
    policy: Policy, library: str | None, wrapped: Callable[..., Any], args: Any, kwargs: Any
) -> Any:
    """Build a reply with LiteLLM's own function, and see that it has the images of the chunks."""
    inside = INSIDE.get()
    token = INSIDE.set(True)
    try:
        built = wrapped(*args, **kwargs)
    finally:
        leave(token)
    chunks = kwargs.get("chunks", args[0] if args else None)
    try:
        if isinstance(chunks, (list, tuple)) and any(map(_may_have_images, chunks)):
            built = _with_images(built, chunks)
    except ASKED_FOR:
        raise
    except Exception as error:  # noqa: BLE001  # the caller gets what LiteLLM built
        failed(_KEPT, error, calling_place(), strict=policy.strict)
        return built
    return built if inside else deliver(built, Call(policy, library, kwargs))


def _may_have_images(chunk: Any) -> bool:
    for choice in carriers.items_of(carriers.get(chunk, "choices")) or ():
        delta = carriers.get(choice, "delta")
        content = carriers.get(delta, "content")
        if (
            carriers.get(delta, "images")
            or carriers.get(delta, "image")
            or isinstance(content, (list, tuple))
            or (isinstance(content, str) and "data:" in content)
        ):
            return True
    return False


def _with_images(built: Any, chunks: Any) -> Any:
    """Copy the fields that carry images from what we collect to what LiteLLM built."""
    collected = collect(list(chunks))
    found = {
        carriers.get(choice, "index"): carriers.get(choice, "message")
        for choice in carriers.items_of(carriers.get(collected, "choices")) or ()
    }
    choices = carriers.items_of(carriers.get(built, "choices"))
    for choice in choices or ():
        message = carriers.get(choice, "message")
        ours = found.get(carriers.get(choice, "index"))
        if message is None or ours is None or not _needs(message, ours):
            continue
        fields = carriers.fields(message) or {}
        theirs = carriers.fields(ours) or {}
        for name in _FIELDS:
            if theirs.get(name) is not None:
                fields[name] = theirs[name]
        carriers.rebuilt(message, fields, in_place=True)
    return built
