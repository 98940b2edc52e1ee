"""The files of a run: each is read once, and parsed once in a process, as long as there is room.

The first pass reads every file, the index parses those that replies come from, and the look at a
file wants its tree again.
"""

from __future__ import annotations

from imageshim.codemod.text.source import Source
from imageshim.files.regular import read_regular

from .discovery import InputError

__all__ = ["Sources"]

# A tree takes some forty times the bytes of its file.
_MOST_KEPT = 32_000_000  # bytes
_MOST_PARSED = 4_000_000  # bytes of files whose trees are kept


class Sources:
    """What was read of the files of a run, by path."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}
        self._room = _MOST_KEPT
        self._sources: dict[str, Source] = {}
        self._parsed_room = _MOST_PARSED

    def __reduce__(self) -> tuple[type[Sources], tuple[()]]:
        return Sources, ()  # another process reads for itself

    def read(self, path: str) -> bytes:
        """Read a file, or return what was read.

        Raises:
            InputError: it cannot be read.

        """
        data = self._kept.get(path)
        return read_file(path) if data is None else data

    def keep(self, path: str, data: bytes) -> None:
        """Remember what was read of a file that will be looked at again."""
        if path not in self._kept and len(data) <= self._room:
            self._room -= len(data)
            self._kept[path] = data

    def source(self, path: str, data: bytes) -> Source:
        """Return a file with its tree; the same one again for the same bytes."""
        known = self._sources.get(path)
        if known is not None and known.data == data:
            return known
        made = Source(path, data)
        if len(data) <= self._parsed_room:
            self._parsed_room -= len(data)
            self._sources[path] = made
        return made

    def take(self, path: str, data: bytes) -> Source:
        """Return a file with its tree for the last time: there is room for another."""
        made = self.source(path, data)
        if self._sources.pop(path, None) is not None:
            self._parsed_room += len(made.data)
        return made


def read_file(path: str) -> bytes:
    """Read a file.

    Raises:
        InputError: it cannot be read.

    """
    try:
        return read_regular(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
