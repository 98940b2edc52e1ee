"""What the rules report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

__all__ = ["Applicability", "Edit", "Finding", "Step"]

Applicability = Literal["safe", "unsafe"]
"""``safe``: the origin is proven on every path, and every reply gives what it gave before.
``unsafe``: proven on some path only, or nothing says that the reply holds an image."""


class Edit(NamedTuple):
    """Bytes ``start`` to ``end`` of the file become ``text``."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Step:
    """One link of the chain that proves where a value comes from."""

    line: int
    text: str


@dataclass(frozen=True)
class Finding:
    """One thing that a rule has to say about a file.

    Lines count from 1, columns from 0 in bytes of UTF-8, as ``ast`` counts them.
    """

    code: str
    message: str
    line: int
    column: int
    end_line: int
    end_column: int
    applicability: Applicability | None = None
    """None where nothing can be rewritten."""
    edits: tuple[Edit, ...] = ()
    group: int | None = None
    """Findings of one group are applied together or not at all."""
    chain: tuple[Step, ...] = ()
    missing: str | None = None
    """For a read that was left alone: what would have proven it, or why it is not rewritten."""
    proven: bool = False
    """Whether it is a fault although ``missing`` says why nothing is rewritten."""
    advice: bool = False
    """Whether the code does what it did: a matter of taste or of care, which fails nothing."""
