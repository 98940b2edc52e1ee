"""Files of others that are read: only what is a file, and only so much of it.

Ground floor: imports nothing of imageshim.
"""

from __future__ import annotations

import os
import stat
from typing import BinaryIO

__all__ = ["open_regular", "read_regular"]

_MOST = 256 << 20
# A pipe would be waited for until somebody writes into it.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def read_regular(path: str | os.PathLike[str], most: int = _MOST) -> bytes:
    """Read a file, unless it is a pipe or a device, or has more than ``most`` bytes.

    Raises:
        OSError: it cannot be read, or is none of that; ``strerror`` says what.

    """
    with open_regular(path) as file:
        if os.fstat(file.fileno()).st_size > most:
            raise OSError(0, f"it has more than {most} bytes", path)
        return file.read()


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a file for reading, unless it is a pipe or a device.

    Raises:
        OSError: it cannot be read, or is none; ``strerror`` says what.

    """
    descriptor = os.open(path, _FLAGS)
    file = open(descriptor, "rb")  # noqa: PTH123, SIM115  # whoever asked closes it
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        file.close()
        what = "Is a directory" if stat.S_ISDIR(mode) else "not a regular file"
        raise OSError(0, what, path)
    return file
