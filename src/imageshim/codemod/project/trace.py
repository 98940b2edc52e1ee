"""The report of ``imageshim run --report``: reads of old formats that were seen at run time.

A read that was seen is proven, also where no analysis of the source could tell (an attribute whose
name is a variable, a message that comes from another package). The report is JSON Lines, one
object for each place in the source; it holds the hash of each file as it ran, so a file that was
edited since is noticed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

from imageshim.errors import ImageShimError

__all__ = ["FORMAT_VERSION", "Trace", "TraceError", "TracedRead", "call_ends", "read_trace"]

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
    """The path of the source file: absolute, or from the folder of the project."""
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
    treated: tuple[str, ...] = ()
    """Of a read of ``content``: how the text was treated as an image, and where."""
    went_to: str = ""
    """The function that was handed the text at once."""

    @property
    def is_call(self) -> bool:
        """Whether it is a call that gave a reply with an image, rather than a read."""
        return self.how == "call"


def call_ends(reads: Iterable[TracedRead]) -> frozenset[tuple[int, int]]:
    """Return where the calls end that were seen to return a reply with an image."""
    return frozenset((read.end_line, read.end_column) for read in reads if read.is_call)


_NUMBERS = frozenset({"line", "end_line", "column", "end_column", "times"})
_KEYS = {
    field.name: "count" if field.name == "times" else field.name for field in fields(TracedRead)
}
_PLACE = ("file", "sha256", "line", "end_line", "column", "end_column", "read", "carrier", "how")
# What a program can do without: the place is what proves a read.
_DEFAULTS: dict[str, Any] = {
    "count": 1, "module": "", "function": "", "instead": "", "treated": [], "went_to": "",
}  # fmt: skip


@dataclass(frozen=True, eq=False, slots=True)
class _Group:
    """What one or several reports say of one file, as it was."""

    file: str
    sha256: str
    reads: tuple[TracedRead, ...]
    places: tuple[str, ...]
    """Where the file would be here."""


class Trace:
    """The reads of one or several reports, by file.

    A file is known by its path, and by its hash where there is none of that path: a report may
    come from another machine.
    """

    def __init__(self, groups: Sequence[_Group]) -> None:
        self._groups = groups
        self._by_place = _gathered((place, group) for group in groups for place in group.places)
        self._by_hash = _gathered((group.sha256, group) for group in groups)
        self._met: set[str] = set()
        """The hashes of the files among the inputs, as far as they are in a report."""
        self._standing: dict[_Group, bool] = {}
        self._used: dict[_Group, str] = {}

    def __len__(self) -> int:
        """Return the number of places."""
        return sum(len(group.reads) for group in self._groups)

    def meet(self, path: str, data: bytes) -> bool:
        """Take note of a file among the inputs; returns whether a report may speak of it."""
        found = sha256(data).hexdigest()
        if found in self._by_hash:
            self._met.add(found)
            return True
        return _key(path) in self._by_place

    def of(self, path: Path, data: bytes) -> tuple[TracedRead, ...]:
        """Return what was seen in a file.

        Raises:
            TraceError: the file is not what it was when the report was written.

        """
        place, found = _key(str(path)), sha256(data).hexdigest()
        here = [one for one in self._by_hash.get(found, ()) if self._is_at(one, place)]
        if any(
            one.sha256 not in {found, *self._met} and place in one.places
            for one in self._by_place.get(place, ())
        ):
            raise TraceError(
                f"{path}: the file changed since the trace was recorded; record it again: "
                "imageshim run --report"
            )
        self._used.update(dict.fromkeys(here, str(path)))
        return tuple(sorted(read for group in here for read in group.reads))

    def _is_at(self, group: _Group, place: str) -> bool:
        """Whether a file with the hash of a group is the one that it speaks of."""
        if group not in self._standing:
            self._standing[group] = any(_has(one, group.sha256) for one in group.places)
        return place in group.places or not self._standing[group]

    @property
    def unused(self) -> tuple[str, ...]:
        """Files of the report that nobody asked for."""
        return tuple(
            group.places[0] for group in self._groups if group not in self._used and group.reads
        )

    @property
    def untreated(self) -> tuple[tuple[str, int], ...]:
        """The reads of ``content`` that were never treated as an image: files and lines."""
        return tuple(
            (path, read.line)
            for group, path in self._used.items()
            for read in group.reads
            if read.read == "content" and not read.is_call and not read.treated
        )


def _gathered(pairs: Iterable[tuple[str, _Group]]) -> dict[str, list[_Group]]:
    out: dict[str, list[_Group]] = {}
    for key, group in pairs:
        out.setdefault(key, []).append(group)
    return out


def _has(path: str, digest: str) -> bool:
    try:
        return sha256(Path(path).read_bytes()).hexdigest() == digest
    except OSError:
        return False


def _key(path: str) -> str:
    return str(Path(path).resolve())


def read_trace(files: Iterable[Path], roots: Iterable[Path] = (Path(),)) -> Trace:
    """Read reports; a place that several of them name is one place, seen as often as in all.

    Args:
        files: the reports.
        roots: the folders that their relative paths may be of.

    Raises:
        TraceError: a report cannot be read; the message says where and why.

    """
    seen: dict[tuple[Any, ...], TracedRead] = {}
    for file in files:
        for number, line in enumerate(_lines(file), 1):
            if not line.strip():
                continue
            read = _parse(f"{file}:{number}", line)
            known = seen.setdefault(tuple(getattr(read, name) for name in _PLACE), read)
            if known is not read:
                known.times += read.times
                known.treated = tuple(sorted({*known.treated, *read.treated}))
    by_file: dict[tuple[str, str], list[TracedRead]] = {}
    for read in seen.values():
        by_file.setdefault((read.file, read.sha256), []).append(read)
    folders = list(roots)
    return Trace(
        [
            _Group(file, digest, tuple(sorted(reads)), _places(file, folders))
            for (file, digest), reads in by_file.items()
        ]
    )


def _places(file: str, folders: Iterable[Path]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_key(str(folder / file)) for folder in folders))


def _lines(file: Path) -> list[bytes]:
    try:
        return file.read_bytes().split(b"\n")
    except OSError as error:
        raise TraceError(f"cannot read the trace {file}: {error.strerror}") from None


def _parse(place: str, line: bytes) -> TracedRead:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise TraceError(f"{place}: not JSON ({error}); is it a report of imageshim run?") from None
    if not isinstance(row, dict) or "v" not in row:
        raise TraceError(f"{place}: not a row of a report of imageshim run")
    if row["v"] != FORMAT_VERSION:
        raise TraceError(
            f"{place}: the report has version {row['v']!r}, this imageshim reads {FORMAT_VERSION}"
        )
    values: dict[str, Any] = {}
    for name, key in _KEYS.items():
        kind = int if name in _NUMBERS else list if name == "treated" else str
        value = row.get(key, _DEFAULTS.get(key))
        if type(value) is not kind:
            raise TraceError(f"{place}: {key!r} is {value!r:.60}, expected {kind.__name__}")
        values[name] = tuple(str(one) for one in row.get(key, ())) if kind is list else value
    return TracedRead(**values)
