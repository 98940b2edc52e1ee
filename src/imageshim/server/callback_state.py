"""Where the callback keeps its decision from before a call until its reply.

It is a key of the request's ``metadata``, in JSON: the proxy hands nothing else from one hook to
the next. A client can write there, too, so what it wrote is dropped before every call, and what
is no decision of ours is none.
"""

from __future__ import annotations

from typing import Any

from imageshim.timeline import Format

from .negotiation import SOURCES, Decision
from .rules import AS_IS

__all__ = ["STATE", "decided", "drop", "keep"]

STATE = "imageshim"
"""The key."""

_FORMATS: dict[object, Format | None] = {AS_IS: None, **{one.value: one for one in Format}}


def drop(data: object) -> None:
    """Drop what a client has written to our key."""
    for name in ("metadata", "litellm_metadata"):
        metadata = data.get(name) if isinstance(data, dict) else None
        if isinstance(metadata, dict):
            metadata.pop(STATE, None)


def keep(data: dict[str, Any], decision: Decision) -> None:
    """Keep a decision for the reply."""
    metadata = data.get("metadata")
    if not isinstance(metadata, dict):
        metadata = data["metadata"] = {}
    written = AS_IS if decision.format is None else decision.format.value
    metadata[STATE] = {"format": written, "source": decision.source}


def decided(data: object) -> Decision | None:
    """Give the decision that was kept; None where there is none, or it is broken."""
    metadata = data.get("metadata") if isinstance(data, dict) else None
    held = metadata.get(STATE) if isinstance(metadata, dict) else None
    if not isinstance(held, dict):
        return None
    written, source = held.get("format"), held.get("source")
    if not isinstance(written, str) or written not in _FORMATS or source not in SOURCES:
        return None
    return Decision(_FORMATS[written], source)
