"""The output folder: one of this machine, or one at a URL of fsspec.

What stands in it is whole. Elsewhere nobody can promise that a file is renamed in one step, added
to, or locked; so a run makes its files, and keeps its journal, in a folder of this machine, and
loads each up when it is whole: to its place where a store shows an upload at its end, else beside
it, and moved there.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from imageshim.errors import ImageShimError
from imageshim.files.caches import cache_folder
from imageshim.files.regular import open_regular

from .sources import JOURNAL, filesystem_of

__all__ = ["Folder", "Here", "There", "folder_at"]

_AT_ITS_END = frozenset({
    "abfs", "abfss", "adl", "az", "gcs", "gs", "hf", "memory", "oci", "oss", "s3", "s3a",
})  # fmt: skip
"""What shows an upload when it is whole; to move it would copy it again."""


class Here:
    """A folder of this machine."""

    def __init__(self, path: Path) -> None:
        self.path = self.place = path
        """Where files are made, and the journal is."""

    def named(self, name: str) -> str:
        """Name a file in it, for people."""
        return str(self.path / name)

    def begin(self) -> None:
        """Do nothing: the journal is where it is looked for."""

    sign = begin

    def stamp(self, name: str) -> object:
        """Give what tells whether a file in it is still the same one."""
        return (self.path.absolute(), (self.path / name).stat().st_mtime_ns)

    def size(self, name: str) -> int | None:
        """Tell how large a file in it is; None where there is none."""
        path = self.path / name
        return path.stat().st_size if path.exists() else None

    def open(self, name: str) -> IO[bytes]:
        """Open a file in it for reading."""
        return open_regular(self.path / name)

    def publish(self, made: Path, name: str) -> None:
        """Give a file that is whole its place."""
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        made.replace(target)

    def remove(self, name: str) -> None:
        """Remove a file, if there is one."""
        (self.path / name).unlink(missing_ok=True)

    def is_at(self, path: str, name: str) -> bool:
        """Tell whether a file, or what a URL means, is the one of this name."""
        return "://" not in path and (self.path / name).resolve() == Path(path).resolve()


class There:
    """A folder at a URL; its files are made in one of this machine."""

    def __init__(self, url: str) -> None:
        """Open it; nothing is written yet.

        Raises:
            ImageShimError: there is no such kind of place, or its package is not installed.

        """
        scheme = url.partition("://")[0]
        try:
            self._system, root = filesystem_of(url)
        except (ImportError, ValueError) as error:
            raise ImageShimError(
                f"{url} cannot be opened: {error}; or give a folder of this machine: "
                f"write to one, and copy it to {scheme}:// then"
            ) from None
        self._root = root.rstrip("/")
        self.place = url.rstrip("/")
        self._moves = _AT_ITS_END.isdisjoint(_names_of(self._system))
        name = hashlib.sha256(f"{self._system.to_json()} {self._root}".encode()).hexdigest()[:24]
        self.path = cache_folder("archive") / name
        """Where files are made, and the journal is."""

    def named(self, name: str) -> str:
        """Name a file in it, for people."""
        return f"{self.place}/{name}"

    @contextmanager
    def _telling(self, what: str) -> Iterator[None]:
        """Make one kind of error of those that each kind of place has of its own."""
        try:
            yield
        except Exception as error:
            raise OSError(f"{what}: {error!r}") from error

    def begin(self) -> None:
        """Let the journal here be that of the folder there: without one there, none counts.

        One of another machine says what was asked for; the lists of what was done are not here.
        """
        journal = self.path / JOURNAL
        if self.size(JOURNAL) is None:
            shutil.rmtree(self.path, ignore_errors=True)
        elif not journal.exists():
            journal.parent.mkdir(parents=True, exist_ok=True)
            with self.open(JOURNAL) as stream:
                journal.write_bytes(stream.readline())

    def sign(self) -> None:
        """Leave the journal, as it is now, in the folder there."""
        self._load_up(self.path / JOURNAL, JOURNAL)

    def _at(self, name: str) -> str:
        return f"{self._root}/{name}"

    def stamp(self, name: str) -> object:
        """Give what tells whether a file in it is still the same one."""
        with self._telling(f"{self.named(name)} cannot be read"):
            return self._system.ukey(self._at(name))

    def size(self, name: str) -> int | None:
        """Tell how large a file in it is; None where there is none."""
        path = self._at(name)
        with self._telling(f"{self.named(name)} cannot be looked for"):
            return int(self._system.size(path)) if self._system.exists(path) else None

    def open(self, name: str) -> IO[bytes]:
        """Open a file in it for reading."""
        with self._telling(f"{self.named(name)} cannot be read"):
            stream: IO[bytes] = self._system.open(self._at(name), "rb")
        return stream

    def publish(self, made: Path, name: str) -> None:
        """Load up a file that is whole, and look whether all of it is there.

        Raises:
            OSError: it cannot be written; it is still here.

        """
        self._load_up(made, name)
        made.unlink()

    def _load_up(self, made: Path, name: str) -> None:
        target = self._at(name)
        above, _, last = target.rpartition("/")
        first = f"{above}/.{last}.part" if self._moves else target
        with self._telling(f"{self.named(name)} cannot be written"):
            self._system.makedirs(above, exist_ok=True)
            self._system.put_file(str(made), first)
            if self._moves:
                self._moved(made, first, target)
        there, here = self.size(name), made.stat().st_size
        if there != here:
            raise OSError(f"{self.named(name)} has {there} bytes of {here}")

    def _moved(self, made: Path, first: str, target: str) -> None:
        try:
            self._system.mv(first, target)
        except Exception:  # noqa: BLE001  # it cannot move files, or not to where one is
            self._system.put_file(str(made), target)
            self._system.rm_file(first)

    def remove(self, name: str) -> None:
        """Remove a file, if there is one."""
        if self.size(name) is not None:
            with self._telling(f"{self.named(name)} cannot be removed"):
                self._system.rm_file(self._at(name))

    def is_at(self, path: str, name: str) -> bool:
        """Tell whether a file, or what a URL means, is the one of this name."""
        return "://" in path and filesystem_of(path) == (self._system, self._at(name))


Folder = Here | There


def _names_of(system: Any) -> set[str]:
    names = system.protocol
    return {names} if isinstance(names, str) else set(names)


def folder_at(place: str | Path) -> Folder:
    """Give the folder at a path or URL."""
    scheme, mark, path = str(place).rpartition("://")
    return There(str(place)) if mark and scheme != "file" else Here(Path(path))
