"""Code that was found but could not be read."""

from typing import NamedTuple

__all__ = ["Problem"]


class Problem(NamedTuple):
    """Code that could not be read; nothing is skipped in silence."""

    line: int
    """In the file, from 1."""
    where: str
    """``"cell 3"``; empty in a plain file."""
    what: str
