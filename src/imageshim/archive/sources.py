"""What a command is given, as files: files, folders, globs and URLs; and how each is opened.

Each file has the name that what is made of it gets below the output folder: one folder or glob
keeps its tree, several get a folder each.
"""

from __future__ import annotations

import glob
import gzip
import io
import os
import sys
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from typing import IO, Any, NamedTuple

from imageshim.errors import ImageShimError, MissingExtraError

__all__ = [
    "IMAGES",
    "MANIFEST",
    "OURS",
    "REJECTS",
    "Found",
    "Source",
    "SourceError",
    "find_files",
    "opened",
    "writing",
]

OURS = ".imageshim"
"""The folder in an output folder that holds the journal."""
REJECTS = "rejects.jsonl"
IMAGES = "images"
"""The folder of the images that were taken out, in an output folder."""
MANIFEST = "manifest.parquet"
_OURS = frozenset({REJECTS, IMAGES, MANIFEST})

BUFFER = 1 << 18
"""Bytes that are read at a time: more come from memory that is new at each call, and slower."""
_PACKED = 1 << 14
_LINES = frozenset({".jsonl", ".ndjson", ".jsonlines"})
_JSON = frozenset({".json", ".sse"}) | _LINES
_PARQUET = frozenset({".parquet", ".pq"})
_GZIP, _ZSTD = frozenset({".gz", ".gzip"}), frozenset({".zst", ".zstd"})
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
        return PurePath(self.name).suffix.lower() in _GZIP | _ZSTD


class Found(NamedTuple):
    """The files, and what was passed over."""

    sources: list[Source]
    notes: list[str]
    """What is no file of records, or cannot be looked at, for people."""


def find_files(given: Sequence[str], out: Path | None = None) -> Found:
    """Find the files of sources, and name what is made of each.

    ``out`` is the output folder, which is no source.

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
        notes.append(f"{sum(others.values())} files that hold no records were left out: {kinds}")
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


def _below(root: str, out: Path | None, notes: list[str], others: Counter[str]) -> Iterator[Source]:
    if "://" in root:
        yield from _remote(root, others)
        return
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
        notes.append(f"{folder}: a link to a folder that it lies in; it is not followed")
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
        else:
            yield _local(file, file.relative_to(root).as_posix())


def _holds_records(name: str) -> bool:
    path = PurePath(name.lower())
    if path.suffix in _GZIP | _ZSTD:
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


def _remote(root: str, others: Counter[str]) -> Iterator[Source]:
    system, path = _fsspec().core.url_to_fs(root)
    scheme = root.partition("://")[0]
    if not _PLACEHOLDER.isdisjoint(root):
        files, base = system.glob(path), "/".join(_until_placeholder(path.split("/")))
    elif system.isdir(path):
        files, base = system.find(path), path
    elif system.exists(path):
        files, base = [path], path.rpartition("/")[0]
    else:
        raise SourceError(f"{root} does not exist")
    if not files:
        raise SourceError(f"nothing matches {root}")
    for file in sorted(files):
        if len(files) > 1 and not _holds_records(file):
            others[PurePath(file).suffix or "without an ending"] += 1
            continue
        info = system.info(file)
        changed = str(info.get("ETag") or info.get("mtime") or info.get("created") or "")
        name = file.removeprefix(base).lstrip("/")
        url = system.unstrip_protocol(file) if root.count("://") == 1 else f"{scheme}://{file}"
        yield Source(url, name, int(info["size"] or 0), changed)


class _Frames:
    """Reads the frames of zstd; the library's own reader takes a cut one for the end."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._decompressor = _zstandard().ZstdDecompressor()
        self._frame: Any = None
        self._packed = b""
        self._left = io.BytesIO()

    def read1(self, size: int) -> bytes:
        """Read up to as many bytes; none at the end."""
        while not (out := self._left.read(size)):
            data = self._packed or self._raw.read(_PACKED)
            if not data:
                if self._frame is not None:
                    raise EOFError("the last frame has no end")
                return b""
            frame = self._frame or self._decompressor.decompressobj()
            self._left = io.BytesIO(frame.decompress(data))
            self._packed = frame.unused_data if frame.eof else b""
            self._frame = None if frame.eof else frame
        return out

    def close(self) -> None:
        """Do nothing: the file is closed by itself."""


class Salvaged(io.RawIOBase):
    """Reads what can be read; ``fault`` says what ended it before its time."""

    def __init__(self, stream: Any, raw: IO[bytes]) -> None:
        super().__init__()
        self._stream = stream
        self._raw = raw
        self.fault: str | None = None
        self.is_empty = True
        """Whether nothing could be read yet."""

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Read bytes; none where the data breaks off."""
        try:
            data = self._stream.read1(len(buffer))
        except Exception as error:
            if not isinstance(error, _damages()):
                raise
            nothing = "; nothing of it can be read" if self.is_empty else ""
            self.fault = f"the file breaks off, or is damaged, or not packed: {error}{nothing}"
            return 0
        self.is_empty = self.is_empty and not data
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
        self._raw.close()
        super().close()


def _zstandard() -> Any:
    try:
        import zstandard  # noqa: PLC0415  # an extra, for such files only
    except ImportError:
        raise MissingExtraError("a file that is compressed with zstd", "archive") from None
    return zstandard


def _damages() -> tuple[type[Exception], ...]:
    """List what readers raise for damaged data."""
    module: Any = sys.modules.get("zstandard")
    more = (module.ZstdError,) if module is not None else ()
    return (EOFError, OSError, zlib.error, *more)


def opened(source: Source) -> tuple[io.BufferedReader, Salvaged | None]:
    """Open a file for reading, uncompressed; the second tells of faults of its compression."""
    raw: Any = (
        Path(source.path).open("rb", BUFFER)  # noqa: SIM115  # whoever asked closes it
        if source.is_local
        else _fsspec().open(source.path, "rb").open()
    )
    suffix = PurePath(source.name).suffix.lower()
    if suffix in _GZIP:
        salvaged = Salvaged(gzip.GzipFile(fileobj=raw), raw)
    elif suffix in _ZSTD:
        salvaged = Salvaged(_Frames(raw), raw)
    else:
        return raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(raw, BUFFER), None
    return io.BufferedReader(salvaged, BUFFER), salvaged


def writing(name: str, raw: IO[bytes]) -> IO[bytes]:
    """Compress what is written as the name says; the same bytes in every run."""
    suffix = PurePath(name).suffix.lower()
    if suffix in _GZIP:
        return gzip.GzipFile("", "wb", 6, raw, mtime=0)  # type: ignore[return-value]
    if suffix in _ZSTD:
        writer: IO[bytes] = _zstandard().ZstdCompressor().stream_writer(raw, closefd=False)
        return writer
    return raw
