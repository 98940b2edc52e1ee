"""What a request says of the format that its client needs, and where it says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["HEADER", "METADATA_KEY", "Asked", "take_format"]

HEADER = "X-Image-Format"
METADATA_KEY = "image_format"


@dataclass(frozen=True)
class Asked:
    """What is known of a request.

    ``headers`` have lower-case names. ``metadata_format`` is what :func:`take_format` took out of
    the body. The metadata and the alias of the virtual key are known inside a LiteLLM proxy only.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    metadata_format: object = None
    key_metadata: Mapping[str, Any] | None = None
    team_metadata: Mapping[str, Any] | None = None
    key_alias: str | None = None
    model: str | None = None
    path: str | None = None

    @property
    def user_agent(self) -> str | None:
        """The header ``User-Agent``."""
        return self.headers.get("user-agent")


def take_format(body: object) -> object:
    """Take ``metadata.image_format`` out of a request's body, and return it; None: not there.

    The body is changed in place, so that the upstream never sees the key; a ``metadata`` that
    held nothing else goes with it (OpenAI refuses one in requests that are not stored).
    """
    if not isinstance(body, dict):
        return None
    metadata = body.get("metadata")
    if not isinstance(metadata, dict) or METADATA_KEY not in metadata:
        return None
    wish = metadata.pop(METADATA_KEY)
    if not metadata:
        del body["metadata"]
    return wish
