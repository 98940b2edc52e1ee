"""Calls whose replies come in the format that the caller knows, and warnings that say where.

`wrap` wraps one function or client, `install` the whole process. Neither LiteLLM nor the OpenAI SDK
is imported for it, and wrapt only when something is wrapped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .installation import Installation, install
from .sightings import Site, sites

if TYPE_CHECKING:
    from .targets import wrap

__all__ = ["Installation", "Site", "install", "sites", "wrap"]


def __getattr__(name: str) -> Any:
    if name != "wrap":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .targets import wrap  # noqa: PLC0415  # it imports wrapt, which imports asyncio

    return wrap
