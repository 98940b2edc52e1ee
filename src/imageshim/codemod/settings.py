"""What the project says about itself."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Settings"]


@dataclass(frozen=True)
class Settings:
    """Everything that decides what is reported and how it is rewritten."""

    target: str = "litellm>=1.77"
    """The LiteLLM that the rewritten code must run on, as a requirement."""
    assume_litellm: tuple[str, ...] = ()
    """Globs of files, URLs and names from which replies are LiteLLM's."""
    select: tuple[str, ...] = ()
    """Rules to run (prefixes of codes); all where empty."""
    ignore: tuple[str, ...] = ()
    """Rules not to run (prefixes of codes)."""
    requires_python: str | None = None
    """As in pyproject.toml; the oldest Python that the rewritten code must parse on."""
