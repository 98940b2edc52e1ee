"""What a wrapper was asked to do, and what it knows of where a reply comes from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from imageshim.errors import ImageShimError
from imageshim.messages.options import (
    ON_LOSS,
    PICK,
    FormatLike,
    OnLoss,
    Pick,
    check_keep_images,
    check_option,
)
from imageshim.messages.origin import (
    OWN_PROVIDERS,
    VERSION_HEADER,
    asks_for_images,
    format_of_version,
    is_from_cache,
    provider_of,
)
from imageshim.timeline import Format, source_format, target_format

from .call_site import Place

if TYPE_CHECKING:
    from imageshim.messages.options import Plan

    from .observing import Observer

__all__ = [
    "LEGACY",
    "LOOKING_ON",
    "REPORT_VARIABLE",
    "Call",
    "Policy",
    "announced",
    "format_of_installed",
    "installed_litellm",
    "policy",
    "start_report",
]

REPORT_VARIABLE = "IMAGESHIM_REPORT"

LEGACY = frozenset({Format.CONTENT, Format.IMAGE})
"""The formats that no LiteLLM of today writes: to ask for them is warned about."""


class Policy(NamedTuple):
    """The options of :func:`imageshim.wrap`, checked."""

    emit: Format
    source: Format | None
    on_loss: OnLoss
    history: bool
    keep_images: int | None
    strict: bool
    pick: Pick = "first"
    told: bool = True
    """Whether who asks for an old format hears of it."""
    as_it_came: bool = False
    """Nothing is converted: somebody looks on, that is all."""

    def emitting(self, emit: Format, *, told: bool = True) -> Policy:
        """Return the same with another format."""
        return self._replace(emit=emit, told=told)

    def coming_from(self, source: Format | None) -> Policy:
        """Return the same with another source."""
        return self._replace(source=source)


def policy(  # noqa: PLR0913  # the options of wrap()
    emit: FormatLike,
    source: str | Format | None,
    on_loss: OnLoss,
    *,
    history: bool,
    keep_images: int | None,
    strict: bool,
    pick: Pick = "first",
) -> Policy:
    """Check options.

    Raises:
        UnknownFormatError: ``emit`` is no format, or ``source`` neither a format nor a version.
        ImageShimError: ``on_loss`` or ``pick`` is unknown, ``keep_images`` is no number of images,
            or there is no ``history`` whose images it could keep.

    """
    check_option("on_loss", on_loss, ON_LOSS)
    check_option("pick", pick, PICK)
    check_keep_images(keep_images)
    if keep_images is not None and not history:
        raise ImageShimError("keep_images is for earlier replies, which history=False leaves alone")
    known = source_format(source)
    return Policy(
        target_format(emit), known, on_loss, bool(history), keep_images, bool(strict), pick
    )


LOOKING_ON = Policy(
    Format.IMAGES, None, "stash", history=False, keep_images=None, strict=False, as_it_came=True
)
"""Of a block of `capture_images` where nothing is installed."""


def start_report(file: str | None = None) -> None:
    """Write the report to a file, or to that which the environment asks for, if it does.

    Most programs ask for none, and do not load what writes it.
    """
    path = file or os.environ.get(REPORT_VARIABLE)
    if path:
        from .report import report_to  # noqa: PLC0415  # as the docstring says

        report_to(path)


class Call(NamedTuple):
    """One call: what was asked for, and by whom."""

    policy: Policy
    library: str | None
    """``litellm``, ``openai``, or None for a function of the user's."""
    request: Mapping[str, Any]
    """The keyword arguments."""
    place: Place | None = None
    """The user's line, where it is known."""
    inner: bool = False
    """A library's own call of another: nobody's line, and nobody who knows old names."""
    observer: Observer | None = None
    """Who sees the images of its reply."""
    seen: list[Any] | None = None
    """The bodies with images that LiteLLM's own handlers have read for it so far."""

    def plan(self, source: Format | None) -> Plan:
        """Plan the conversion of a reply that comes from ``source``."""
        return _plan(self.policy.emit, source, self.policy.on_loss, self.policy.pick)

    def source_of(self, answer: Any) -> Format | None:
        """Tell where a reply or a stream comes from: the format that decides what ``content`` is.

        In this order: what the user said; the header of a LiteLLM proxy; the installed LiteLLM for
        the models that it speaks to itself, unless it is an entry of its cache, which an older
        version may have written; a request for images. None leaves it to the shape of the reply.
        """
        if self.policy.source is not None:
            return self.policy.source
        if not hasattr(type(answer), "__pydantic_serializer__"):
            told = announced(answer)
            if told is not None:
                return told
        if self.library == "litellm" and _is_its_own(answer):
            return format_of_installed()
        return Format.CONTENT if self.asks_for_images() else None

    def asks_for_images(self) -> bool:
        """Tell whether the request's ``modalities`` ask for images."""
        body = self.request.get("extra_body")
        holders = (self.request, body if isinstance(body, Mapping) else {})
        return any(asks_for_images(asked.get("modalities")) for asked in holders)


@lru_cache(maxsize=64)
def _plan(emit: Format, source: Format | None, on_loss: OnLoss, pick: Pick) -> Plan:
    # A program that installs the shim and never calls does not pay for the conversions.
    from imageshim.messages.options import plan  # noqa: PLC0415

    return plan(emit, source=source, on_loss=on_loss, pick=pick)


def announced(answer: Any) -> Format | None:
    """Read the version of a LiteLLM proxy in the headers of a raw response or a stream."""
    for holder in (answer, getattr(answer, "response", None)):
        headers = getattr(holder, "headers", None)
        version = headers.get(VERSION_HEADER) if isinstance(headers, Mapping) else None
        if isinstance(version, str):
            return format_of_version(version)
    return None


def _is_its_own(answer: Any) -> bool:
    """Tell whether the installed LiteLLM itself put the images of an answer in place."""
    return provider_of(answer) in OWN_PROVIDERS and not is_from_cache(answer)


@lru_cache(maxsize=1)
def installed_litellm() -> str | None:
    """Return the version of the installed LiteLLM; None where there is none."""
    from importlib import metadata  # noqa: PLC0415  # as above

    try:
        return metadata.version("litellm")
    except metadata.PackageNotFoundError:
        return None


@lru_cache(maxsize=1)
def format_of_installed() -> Format | None:
    """Return the format of the installed LiteLLM; None where there is none."""
    return format_of_version(installed_litellm())
