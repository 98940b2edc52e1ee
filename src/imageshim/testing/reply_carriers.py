"""Replies and chunks as the objects of LiteLLM and of the OpenAI SDK, where these are installed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from typing import Any

from imageshim.errors import ImageShimError
from imageshim.streaming.collecting import litellm_reply

__all__ = ["CARRIERS", "carried", "checked_carriers"]


def _openai(reply: dict[str, Any], *, streamed: bool) -> Any:
    from openai.types.chat import ChatCompletion, ChatCompletionChunk  # noqa: PLC0415  # optional

    return (ChatCompletionChunk if streamed else ChatCompletion).construct(**reply)


def _litellm(reply: dict[str, Any], *, streamed: bool) -> Any:
    types: Any = __import__("litellm.types.utils").types.utils
    if streamed:
        return types.ModelResponseStream(**reply)
    return litellm_reply(types.ModelResponse, copy.deepcopy(reply))


CARRIERS: dict[str, Callable[..., Any]] = {
    "dict": lambda reply, **_: reply,
    "openai": _openai,
    "litellm": _litellm,
}
"""What makes a carrier of a dict, by name."""


def checked_carriers(names: Iterable[str] | str | None) -> tuple[str, ...]:
    """Return names of carriers; None: of all that are installed.

    Raises:
        ImageShimError: one is unknown, or not installed.

    """
    if names is None:
        return tuple(name for name in CARRIERS if name == "dict" or find_spec(name))
    chosen = (names,) if isinstance(names, str) else tuple(names)
    for name in chosen:
        if name not in tuple(CARRIERS):  # what is no name may have no hash
            raise ImageShimError(f"the carrier {name!r} is none of {', '.join(CARRIERS)}")
        if name != "dict" and not find_spec(name):
            raise ImageShimError(f"the carrier {name!r} is not installed here")
    return chosen


def carried(reply: dict[str, Any], carrier: str, *, streamed: bool = False) -> Any:
    """Return a reply, or a chunk, as an object of that carrier's."""
    return CARRIERS[carrier](reply, streamed=streamed)
