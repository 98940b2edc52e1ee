"""Which LiteLLM version puts generated images where.

The table is measured: every boundary was found by running the releases on both sides of it
against the same upstream reply (``tests/live`` repeats that for the releases it names).
"""

from __future__ import annotations

import re
from enum import Enum
from functools import cache
from typing import NamedTuple, TypeAlias

from .errors import UnknownFormatError

__all__ = [
    "SENDS_IMAGES_SINCE",
    "TIMELINE",
    "Era",
    "Format",
    "format_of",
    "is_at_least",
    "source_format",
]


class Format(str, Enum):
    """How a chat message carries its images; the value is the name of the field that does."""

    CONTENT = "content"
    """Data URIs joined into the text of ``message.content`` (LiteLLM up to 1.76.0)."""
    IMAGE = "image"
    """One ``message.image``, ``{"url", "detail"}`` (LiteLLM 1.76.1 to 1.76.3)."""
    IMAGES = "images"
    """A list ``message.images`` (LiteLLM from 1.77.0, OpenRouter). The canonical format."""
    PARTS = "parts"
    """``message.content`` is a list of text and image parts, as OpenAI writes requests."""

    def __str__(self) -> str:
        return self.value


class Era(NamedTuple):
    """One row of the timeline: from ``since`` on, replies come in ``format``."""

    since: str
    format: Format
    source: str


TIMELINE: tuple[Era, ...] = (
    Era(
        "0",
        Format.CONTENT,
        "BerriAI/litellm PR #9646; images appear in 1.65.4 (earlier releases lose them), "
        "in streams in 1.72.2",
    ),
    Era("1.76.1", Format.IMAGE, "BerriAI/litellm PR #13983"),
    Era("1.77.0", Format.IMAGES, "BerriAI/litellm PR #14160"),
)

SENDS_IMAGES_SINCE = "1.81.10"
"""The first release that sends ``images`` of an assistant's message to Gemini.

Measured on 1.81.6 and 1.81.10; 1.81.9 has no code for it.
"""

_Key: TypeAlias = "tuple[int, tuple[int, ...], int, int, int]"
_PRE_RANK = {"a": 0, "alpha": 0, "b": 1, "beta": 1}  # everything else is a release candidate
_FINAL = 3
# Longer than any version; what is longer is refused before it is parsed.
_LONGEST_VERSION = 100


@cache
def _pattern() -> re.Pattern[str]:
    """Compile what a version looks like: a quarter of what install() takes, and seldom needed.

    https://peps.python.org/pep-0440/: epoch, release, pre, post, dev and local segments, each with
    the spellings that the PEP asks tools to accept.
    """
    return re.compile(
        r"""\s*v?
        (?:(?P<epoch>[0-9]+)!)?
        (?P<release>[0-9]+(?:\.[0-9]+)*)
        (?:[-_.]?(?P<pre>alpha|beta|preview|pre|rc|a|b|c)[-_.]?(?P<pre_n>[0-9]*))?
        (?P<post>-[0-9]+|[-_.]?(?:post|rev|r)[-_.]?[0-9]*)?
        (?P<dev>[-_.]?dev[-_.]?[0-9]*)?
        (?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?
        \s*""",
        re.VERBOSE | re.IGNORECASE | re.ASCII,
    )


def _sort_key(version: object) -> _Key | None:
    """Order versions as PEP 440 does, as far as the boundaries of the table need it.

    Numbers inside pre-, post- and dev-releases do not matter: no boundary is one of them.
    """
    if not isinstance(version, str) or len(version) > _LONGEST_VERSION:
        return None
    match = _pattern().fullmatch(version)
    if match is None:
        return None
    release = [int(number) for number in match["release"].split(".")]
    while len(release) > 1 and release[-1] == 0:
        release.pop()
    is_dev = match["dev"] is not None
    if match["pre"]:
        rank = _PRE_RANK.get(match["pre"].lower(), 2)
    elif is_dev and match["post"] is None:
        rank = -1  # 1.77.0.dev1 comes before 1.77.0a1
    else:
        rank = _FINAL
    return (
        int(match["epoch"] or 0),
        tuple(release),
        rank,
        int(match["post"] is not None),
        int(not is_dev),
    )


def _checked(version: object) -> _Key:
    key = _sort_key(version)
    if key is None:
        raise UnknownFormatError(
            f"{version!r:.80} is not a LiteLLM version (expected something like '1.76.2')"
        )
    return key


@cache
def _boundaries() -> list[tuple[_Key, Format]]:
    return [(_checked(era.since), era.format) for era in TIMELINE]


def format_of(version: str) -> Format:
    """Tell in which format a LiteLLM version gives images: ``format_of("1.76.2")`` is ``image``.

    Pre-, post-, development and local versions are ordered as PEP 440 orders them, so
    ``1.77.0rc1`` still belongs to the era before ``1.77.0``.

    Raises:
        UnknownFormatError: ``version`` is no version.

    """
    key = _checked(version)
    found = Format.CONTENT
    for boundary, era_format in _boundaries():
        if key >= boundary:
            found = era_format
    return found


def is_at_least(version: str, since: str) -> bool:
    """Tell whether a version is ``since`` or newer, as PEP 440 orders them.

    Raises:
        UnknownFormatError: ``version`` is no version.

    """
    return _checked(version) >= _checked(since)


_BY_NAME = {member.value: member for member in Format}


def source_format(source: str | Format | None) -> Format | None:
    """Resolve what a caller may say of where a reply comes from: a format, a version, or None.

    Raises:
        UnknownFormatError: it is neither the name of a format nor a version.

    """
    if source is None or isinstance(source, Format):
        return source
    named = next((member for member in Format if member == source), None)
    if named is not None:
        return named
    try:
        return format_of(source)
    except UnknownFormatError:
        raise UnknownFormatError(
            f"{source!r:.80} is neither a format ({', '.join(_BY_NAME)}) nor a LiteLLM version"
        ) from None


def target_format(to: str | Format) -> Format:
    """Resolve the name of a format to convert to.

    Raises:
        UnknownFormatError: there is no such format.

    """
    found = next((member for member in Format if member == to), None)
    if found is None:
        raise UnknownFormatError(f"{to!r:.80} is not a format; choose one of {', '.join(_BY_NAME)}")
    return found
