"""TOML that anybody may have written: read at the cost of its bytes, or refused in one line.

The reader of the standard library takes time with the square of the names in one dotted key: 24
seconds for a line of 60 kB.
"""

from __future__ import annotations

import re
import sys
from importlib import import_module
from typing import Any

__all__ = ["loads"]

_MOST_NAMES = 64
"""Names of one dotted key; real ones have a handful."""

# A key stands in one line. Each match is a name, and a dot where the key goes on behind it; a
# string that does not end takes the rest, so that nothing is looked at twice.
_NAME = re.compile(
    r"""(?:"(?:[^"\\]|\\.)*(?:"|\\?$)|'[^']*'?|[\w-]+)([ \t]*\.[ \t]*)?|[^ \t]""", re.ASCII
)


def loads(text: str) -> dict[str, Any]:
    """Parse TOML.

    Raises:
        ValueError: it is no TOML, is nested too deeply, or has a key of too many names.
        ImportError: a Python before 3.11 has no reader, and tomli is not installed.

    """
    reader = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") >= _MOST_NAMES and _names(line) > _MOST_NAMES:
            raise ValueError(f"line {number} has a key of more than {_MOST_NAMES} names")
    try:
        values: dict[str, Any] = reader.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply to be read") from None
    return values


def _names(line: str) -> int:
    """Count the names that the longest key of a line can have."""
    most = found = 0
    for name in _NAME.finditer(line):
        found += 1
        most = max(most, found)
        if name[1] is None:
            found = 0
    return most
