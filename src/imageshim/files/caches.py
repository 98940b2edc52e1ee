"""Where files are that can be made again.

Ground floor: imports nothing of imageshim.
"""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["cache_folder"]


def cache_folder(name: str) -> Path:
    """Return one of our folders for caches, as the XDG base directory specification names them."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "imageshim" / name
