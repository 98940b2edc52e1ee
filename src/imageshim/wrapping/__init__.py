"""Calls whose replies come in the format that the caller knows, and warnings that say where.

`wrap` wraps one function or client, `install` the whole process. Neither LiteLLM nor the OpenAI SDK
is imported for it, and wrapt (which imports asyncio) only when something is wrapped.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .installation import Installation, install
    from .sightings import Site, sites
    from .targets import wrap

__all__ = ["Installation", "Site", "install", "sites", "wrap"]

_HOME_OF = {
    "Installation": "installation",
    "Site": "sightings",
    "install": "installation",
    "sites": "sightings",
    "wrap": "targets",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME_OF[name]}", __name__), name)
