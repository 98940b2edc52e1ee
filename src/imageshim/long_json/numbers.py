"""Numbers that Python cannot hold as JSON spells them, and the constants that JSON has not.

JSON has no limit for numbers: ``1e400`` and whole numbers of thousands of digits are fine. Python
makes infinity of the one and refuses the other; and it reads ``NaN`` and ``Infinity``, which are no
JSON but come. So each is kept as it is spelled, and written so.
"""

from __future__ import annotations

import json
import math
from typing import Any

__all__ = ["INFINITE", "Spelled", "parse"]

_LONGEST = 4000
"""Fewer digits than Python's default limit for whole numbers."""


class Spelled(float):
    """A number with the text that it is written as."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Spelled:  # noqa: PYI034  # no class is made of it
        """Make the float that the text stands for; an infinite one if it is too large."""
        made = super().__new__(cls, text)
        made.text = text
        return made


INFINITE = {math.inf: Spelled("1e999"), -math.inf: Spelled("-1e999")}
"""How an infinite number is written that has lost its spelling: a number too large for Python."""


def _whole(text: str) -> int | Spelled:
    return int(text) if len(text) < _LONGEST else Spelled(text)


def _fraction(text: str) -> float:
    found = float(text)
    return Spelled(text) if math.isinf(found) else found


def parse(body: bytes) -> Any:
    """Parse JSON as the standard library does, with no number changed.

    Raises:
        ValueError: the bytes are no JSON.

    """
    return json.loads(body, parse_int=_whole, parse_float=_fraction, parse_constant=Spelled)
