"""The options of a conversion, checked once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal, NamedTuple, get_args

from imageshim.errors import ImageShimError
from imageshim.timeline import Format, source_format, target_format

__all__ = [
    "DRAFTS",
    "ON_LOSS",
    "PICK",
    "Drafts",
    "FormatLike",
    "FormatName",
    "OnLoss",
    "Pick",
    "Plan",
    "ReadOptions",
    "cached_plan",
    "check_keep_images",
    "check_option",
    "plan",
    "read_options",
]

FormatName = Literal["content", "image", "images", "parts"]
"""The names of :class:`Format`, for type checkers: a misspelt one is an error where it is written.

What says where a reply comes from (``source``) is a ``str``: it may be any version.
"""
FormatLike = FormatName | Format
OnLoss = Literal["stash", "drop", "raise"]
Drafts = Literal["keep", "images"]
Pick = Literal["first", "final"]

ON_LOSS: tuple[str, ...] = get_args(OnLoss)
DRAFTS: tuple[str, ...] = get_args(Drafts)
PICK: tuple[str, ...] = get_args(Pick)


def check_option(name: str, value: object, allowed: tuple[object, ...]) -> None:
    """Check that an option has one of its values.

    Raises:
        ImageShimError: it is not among ``allowed``.

    """
    if value not in allowed:
        raise ImageShimError(
            f"{name} is {value!r:.80}; choose one of {', '.join(map(repr, allowed))}"
        )


def check_keep_images(keep_images: object) -> None:
    """Check the option ``keep_images``.

    Raises:
        ImageShimError: it is neither a number of images nor None.

    """
    if keep_images is not None and (type(keep_images) is not int or keep_images < 0):
        raise ImageShimError(f"keep_images is {keep_images!r:.80}; it is a number, or None for all")


class ReadOptions(NamedTuple):
    """How to read a message."""

    source: Format | None = None
    """What the caller knows of where the message comes from."""
    markdown: bool = False
    """Whether images in Markdown, ``![…](data:…)``, are taken out of the text."""
    drafts: bool = False
    """Whether data URIs in the reasoning text are taken for images."""


class Plan(NamedTuple):
    """What a conversion is asked to do, checked once."""

    to: Format
    how: ReadOptions
    on_loss: OnLoss
    in_place: bool = False
    pick: Pick = "first"
    """Which image a format gets that holds one."""


def read_options(
    source: str | Format | None, *, markdown: bool = False, drafts: Drafts = "keep"
) -> ReadOptions:
    """Check and resolve the options that say how to read a reply.

    Raises:
        UnknownFormatError: ``source`` is neither a format nor a version.
        ImageShimError: another option has no such value.

    """
    check_option("markdown", markdown, (False, True))
    check_option("drafts", drafts, DRAFTS)
    return ReadOptions(source_format(source), bool(markdown), drafts == "images")


def plan(  # noqa: PLR0913  # the options of convert()
    to: FormatLike,
    *,
    source: str | Format | None = None,
    on_loss: OnLoss = "stash",
    markdown: bool = False,
    drafts: Drafts = "keep",
    in_place: bool = False,
    pick: Pick = "first",
) -> Plan:
    """Check the options of a conversion; see :func:`imageshim.convert`."""
    check_option("on_loss", on_loss, ON_LOSS)
    how = read_options(source, markdown=markdown, drafts=drafts)
    check_option("pick", pick, PICK)
    return Plan(target_format(to), how, on_loss, in_place, pick)


@lru_cache(maxsize=64)
def _cached_plan(*options: Any) -> Plan:
    to, source, on_loss, markdown, drafts, pick = options
    return plan(to, source=source, on_loss=on_loss, markdown=markdown, drafts=drafts, pick=pick)


def cached_plan(*options: Any) -> Plan:
    """Check the options of a conversion, the same ones once only."""
    try:
        return _cached_plan(*options)
    except TypeError:  # unhashable: no option's value, and plan() says which
        to, source, on_loss, markdown, drafts, pick = options
        return plan(to, source=source, on_loss=on_loss, markdown=markdown, drafts=drafts, pick=pick)
