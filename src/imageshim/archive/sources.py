"""What a command is given, as files: files, folders, globs and URLs; and how each is opened.

Each file has the name that what is made of it gets below the output folder: one folder or glob
keeps its tree, several get a folder each.
"""

from __future__ import annotations

import glob
import io
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from imageshim.errors import ImageShimError, MissingExtraError

from .packing import PACKED, Salvaged, unpacked

__all__ = [
    "IMAGES",
    "JOURNAL",
    "MANIFEST",
    "OURS",
    "REJECTS",
    "Found",
    "Source",
    "SourceError",
    "filesystem_of",
    "find_files",
    "opened",
]

OURS = ".imageshim"
"""The folder in an output folder that holds the journal."""
JOURNAL = f"{OURS}/journal.jsonl"
REJECTS = "rejects.jsonl"
IMAGES = "images"
"""The folder of the images that were taken out, in an output folder."""
MANIFEST = "manifest.parquet"
_OURS = frozenset({REJECTS, IMAGES, MANIFEST})

BUFFER = 1 << 18
"""Bytes that are read at a time: more come from memory that is new at each call, and slower."""
_LINES = frozenset({".jsonl", ".ndjson", ".jsonlines"})
_JSON = frozenset({".json", ".sse"}) | _LINES
_PARQUET = frozenset({".parquet", ".pq"})
_PLACEHOLDER = frozenset("*?[")


class SourceError(ImageShimError):
    """What was given cannot be read as a whole, such as a folder that is not there."""


class Source(NamedTuple):
    """A file to read."""

    path: str
    """A path or a URL."""
    name: str
    """Its path below the output folder, with slashes."""
    size: int
    changed: str = ""
    """What tells that it is still the same file."""

    @property
    def is_local(self) -> bool:
        """Whether it is a file of this machine, and not a URL."""
        return "://" not in self.path

    @property
    def is_parquet(self) -> bool:
        """Whether it is a Parquet file."""
        return PurePath(self.name).suffix.lower() in _PARQUET

    @property
    def is_lines(self) -> bool:
        """Whether its name says that it is JSON Lines."""
        return not _LINES.isdisjoint(PurePath(self.name.lower()).suffixes[-2:])

    @property
    def is_compressed(self) -> bool:
        """Whether its bytes have to be read from the beginning."""
        return PurePath(self.name).suffix.lower() in PACKED


class Found(NamedTuple):
    """The files, and what was passed over."""

    sources: list[Source]
    notes: list[str]
    """What is no file of records, or cannot be looked at, for people."""


def find_files(given: Sequence[str], out: Path | str | None = None) -> Found:
    """Find the files of sources, and name what is made of each.

    ``out`` is the output folder, a URL if it is a str, which is no source.

    Raises:
        SourceError: there is no such file or folder, or two would be one file in ``out``.

    """
    roots = list(dict.fromkeys(given))
    tops = _tops(roots) if len(roots) > 1 else {}
    found: dict[str, Source] = {}
    notes: list[str] = []
    others: Counter[str] = Counter()
    for root in roots:
        for source in _below(root, out, notes, others):
            name = source.name
            if root in tops:
                name = tops[root] if source.path == root else f"{tops[root]}/{name}"
            if name in found and found[name].path != source.path:
                raise SourceError(f"{found[name].path} and {source.path} would both be {name}")
            found[name] = source._replace(name=name)
    if others:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(others.items()))
        notes.append(f"{sum(others.values())} files without records were left out: {kinds}")
    return Found(list(found.values()), notes)


def _tops(roots: Sequence[str]) -> dict[str, str]:
    """Name each of several sources; where two have one name, with as many folders as it takes."""
    parts = {root: _parts(root) for root in roots}
    taken = dict.fromkeys(roots, 1)
    while True:
        names = {root: "/".join(parts[root][-taken[root] :]) for root in roots}
        counts = Counter(names.values())
        longer = [
            root for root in roots if counts[names[root]] > 1 and taken[root] < len(parts[root])
        ]
        if not longer:
            return names
        for root in longer:
            taken[root] += 1


