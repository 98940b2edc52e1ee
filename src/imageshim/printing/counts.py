"""Numbers of things, as people write them."""

from __future__ import annotations

__all__ = ["counted"]


def counted(number: int, noun: str) -> str:
    """Write a number with its noun: ``1 file``, ``1,234 files``."""
    return f"{number:,} {noun}" + ("s" if number != 1 else "")
