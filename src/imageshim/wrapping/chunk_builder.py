"""`litellm.stream_chunk_builder`, which loses the images in LiteLLM 1.76.1 to 1.81.5.

It is called by users with the chunks that they collected, and by LiteLLM itself at the end of a
stream, for its caches and loggers: these get the images too, in the canonical format.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from imageshim import carriers
from imageshim.conversion import normalize
from imageshim.formats import image
from imageshim.formats.images import FIELD
from imageshim.streaming import collect

from .call_site import calling_place
from .delivery import deliver
from .failures import ASKED_FOR, failed
from .policy import Call, Policy
from .reentrancy import INSIDE, leave

__all__ = ["build"]

_KEPT = "imageshim could not give images to what stream_chunk_builder built"


def build(
    policy: Policy, library: str | None, wrapped: Callable[..., Any], args: Any, kwargs: Any
) -> Any:
    """Build a reply with LiteLLM's own function, and see that it has the images of the chunks."""
    inside = INSIDE.get()
    token = INSIDE.set(library)
    try:
        built = wrapped(*args, **kwargs)
    finally:
        leave(token)
    chunks = kwargs.get("chunks", args[0] if args else None)
    try:
        if isinstance(chunks, (list, tuple)) and any(map(_has_images, chunks)):
            _give_images(built, list(chunks))
    except ASKED_FOR:
        raise
    except Exception as error:  # noqa: BLE001  # the caller gets what LiteLLM built
        failed(_KEPT, error, calling_place(), strict=policy.strict)
        return built
    return built if inside else deliver(built, Call(policy, library, kwargs))


def _has_images(chunk: Any) -> bool:
    """Tell whether a chunk has images beside its text; those in the text are built as text."""
    for choice in carriers.items_of(carriers.get(chunk, "choices")) or ():
        delta = carriers.get(choice, "delta")
        if any(carriers.get(delta, name) for name in ("images", "image")):
            return True
    return False


def _give_images(built: Any, chunks: list[Any]) -> None:
    """Set ``images`` of the messages that have fewer of them than the chunks."""
    collected = normalize(collect(chunks))
    images = {
        carriers.get(choice, "index"): carriers.get(carriers.get(choice, "message"), FIELD)
        for choice in carriers.items_of(carriers.get(collected, "choices")) or ()
    }
    for choice in carriers.items_of(carriers.get(built, "choices")) or ():
        message = carriers.get(choice, "message")
        fields = carriers.fields(message)
        all_of_it = images.get(carriers.get(choice, "index"))
        if fields is None or not all_of_it or len(fields.get(FIELD) or ()) >= len(all_of_it):
            continue
        fields.pop(image.FIELD, None)
        carriers.rebuilt(message, {**fields, FIELD: all_of_it}, in_place=True)
