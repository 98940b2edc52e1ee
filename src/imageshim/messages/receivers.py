"""Where in a request the models of which providers take images, as LiteLLM sends them.

Every row is measured: the request that LiteLLM sends was looked at for the releases on both sides
of ``since`` (``tests/live`` repeats that). What no row matches is another transformation, or the
name of a router that may mean any model: its images stand in messages of the user, which reach
every model. May import what stands below ``messages``.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from imageshim.timeline import SENDS_IMAGES_SINCE, is_at_least

__all__ = ["Receiver", "receiver"]

_GEMINI = r"(?:gemini/|vertex_ai(?:_beta)?/)?gemini-"


class _Row(NamedTuple):
    models: re.Pattern[str]
    since: str
    """The first LiteLLM release that sends the images."""


_OWN_TURN = _Row(re.compile(_GEMINI + r"[12](?:\.\d+)?-[\w.@-]+"), SENDS_IMAGES_SINCE)
"""The models that take images in turns of their own.

Gemini 3 refuses those that come without their signatures, and LiteLLM sends them without (up to
1.109.1, measured): "Image part is missing a thought_signature" (langchain-ai/langchain-google
issue #1431, vercel/ai PR #10462). A name without a generation counts as the newest one:
``gemini-pro-latest`` is Gemini 3.1 since 2026-03-06 (google-gemini/gemini-cli issue #20588).
"""
_ANY_VERSION = "0"
_TOOL_RESULTS = (
    # Claude at Anthropic and on Vertex: `image` in `tool_result`; measured from 1.65.4 on.
    _Row(re.compile(r"anthropic/.+|(?:vertex_ai(?:_beta)?/)?claude-.+"), _ANY_VERSION),
    # Claude on Bedrock: `image` in `toolResult`; 1.80.0 drops it.
    _Row(
        re.compile(r"(?:bedrock(?:_converse)?/(?:.*[/.])?|(?:[\w-]+\.)?)anthropic\.claude.+"),
        "1.80.5",
    ),
    # Gemini: `inline_data` in the function's response or beside it; 1.80.11 drops it.
    _Row(re.compile(_GEMINI + r"[\w.@-]+"), "1.80.13"),
)
"""The models that take images in the results of tools."""


class Receiver(NamedTuple):
    """Where whoever gets a request takes images, beside messages of the user."""

    own_turn: bool = False
    """In ``images`` of the assistant."""
    tool_results: bool = False
    """As ``image_url`` parts of ``role: tool``."""


def receiver(version: str | None, model: str | None) -> Receiver:
    """Tell where a model takes images that a LiteLLM version sends.

    Args:
        version: None: another client than LiteLLM, or not known.
        model: as LiteLLM names it; None: any Gemini model.

    Raises:
        UnknownFormatError: ``version`` is no version.

    """
    if version is None:
        return Receiver()
    own_turn = model is None or _takes(_OWN_TURN, version, model)
    return Receiver(
        is_at_least(version, _OWN_TURN.since) and own_turn,
        model is not None and any(_takes(row, version, model) for row in _TOOL_RESULTS),
    )


def _takes(row: _Row, version: str, model: str) -> bool:
    return row.models.fullmatch(model) is not None and is_at_least(version, row.since)
