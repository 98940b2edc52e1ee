"""The report of ``imageshim run --report``: reads of old formats that were seen at run time.

A read that was seen is proven, also where no analysis of the source could tell (an attribute whose
name is a variable, a message that comes from another package). The report is JSON Lines, one
object for each place in the source; it holds the hash of each file as it ran, so a file that was
edited since is noticed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

from imageshim.errors import ImageShimError

__all__ = ["FORMAT_VERSION", "Trace", "TraceError", "TracedRead", "read_trace"]

FORMAT_VERSION = 1
"""The ``v`` of the lines that this version reads."""


class TraceError(ImageShimError):
    """A report that cannot be read, or that is older than the source."""


@dataclass(order=True, slots=True)
class TracedRead:
    """One place in the source that read an old format, as it was seen at run time.

    Lines count from 1, columns from 0 in bytes of UTF-8, as ``ast`` counts them.
    """

    file: str
    """The absolute path of the source file."""
    sha256: str
    """The hash of the file's bytes when it ran."""
    line: int
    end_line: int
    column: int
    end_column: int
    read: str
    """The field: ``image``, ``content``, …"""
    carrier: str
    """``message``, or ``delta`` in a stream."""
    how: str
    """``attribute``, ``item``, ``get``, ``getattr`` or ``call``."""
    instead: str
    """An expression to write instead."""
    times: int
    """How often it was seen (``count`` in the report)."""
    module: str
    function: str


_NUMBERS = frozenset({"line", "end_line", "column", "end_column", "times"})
_KEYS = {
    field.name: "count" if field.name == "times" else field.name for field in fields(TracedRead)
}
_PLACE = ("file", "sha256", "line", "end_line", "column", "end_column", "read", "carrier", "how")
# What a program can do without: the place is what proves a read.
_DEFAULTS: dict[str, Any] = {"count": 1, "module": "", "function": "", "instead": ""}


class Trace:
    """The reads of one or several reports, by file."""

    def __init__(self, reads: Mapping[str, tuple[TracedRead, ...]]) -> None:
        self._reads = reads
        self._used: set[str] = set()

    def __len__(self) -> int:
        """Return the number of places."""
        return sum(map(len, self._reads.values()))

    @property
    def files(self) -> tuple[str, ...]:
        """The absolute paths of the files that were seen to read an old format."""
        return tuple(self._reads)

    def of(self, path: Path, data: bytes) -> tuple[TracedRead, ...]:
        """Return what was seen in a file.

        Raises:
            TraceError: the file is not what it was when the report was written.

        """
        name = _key(str(path))
        reads = self._reads.get(name, ())
        if not reads:
            return ()
        self._used.add(name)
        found = sha256(data).hexdigest()
        if any(read.sha256 != found for read in reads):
            raise TraceError(
                f"{path}: the file changed since the trace was recorded; record it again: "
                "imageshim run --report"
            )
        return reads

    @property
    def unused(self) -> tuple[str, ...]:
        """Files of the report that nobody asked for."""
        return tuple(name for name in self._reads if name not in self._used)


def _key(path: str) -> str:
    return str(Path(path).resolve())


def read_trace(files: Iterable[Path]) -> Trace:
    """Read reports; a place that several of them name is one place, seen as often as in all.

    Raises:
        TraceError: a report cannot be read; the message says where and why.

    """
    places: dict[tuple[Any, ...], TracedRead] = {}
    for file in files:
        for number, line in enumerate(_lines(file), 1):
            if not line.strip():
                continue
            read = _parse(f"{file}:{number}", line)
            place = tuple(getattr(read, name) for name in _PLACE)
            seen = places.setdefault(place, read)
            if seen is not read:
                seen.times += read.times
    by_file: dict[str, list[TracedRead]] = {}
    for read in places.values():
        by_file.setdefault(_key(read.file), []).append(read)
    return Trace({name: tuple(sorted(reads)) for name, reads in by_file.items()})


def _lines(file: Path) -> list[bytes]:
    try:
        return file.read_bytes().split(b"\n")
    except OSError as error:
        raise TraceError(f"cannot read the trace {file}: {error.strerror}") from None


def _parse(place: str, line: bytes) -> TracedRead:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise TraceError(f"{place}: no JSON ({error}); is it a report of imageshim run?") from None
    if not isinstance(row, dict) or "v" not in row:
        raise TraceError(f"{place}: no row of a report of imageshim run")
    if row["v"] != FORMAT_VERSION:
        raise TraceError(
            f"{place}: the report has version {row['v']!r}, this imageshim reads {FORMAT_VERSION}"
        )
    values: dict[str, Any] = {}
    for name, key in _KEYS.items():
        kind = int if name in _NUMBERS else str
        value = row.get(key, _DEFAULTS.get(key))
        if type(value) is not kind:
            raise TraceError(f"{place}: {key!r} is {value!r:.60}, expected {kind.__name__}")
        values[name] = value
    return TracedRead(**values)
