"""`wrap`: what can be wrapped, and how each kind of it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from imageshim.errors import ImageShimError
from imageshim.messages.options import FormatLike, OnLoss, Pick
from imageshim.timeline import Format

from . import clients
from .calls import wrapped_function
from .policy import Policy, policy, start_report

__all__ = ["wrap"]

T = TypeVar("T")


def wrap(  # noqa: PLR0913  # each option is a word of its own
    target: T,
    *,
    emit: FormatLike = "images",
    source: str | Format | None = None,
    on_loss: OnLoss = "stash",
    history: bool = True,
    keep_images: int | None = None,
    strict: bool = False,
    pick: Pick = "first",
) -> T:
    """Return the same kind of thing, whose replies and streams are in the format ``emit``.

    ``target`` itself does not change::

        completion = imageshim.wrap(litellm.completion)
        client = imageshim.wrap(OpenAI(), emit="content")

    Args:
        target: a function that returns replies or streams, asynchronous or not
            (``litellm.completion``, ``litellm.acompletion``, one of your own, a bound method,
            another callable such as instructor's); a ``litellm.Router``; an ``OpenAI`` client,
            ``AsyncOpenAI``, ``AzureOpenAI``, ``AsyncAzureOpenAI``, or its ``chat`` or
            ``chat.completions``. A wrapped client shares its connections with the other, and the
            copies that it makes of itself are wrapped too.
        emit: what the caller gets, whatever the library, a gateway or a cache gives.
        source: where replies come from, if you know it better: a format or a LiteLLM version, as
            ``source`` of :func:`imageshim.convert`.
        on_loss: as in :func:`imageshim.convert`.
        history: write requests so that the model gets the images of earlier replies
            (:func:`imageshim.prepare_messages`); the caller's list does not change.
        keep_images: how many of these images are sent, the last ones; see
            :func:`imageshim.prepare_messages`. None: all.
        strict: raise what fails in imageshim itself. Otherwise the caller gets the reply as it
            came, with a :class:`imageshim.ReplyUnchangedWarning` and the traceback in the log.
        pick: which of several images the format ``image`` holds, as in :func:`imageshim.convert`
            and :class:`imageshim.StreamConverter`.

    Returns:
        With ``emit="images"`` messages still know the old name ``image``, with a
        :class:`imageshim.LegacyImageFormatWarning` at the line that reads it. With
        ``"content"`` and ``"image"`` the warning is at the line of the call.

    Raises:
        UnknownFormatError: ``emit`` is no format, or ``source`` neither a format nor a version.
        ImageShimError: ``target`` cannot be wrapped, ``on_loss`` or ``pick`` is unknown, or
            ``keep_images`` is no number of images or stands beside ``history=False``.

    """
    do = policy(
        emit, source, on_loss,
        history=history, keep_images=keep_images, strict=strict, pick=pick,
    )  # fmt: skip
    start_report()
    wrapped: T = _wrapped(target, do)
    return wrapped


def _wrapped(target: Any, do: Policy) -> Any:
    if isinstance(target, type):
        raise ImageShimError(f"{target.__qualname__} is a class: wrap what you make of it")
    kind = clients.kind_of(target)
    if kind is not None:
        return kind(target, do, _function)
    owner = getattr(target, "__self__", None)
    if clients.is_resource(owner):
        # Its other methods call this one: all of them are wrapped.
        return getattr(clients.wrapped_resource(owner, do, _function), target.__name__)
    if not callable(target):
        raise ImageShimError(
            f"a value of type {type(target).__qualname__} cannot be wrapped: it is not a function, "
            "an OpenAI client or a litellm.Router"
        )
    return _function(target, do)


def _function(target: Callable[..., Any], do: Policy) -> Any:
    return wrapped_function(target, do, (_wrapped, (target, do)))