def _parts(root: str) -> tuple[str, ...]:
    path = root.partition("://")[2] if "://" in root else str(Path(_fixed(root)).resolve())
    return tuple(part for part in PurePath(path).parts if part not in {"/", os.sep})


def _is_glob(root: str) -> bool:
    return not _PLACEHOLDER.isdisjoint(root) and not Path(root).exists()


def _fixed(root: str) -> str:
    """Return the part of a glob that is one folder."""
    if not _is_glob(root):
        return root
    parts = PurePath(root).parts
    fixed = [*_until_placeholder(parts)]
    return str(PurePath(*fixed)) if fixed else "."


def _until_placeholder(parts: Sequence[str]) -> Iterator[str]:
    for part in parts:
        if not _PLACEHOLDER.isdisjoint(part):
            return
        yield part


def _below(
    root: str, out: Path | str | None, notes: list[str], others: Counter[str]
) -> Iterator[Source]:
    if "://" in root:
        yield from _remote(root, out if isinstance(out, str) else None, others)
        return
    out = out if isinstance(out, Path) else None
    path = Path(root)
    if path.is_dir():
        if out is not None and path.resolve() == out.resolve():
            raise SourceError(f"what is in {root} would be replaced; give another --out")
        files = sorted(_walked(path, out.resolve() if out else None, notes, ()))
        yield from _wanted(files, path, notes, others)
    elif path.exists():
        yield _local(path, path.name)
    elif _is_glob(root):
        files = sorted(Path(one) for one in glob.glob(root, recursive=True))  # noqa: PTH207
        files = [one for one in files if not one.is_dir()]
        if not files:
            raise SourceError(f"nothing matches {root}")
        yield from _wanted(files, Path(_fixed(root)), notes, others)
    else:
        raise SourceError(f"{root} does not exist")


def _walked(
    folder: Path, out: Path | None, notes: list[str], above: tuple[Path, ...]
) -> Iterator[Path]:
    """Walk a folder; links are followed, but not in circles."""
    real = folder.resolve()
    if real in above:
        notes.append(f"{folder}: a link to a folder that contains it; it is not followed")
        return
    if real == out:
        return
    try:
        entries = sorted(os.scandir(folder), key=lambda one: one.name)
    except OSError as error:
        notes.append(f"{folder}: {error.strerror}; what is in it was left out")
        return
    ours = _ours_in({entry.name for entry in entries})
    for entry in entries:
        if entry.name.startswith(".") or entry.name in ours:
            continue
        if entry.is_dir():
            yield from _walked(folder / entry.name, out, notes, (*above, real))
        else:
            yield folder / entry.name


def _ours_in(names: set[str]) -> frozenset[str]:
    """Tell what in a folder is ours and no record: lists of rejects, and images with a manifest."""
    if OURS not in names:
        return frozenset()
    return _OURS if MANIFEST in names else frozenset({REJECTS})


def _wanted(
    files: Sequence[Path], root: Path, notes: list[str], others: Counter[str]
) -> Iterator[Source]:
    for file in files:
        if not _holds_records(file.name):
            others[file.suffix or "without an ending"] += 1
        elif not file.exists():
            notes.append(f"{file}: a link to what does not exist; it was left out")
        elif not file.is_file():
            notes.append(f"{file}: a pipe, socket or device; it was left out")
        else:
            yield _local(file, file.relative_to(root).as_posix())


def _holds_records(name: str) -> bool:
    path = PurePath(name.lower())
    if path.suffix in PACKED:
        return path.with_suffix("").suffix in _JSON
    return path.suffix in _JSON | _PARQUET


def _local(path: Path, name: str) -> Source:
    status = path.stat()
    return Source(str(path), name, status.st_size, str(status.st_mtime_ns))


def _fsspec() -> Any:
    try:
        import fsspec  # noqa: PLC0415  # an extra, for URLs only
    except ImportError:
        raise MissingExtraError("reading from URLs", "archive") from None
    return fsspec


