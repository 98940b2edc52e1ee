"""Strategies for the reply types of LiteLLM and the OpenAI SDK: ``st.from_type(ChatCompletion)``.

Hypothesis loads this by itself, by its entry point. It imports nothing: the types are registered
when somebody imports the library, and the strategies are made when they are drawn from.
"""

from __future__ import annotations

import sys
from functools import partial
from types import ModuleType
from typing import Any

from imageshim.wrapping.import_hooks import ImportHooks

__all__ = ["register"]

_TYPES = {
    "openai.types.chat.chat_completion": {"ChatCompletion": ("openai", False)},
    "openai.types.chat.chat_completion_chunk": {"ChatCompletionChunk": ("openai", True)},
    "litellm.types.utils": {
        "ModelResponse": ("litellm", False),
        "ModelResponseStream": ("litellm", True),
    },
}
"""By module: the classes, the carrier of each, and whether it is a chunk."""


def register() -> None:
    """Register the types that are imported, and those that will be."""
    hooks.start()
    for name in _TYPES:
        if name in sys.modules:
            _imported(sys.modules[name])


def _imported(module: ModuleType) -> None:
    from hypothesis import strategies as st  # noqa: PLC0415  # it is loading us

    for name, (carrier, streamed) in _TYPES[module.__name__].items():
        st.register_type_strategy(
            getattr(module, name), partial(_drawn, carrier=carrier, streamed=streamed)
        )


hooks = ImportHooks(frozenset(_TYPES), _imported)


def _drawn(_cls: type, *, carrier: Any, streamed: bool) -> Any:
    from . import strategies  # noqa: PLC0415  # when somebody draws

    if not streamed:
        return strategies.replies(carrier=carrier)
    from hypothesis import strategies as st  # noqa: PLC0415  # as above

    from .reply_carriers import carried  # noqa: PLC0415  # as above

    cut = strategies.streams("images").flatmap(st.sampled_from)
    return cut.map(lambda chunk: carried(chunk, carrier, streamed=True))
