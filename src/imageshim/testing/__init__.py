"""For your own tests: checks, strategies, the pytest plugin and the loopback Gemini server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .reading_check import assert_reads_every_format

__all__ = ["assert_reads_every_format"]


def __getattr__(name: str) -> Any:
    # Loaded when it is asked for: pytest's plugin imports this package in every run.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .reading_check import assert_reads_every_format  # noqa: PLC0415  # as above

    return assert_reads_every_format