def filesystem_of(url: str) -> tuple[Any, str]:
    """Give the file system of a URL, and the path in it.

    Raises:
        ImportError: its package is not installed.
        ValueError: there is no such kind.

    """
    system, path = _fsspec().core.url_to_fs(url)
    return system, path


def _remote(root: str, out: str | None, others: Counter[str]) -> Iterator[Source]:
    try:
        system, path = filesystem_of(root)
    except (ImportError, ValueError) as error:
        raise SourceError(f"{root} cannot be opened: {error}") from None
    scheme = root.partition("://")[0]
    is_glob = not _PLACEHOLDER.isdisjoint(root)
    if not is_glob and not system.exists(path):
        raise SourceError(f"{root} does not exist")
    if is_glob or system.isdir(path):
        base = "/".join(_until_placeholder(path.split("/"))) if is_glob else path
        files = system.glob(path) if is_glob else system.find(path)
        files = sorted(_not_ours(files, base, _within(system, out, root, path)))
    else:
        files, base = [path], path.rpartition("/")[0]
    if not files:
        raise SourceError(f"nothing matches {root}")
    for file in files:
        if len(files) > 1 and not _holds_records(file):
            others[PurePath(file).suffix or "without an ending"] += 1
            continue
        info = system.info(file)
        changed = str(info.get("ETag") or info.get("mtime") or info.get("created") or "")
        name = file.removeprefix(base).lstrip("/")
        url = system.unstrip_protocol(file) if root.count("://") == 1 else f"{scheme}://{file}"
        yield Source(url, name, int(info["size"] or 0), changed)


def _within(system: Any, out: str | None, root: str, path: str) -> str | None:
    """Give the path of the output folder, if it is in this file system.

    Raises:
        SourceError: it is what is read.

    """
    there, at = filesystem_of(out) if out is not None else (None, "")
    if there != system:
        return None
    if at == path:
        raise SourceError(f"what is in {root} would be replaced; give another --out")
    return f"{at.rstrip('/')}/"


def _not_ours(files: Sequence[str], base: str, out: str | None) -> Iterator[str]:
    """Leave out what is hidden, and what a run wrote itself, as in a folder of this machine."""
    every = set(files)
    ours: set[str] = set()
    for folder in {file.partition(f"/{OURS}/")[0] for file in files if f"/{OURS}/" in file}:
        names = {OURS, MANIFEST} if f"{folder}/{MANIFEST}" in every else {OURS}
        ours |= {f"{folder}/{name}" for name in _ours_in(names)}
    for file in files:
        parts = file.removeprefix(base).split("/")
        is_ours = any(file == one or file.startswith(f"{one}/") for one in ours)
        is_hidden = any(part.startswith(".") for part in parts)
        if not (is_ours or is_hidden or (out and file.startswith(out))):
            yield file


_TOLD_BY_NAME = {
    b"\x1f\x8b": "gzip, whose name ends in .gz",
    b"\x28\xb5\x2f\xfd": "zstd, whose name ends in .zst",
    b"PAR1": "Parquet, whose name ends in .parquet",
    b"PK\x03\x04": "a zip archive, which has to be unpacked",
}
"""What files begin with that are no JSON, whatever their name says."""


def opened(source: Source) -> tuple[io.BufferedReader, Salvaged | None]:
    """Open a file for reading, uncompressed; the second tells of faults of its compression.

    Raises:
        OSError: it cannot be opened.
        SourceError: its name does not say what it is.

    """
    raw: Any = (
        Path(source.path).open("rb", BUFFER)  # noqa: SIM115  # whoever asked closes it
        if source.is_local
        else _fsspec().open(source.path, "rb").open()
    )
    salvaged = unpacked(source.name, raw)
    if salvaged is not None:
        return io.BufferedReader(salvaged, BUFFER), salvaged
    stream = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(raw, BUFFER)
    begin = b"" if source.is_parquet else stream.peek(4)
    for mark, said in _TOLD_BY_NAME.items():
        if begin.startswith(mark):
            stream.close()
            raise SourceError(f"it is {said}")
    return stream, None
