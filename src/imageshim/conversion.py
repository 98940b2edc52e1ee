"""Detect, convert and normalise: one reply, whatever carries it, from any format to any other."""

from __future__ import annotations

from typing import Any, TypeVar

from .messages import carriers
from .messages.formats.dialects import is_canonical
from .messages.lifting import Lifted, lift
from .messages.lowering import lower
from .messages.options import Drafts, FormatLike, OnLoss, Pick, Plan, cached_plan, read_options
from .messages.walk import may_have_images, over_messages, refuse_scalars
from .timeline import Format

__all__ = ["convert", "convert_in_place", "convert_message", "detect", "examine", "normalize"]

R = TypeVar("R")


def _is_done(view: dict[str, Any], to: Format) -> bool:
    """Tell whether a message is canonical already, so that converting it has nothing to do."""
    images = view.get("images")
    if to is not Format.IMAGES or not images or not is_canonical(images):
        return False
    return "image" not in view and not isinstance(view.get("content"), (list, tuple))


def _is_already(lifted: Lifted, do: Plan) -> bool:
    """Tell whether a message is what a conversion would make of it, without making it.

    The images stand in the text, whole or in text parts; or one was picked before.
    """
    picked = do.to is Format.IMAGE and do.pick == "first" and lifted.stashed
    return lifted.format is do.to and (do.to is Format.CONTENT or lifted.in_texts or picked)


def _same(old: dict[str, Any], new: dict[str, Any]) -> bool:
    return old == new and list(old) == list(new)


def examine(message: R, do: Plan, where: str) -> tuple[R, Format | None]:
    """Convert one message, and tell the format that it was in; None where it has no image.

    The same object comes back where there is nothing to do.
    """
    view: dict[str, Any] | None = (
        carriers.fields(message) if may_have_images(message, do.how) else None
    )
    if view is None:
        return message, None
    if _is_done(view, do.to):
        return message, do.to
    lifted = lift(dict(view), do.how)
    if lifted is None:
        return message, None
    if not _is_already(lifted, do) or do.how.drafts:
        fields = lower(lifted, do.to, do.on_loss, where, do.pick)
        if not _same(view, fields):
            message = carriers.rebuilt(message, fields, in_place=do.in_place)
    return message, lifted.format


def convert_message(message: R, do: Plan, where: str) -> R:
    """Convert one message; the same object comes back where there is nothing to do."""
    return examine(message, do, where)[0]


def _run(reply: R, do: Plan, function: str) -> R:
    refuse_scalars(reply, function)
    return over_messages(
        reply, lambda message, where: examine(message, do, where)[0], in_place=do.in_place
    )


def convert(  # noqa: PLR0913  # each option is a word of its own
    reply: R,
    to: FormatLike,
    *,
    source: str | Format | None = None,
    on_loss: OnLoss = "stash",
    markdown: bool = False,
    drafts: Drafts = "keep",
    pick: Pick = "first",
) -> R:
    """Return the reply in another format, on the same class of carrier.

    Args:
        reply: a whole reply, one of its choices, or a message: a dict or other Mapping, a LiteLLM
            or OpenAI SDK object, a ``SimpleNamespace``. It is not changed.
        to: ``"content"``, ``"image"``, ``"images"`` or ``"parts"``.
        source: where the reply comes from, if that is known: a LiteLLM version (``"1.75.9"``,
            the proxy's ``x-litellm-version`` header) or a format. It decides whether data URIs in
            ``content`` are images, unless the reply has a field ``images`` or ``image``.
        on_loss: what to do with what the target format cannot hold: ``"stash"`` keeps it in
            ``provider_specific_fields["imageshim"]`` so that the way back is exact, ``"drop"``
            warns (:class:`LossyConversionWarning`), ``"raise"`` raises.
        markdown: also take images in Markdown, ``![…](data:…)``, out of the text. Clients show
            them, so they stay unless this asks for them.
        drafts: ``"images"`` takes data URIs in ``reasoning_content`` (interim images of the model,
            LiteLLM 1.70.0 to 1.76.0) for images, ``"keep"`` leaves them there.
        pick: which of several images the format ``image`` holds: the ``"first"``, as in LiteLLM, or
            the ``"final"`` one, since models that think aloud send drafts before it.

    Returns:
        A reply that shares everything with ``reply`` that did not change; ``reply`` itself where
        it has no images or is in the format already.

    Raises:
        UnknownFormatError: ``to`` or ``source`` is unknown.
        LossyConversionError: something would be lost, and ``on_loss`` is ``"raise"``.
        MalformedImageError: a field that must be written holds something else.
        MalformedReplyError: ``reply`` is no reply at all, such as a str.

    """
    do = cached_plan(to, source, on_loss, markdown, drafts, pick)
    return _run(reply, do, "convert")


def normalize(
    reply: R,
    *,
    source: str | Format | None = None,
    on_loss: OnLoss = "stash",
    markdown: bool = False,
    drafts: Drafts = "keep",
) -> R:
    """Return the reply in the canonical format: :func:`convert` to ``images``.

    Each item of ``message.images`` is ``{"image_url": {"url", "detail"}, "index", "type"}``, with
    ``index`` counting 0, 1, … in each message, ``detail`` ``"auto"`` where it was absent, and keys
    that are not known kept behind.
    """
    do = cached_plan(Format.IMAGES, source, on_loss, markdown, drafts, "first")
    return _run(reply, do, "normalize")


def convert_in_place(reply: R, do: Plan) -> R:
    """Convert a reply that the caller owns: the objects themselves change."""
    return _run(reply, do._replace(in_place=True), "convert_in_place")


def detect(
    reply: Any, source: str | Format | None = None, *, markdown: bool = False
) -> Format | None:
    """Tell in which format a reply carries its images; None where it has none.

    ``source`` and ``markdown`` are those of :func:`convert`. Of several choices, the first that
    has an image decides.
    """
    how = read_options(source, markdown=markdown)
    refuse_scalars(reply, "detect")
    found: list[Format] = []

    def look(message: Any, _where: str) -> Any:
        if not found and may_have_images(message, how):
            view = carriers.fields(message)
            lifted = lift(view, how) if view is not None else None
            if lifted is not None:
                found.append(lifted.format)
        return message

    over_messages(reply, look, in_place=False)
    return found[0] if found else None
