"""Reports of files that were looked at before.

The key is everything that a report depends on: the file's bytes and name, the settings, what the
project's other files hand to it, the Python that parses it, and the codemod's own source. So an
entry is never out of date; old ones are removed by their age.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from imageshim.files.whole import write_whole

from .reports import FileReport, as_json, from_json

__all__ = ["Cache"]

_DAY = 86_400  # seconds
_LONGEST_AGE = 30 * _DAY


@cache
def _version() -> bytes:
    """Return a hash of the code that makes reports: every module of the codemod and its rules."""
    found = sha256(repr(sys.version_info).encode())
    here = Path(__file__).parents[1]
    for module in sorted(here.rglob("*.py")):
        found.update(module.read_bytes())
    return found.digest()


class Cache:
    """Reports on the disk, one file each; a cache that cannot be written is no error.

    Args:
        folder: where they are.
        parts: what all reports of a run depend on.

    """

    def __init__(self, folder: Path, parts: Iterable[object]) -> None:
        self.folder = folder
        self._common = sha256(_version() + repr(tuple(parts)).encode("utf-8", "surrogatepass"))
        self._writable = True

    def key(self, path: str, data: bytes, trace: object) -> str:
        """Return the name of the entry of a file."""
        found = self._common.copy()
        found.update(f"{path}\0{trace!r}\0{len(data)}\0".encode("utf-8", "surrogatepass"))
        found.update(data)
        return found.hexdigest()

    def get(self, key: str, old: bytes) -> FileReport | None:
        """Return a report that was put here before, or None."""
        file = self._file(key)
        try:
            head, _, new = file.read_bytes().partition(b"\n")
            entry: Any = json.loads(head)
            return from_json(entry, old, new if entry.pop("changed") else None)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None  # not there, or damaged

    def put(self, key: str, report: FileReport) -> None:
        """Keep a report."""
        if not self._writable:
            return
        entry = as_json(report) | {"changed": report.new is not None}
        file = self._file(key)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, json.dumps(entry).encode() + b"\n" + (report.new or b""))
        except OSError:  # a full disk or a home that cannot be written: the work is done anyway
            self._writable = False

    def _file(self, key: str) -> Path:
        return self.folder / key[:2] / key[2:]

    def prune(self) -> None:
        """Remove old entries; looks for them once a day."""
        stamp = self.folder / "pruned"
        now = time.time()
        try:
            if stamp.exists() and now - stamp.stat().st_mtime < _DAY:
                return
            for file in self.folder.glob("??/*"):
                if now - file.stat().st_mtime > _LONGEST_AGE:
                    file.unlink(missing_ok=True)
            stamp.touch()
        except OSError:
            return
