"""Files that are written whole or not at all: beside their place first, then moved there.

Ground floor: imports nothing of imageshim.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["TEMPORARY", "beside", "keep_mode", "write_whole"]

TEMPORARY = f".{'[0-9a-f]' * 16}.tmp"
"""A glob of the names of :func:`beside`."""


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Name a temporary file in the folder of ``path``; what is not moved away is removed.

    The name does not depend on the file's own, which may be as long as names can be.
    """
    temporary = path.with_name(f".{os.urandom(8).hex()}.tmp")
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def keep_mode(path: Path, temporary: Path) -> None:
    """Give a temporary file the permissions of the file that it replaces, if there is one."""
    if path.exists():
        temporary.chmod(stat.S_IMODE(path.stat().st_mode))


def write_whole(path: Path, data: bytes) -> None:
    """Write a file in one step: who reads it meanwhile sees all of the old or all of the new.

    Raises:
        OSError: it could not be written; the file is as it was.

    """
    with beside(path) as temporary:
        temporary.write_bytes(data)
        temporary.replace(path)
