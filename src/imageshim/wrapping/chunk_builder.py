"""`litellm.stream_chunk_builder`, which loses the images in LiteLLM 1.76.1 to 1.81.5.

It is called by users with the chunks that they collected, and by LiteLLM itself at the end of a
stream, for its caches and loggers: these get the images too, in the canonical format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from imageshim.conversion import normalize
from imageshim.messages import carriers
from imageshim.messages.formats import image
from imageshim.messages.formats.images import FIELD
from imageshim.streaming import collect, convert_stream
from imageshim.timeline import Format

from .call_site import calling_place
from .delivery import deliver
from .failures import ASKED_FOR, failed
from .policy import Call, Policy
from .reentrancy import INSIDE, leave

__all__ = ["build"]

_CHUNKS = "chunks"

_KEPT = "imageshim could not give images to what stream_chunk_builder built"


def build(
    policy: Policy, library: str | None, wrapped: Callable[..., Any], args: Any, kwargs: Any
) -> Any:
    """Build a reply with LiteLLM's own function, and see that it has the images of the chunks."""
    if policy.as_it_came:
        return wrapped(*args, **kwargs)
    inside = INSIDE.get()
    try:
        args, kwargs = _readable(args, kwargs)
    except ASKED_FOR:
        raise
    except Exception as error:  # noqa: BLE001  # LiteLLM gets the chunks as they are
        failed(_KEPT, error, calling_place(), strict=policy.strict)
    token = INSIDE.set(library)
    try:
        built = wrapped(*args, **kwargs)
    finally:
        leave(token)
    chunks = _chunks(args, kwargs)
    try:
        if isinstance(chunks, (list, tuple)) and any(map(_has_images, chunks)):
            _give_images(built, list(chunks))
    except ASKED_FOR:
        raise
    except Exception as error:  # noqa: BLE001  # the caller gets what LiteLLM built
        failed(_KEPT, error, calling_place(), strict=policy.strict)
        return built
    return built if inside else deliver(built, Call(policy, library, kwargs))


def _chunks(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return kwargs.get(_CHUNKS, args[0] if args else None)


def _readable(
    args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Write chunks in the format ``parts`` as ``images``: LiteLLM joins ``content`` as text."""
    chunks = _chunks(args, kwargs)
    if not isinstance(chunks, (list, tuple)) or not any(map(_has_parts, chunks)):
        return args, kwargs
    written = list(convert_stream(chunks, Format.IMAGES))
    if _CHUNKS in kwargs:
        return args, {**kwargs, _CHUNKS: written}
    return (written, *args[1:]), kwargs


def _deltas(chunk: Any) -> Iterator[Any]:
    for choice in carriers.items_of(carriers.get(chunk, "choices")) or ():
        yield carriers.get(choice, "delta")


def _has_parts(chunk: Any) -> bool:
    return any(
        carriers.items_of(carriers.get(delta, "content")) is not None for delta in _deltas(chunk)
    )


def _has_images(chunk: Any) -> bool:
    """Tell whether a chunk has images beside its text; those in the text are built as text."""
    for delta in _deltas(chunk):
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
