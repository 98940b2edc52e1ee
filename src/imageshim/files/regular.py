"""Files of others that are read: only what is a file, and only so much of it.

Ground floor: imports nothing of imageshim.
"""

from __future__ import annotations

import os
import stat

__all__ = ["read_regular"]

_MOST = 256 << 20
# A pipe would be waited for until somebody writes into it.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def read_regular(path: str | os.PathLike[str], most: int = _MOST) -> bytes:
    """Read a file, unless it is a pipe or a device, or has more than ``most`` bytes.

    Raises:
        OSError: it cannot be read, or is none of that; ``strerror`` says what.

    """
    descriptor = os.open(path, _FLAGS)
    with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123  # it is open
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            what = "Is a directory" if stat.S_ISDIR(status.st_mode) else "not a regular file"
            raise OSError(0, what, path)
        if status.st_size > most:
            raise OSError(0, f"it has more than {most} bytes", path)
        return file.readall()
