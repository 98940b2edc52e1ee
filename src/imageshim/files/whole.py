"""Files that are written whole or not at all: beside their place first, then moved there.

Who writes a temporary file holds a lock on it, which ends with its process, however that ends. So
what a run left behind that was killed can be told from what another is writing.

Ground floor: imports nothing of imageshim.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

if sys.platform == "win32":
    fcntl: Any = None
else:
    import fcntl

__all__ = ["beside", "keep_mode", "open_temporary", "remove_leftovers", "write_whole"]

_TEMPORARY = f".imageshim-{'[0-9a-f]' * 16}.tmp"
"""A glob of the names of :func:`beside`."""


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Make a temporary file in the folder of ``path``; what is not moved away is removed.

    Its name does not depend on the file's own, which may be as long as names can be.
    """
    temporary, descriptor = _made(path.parent)
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
        os.close(descriptor)


def _made(folder: Path) -> tuple[Path, int]:
    """Make an empty file, and lock it as long as what is returned is open."""
    while True:
        temporary = folder / f".imageshim-{os.urandom(8).hex()}.tmp"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        if sys.platform == "win32":  # files that are open can be neither moved nor removed
            os.close(descriptor)
            return temporary, os.open(os.devnull, os.O_RDONLY)
        with suppress(OSError):  # not every file system has locks; there nothing is taken for left
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return temporary, descriptor
        os.close(descriptor)  # it was removed as a leftover before it was locked


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files of runs that were killed; those that are being written stay."""
    for left in folder.glob(_TEMPORARY):
        with suppress(OSError):  # it is being written, or another user's, or there are no locks
            _remove_abandoned(left)


def _remove_abandoned(file: Path) -> None:
    status = file.lstat()
    if not stat.S_ISREG(status.st_mode):
        return
    if sys.platform == "win32":
        file.unlink()
        return
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        file.unlink()
    finally:
        os.close(descriptor)


def open_temporary(temporary: Path) -> IO[bytes]:
    """Open a file that :func:`beside` made; what was put in its place meanwhile is refused."""
    flags = os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    out = open(os.open(temporary, flags), "wb")  # noqa: PTH123, SIM115  # it is the caller's
    if os.fstat(out.fileno()).st_nlink != 1:
        out.close()
        raise OSError(errno.EMLINK, os.strerror(errno.EMLINK), temporary)
    return out


def keep_mode(path: Path, temporary: Path) -> None:
    """Give a temporary file the permissions of the file that it replaces, if there is one."""
    if path.exists():
        temporary.chmod(stat.S_IMODE(path.stat().st_mode))


def write_whole(path: Path, data: bytes) -> None:
    """Write a file in one step: who reads it meanwhile sees all of the old or all of the new.

    Raises:
        OSError: it could not be written, or is a device, a pipe or a folder; it is as it was.

    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "what is there is no file", path)
    with beside(path) as temporary:
        with open_temporary(temporary) as out:
            out.write(data)
        temporary.replace(path)
