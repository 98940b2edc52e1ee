"""Detect, convert and normalise: one reply, whatever carries it, from any format to any other."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import chain
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Any, NamedTuple, TypeVar

from . import carriers
from .errors import MalformedReplyError
from .formats.dialects import is_canonical
from .lifting import Reading, lift
from .lowering import lower
from .timeline import Format, source_format, target_format
from .words import DIALECTS, DRAFTS, ON_LOSS, check_word

__all__ = [
    "Plan", "convert", "convert_in_place", "convert_message", "detect", "may_have_images",
    "normalize", "plan",
]  # fmt: skip

R = TypeVar("R")


class Plan(NamedTuple):
    """What a conversion is asked to do, checked once."""

    to: Format
    how: Reading
    on_loss: str
    in_place: bool = False


def reading(
    source: str | Format | None, dialects: str = "litellm", drafts: str = "keep"
) -> Reading:
    """Check and resolve the words that say how to read a reply.

    Raises:
        UnknownFormatError: ``source`` is neither a format nor a version.
        ImageShimError: another word is unknown.

    """
    check_word("dialects", dialects, DIALECTS)
    check_word("drafts", drafts, DRAFTS)
    return Reading(source_format(source), dialects == "any", drafts == "images")


def plan(  # noqa: PLR0913  # the words of convert()
    to: str | Format,
    *,
    source: str | Format | None = None,
    on_loss: str = "stash",
    dialects: str = "litellm",
    drafts: str = "keep",
    in_place: bool = False,
) -> Plan:
    """Check the words of a conversion; see :func:`convert`."""
    check_word("on_loss", on_loss, ON_LOSS)
    return Plan(target_format(to), reading(source, dialects, drafts), on_loss, in_place)


@lru_cache(maxsize=64)
def _cached_plan(*words: Any) -> Plan:
    to, source, on_loss, dialects, drafts = words
    return plan(to, source=source, on_loss=on_loss, dialects=dialects, drafts=drafts)


def _plan(*words: Any) -> Plan:
    """Check the words of a conversion, the same words once only."""
    try:
        return _cached_plan(*words)
    except TypeError:  # unhashable: not a word, and plan() says which
        to, source, on_loss, dialects, drafts = words
        return plan(to, source=source, on_loss=on_loss, dialects=dialects, drafts=drafts)


def may_have_images(message: Any, how: Reading) -> bool:
    """Rule out most messages at the cost of a few look-ups."""
    get = message.get if type(message) is dict else carriers.getter(message)
    images = get("images")
    if images or get("image"):
        return True
    specific = get("provider_specific_fields")
    if specific and not (type(specific) is dict and _SPECIFIC.isdisjoint(specific)):
        return True
    content = get("content")
    if content:
        if not isinstance(content, str):
            return True
        if images is None and how.source in _AMBIGUOUS and _may_hold_image(content):
            return True
    if how.any_dialect and get("content_blocks"):
        return True
    return how.drafts and bool(get("reasoning_content"))


def _may_hold_image(text: str) -> bool:
    """Rule out a text that has no data URI and is no base64 as a whole."""
    if len(text) < _SHORTEST_IMAGE:
        return False
    if len(text) > _LONG or "data:" in text or "data:" in text.lower():
        return True
    head = text[:_HEAD].strip()
    return " " not in head and head.isascii()


# "data:image/x;base64,AAAA": no text that is shorter can hold an image, with or without a prefix.
_SHORTEST_IMAGE = 21
_LONG = 4096
_HEAD = 32
_AMBIGUOUS = (None, Format.CONTENT)
_SPECIFIC = frozenset({"images", "image", "imageshim"})


def _is_done(view: dict[str, Any], to: Format) -> bool:
    """Tell whether a message is canonical already, so that converting it has nothing to do."""
    images = view.get("images")
    if to is not Format.IMAGES or not images or not is_canonical(images):
        return False
    return "image" not in view and not isinstance(view.get("content"), (list, tuple))


def _same(old: dict[str, Any], new: dict[str, Any]) -> bool:
    return old == new and list(old) == list(new)


def convert_message(message: R, do: Plan, where: str) -> R:
    """Convert one message; the same object comes back where there is nothing to do."""
    if not may_have_images(message, do.how):
        return message
    view: dict[str, Any] | None = carriers.fields(message)
    if view is None or _is_done(view, do.to):
        return message
    lifted = lift(dict(view), do.how)
    if lifted is None or (lifted.format is do.to is Format.CONTENT and not do.how.drafts):
        return message
    fields = lower(lifted, do.to, do.on_loss, where)
    if _same(view, fields):
        return message
    return carriers.rebuilt(message, fields, in_place=do.in_place)


def over_messages(reply: R, change: Callable[[Any, str], Any], *, in_place: bool) -> R:
    """Apply ``change`` to each message of a reply, a choice or a message."""
    choices = carriers.items_of(carriers.get(reply, "choices"))
    if choices is None:
        message = carriers.get(reply, "message")
        if message is None:
            return change(reply, "message")  # type: ignore[no-any-return]
        changed = change(message, "message")
        if changed is message:
            return reply
        return carriers.replaced(reply, "message", changed, in_place=in_place)
    new = None
    for place, choice in enumerate(choices):
        message = carriers.get(choice, "message")
        if message is None:
            continue
        changed = change(message, f"choices[{place}].message")
        if changed is not message:
            new = list(choices) if new is None else new
            new[place] = carriers.replaced(choice, "message", changed, in_place=in_place)
    if new is None:
        return reply
    return carriers.replaced(reply, "choices", type(choices)(new), in_place=in_place)


_HINTS: dict[tuple[type, ...], str] = {
    (str, bytes, bytearray): "; parse it first, or use convert_bytes()",
    (CoroutineType,): "; await it first",
    (GeneratorType, AsyncGeneratorType): "; use convert_stream() for a stream",
}
_NO_REPLIES = (int, float, list, tuple, type(None), *chain.from_iterable(_HINTS))


def refuse_scalars(reply: object, function: str) -> None:
    """Refuse what is no reply at all.

    Raises:
        MalformedReplyError: ``reply`` is text, a number, a list or None; or it is a stream, or a
            call that nobody has awaited.

    """
    if type(reply) is not dict and isinstance(reply, _NO_REPLIES):
        hint = next((hint for kinds, hint in _HINTS.items() if isinstance(reply, kinds)), "")
        raise MalformedReplyError(
            f"{function}() takes a reply, a choice or a message, not {type(reply).__name__}{hint}"
        )


def _run(reply: R, do: Plan, function: str) -> R:
    refuse_scalars(reply, function)
    return over_messages(
        reply, lambda message, where: convert_message(message, do, where), in_place=do.in_place
    )


def convert(  # noqa: PLR0913  # each option is a word of its own
    reply: R,
    to: str | Format,
    *,
    source: str | Format | None = None,
    on_loss: str = "stash",
    dialects: str = "litellm",
    drafts: str = "keep",
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
        dialects: ``"litellm"`` reads LiteLLM's and OpenRouter's spellings, ``"any"`` those of all
            known gateways, Markdown images included.
        drafts: ``"images"`` takes data URIs in ``reasoning_content`` (interim images of the model,
            LiteLLM 1.70.0 to 1.76.0) for images, ``"keep"`` leaves them there.

    Returns:
        A reply that shares everything with ``reply`` that did not change; ``reply`` itself where
        it has no images or is in the format already.

    Raises:
        UnknownFormatError: ``to`` or ``source`` is unknown.
        LossyConversionError: something would be lost, and ``on_loss`` is ``"raise"``.
        MalformedImageError: a field that must be written holds something else.
        MalformedReplyError: ``reply`` is no reply at all, such as a str.

    """
    do = _plan(to, source, on_loss, dialects, drafts)
    return _run(reply, do, "convert")


def normalize(
    reply: R,
    *,
    source: str | Format | None = None,
    on_loss: str = "stash",
    dialects: str = "litellm",
    drafts: str = "keep",
) -> R:
    """Return the reply in the canonical format: :func:`convert` to ``images``.

    Each item of ``message.images`` is ``{"image_url": {"url", "detail"}, "index", "type"}``, with
    ``index`` counting 0, 1, … in each message, ``detail`` ``"auto"`` where it was absent, and keys
    that are not known kept behind.
    """
    do = _plan(Format.IMAGES, source, on_loss, dialects, drafts)
    return _run(reply, do, "normalize")


def convert_in_place(reply: R, do: Plan) -> R:
    """Convert a reply that the caller owns: the objects themselves change."""
    return _run(reply, do._replace(in_place=True), "convert_in_place")


def detect(
    reply: Any, source: str | Format | None = None, *, dialects: str = "litellm"
) -> Format | None:
    """Tell in which format a reply carries its images; None where it has none.

    ``source`` and ``dialects`` are those of :func:`convert`. Of several choices, the first that
    has an image decides.
    """
    how = reading(source, dialects)
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
