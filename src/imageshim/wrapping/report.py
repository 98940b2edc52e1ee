r"""The report: the sites as a file of JSON Lines, for the codemod and for people.

``IMAGESHIM_REPORT=FILE`` or ``imageshim run --report FILE`` asks for it. It is written when a site
is seen for the first time and again at exit, so that a process that is killed leaves its sites
behind, if not their final counts. Processes that share a file (children inherit the variable) add
to it; sites of files that have changed since are dropped. A line is::

    {"v": 1, "file": "/app/shop.py", "sha256": "…", "line": 7, "end_line": 7, "column": 10,
     "end_column": 43, "module": "shop", "function": "draw", "read": "image",
     "carrier": "message", "how": "attribute", "count": 3,
     "instead": "response.choices[0].message.images[0][\"image_url\"]"}

A read of the ``content`` of a reply with an image has ``"treated"``, what was done to the text that
is done to images only, and ``"went_to"``, the function that got it at once. Files of the project
are relative to its folder.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imageshim.files.whole import write_whole

from .call_sites import on_new_site, sites
from .content_sites import rows as content_rows
from .content_sites import watch, when_seen
from .decoders import unwatch_decoders, watch_decoders

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows: processes that share a file could lose each other's sites
    fcntl = None

__all__ = ["VERSION", "report_no_more", "report_to"]

VERSION = 1

_log = logging.getLogger("imageshim")


@dataclass
class _Report:
    path: Path | None = None
    root: Path = field(default_factory=Path)
    """The folder of the project."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    hashes: dict[str, str | None] = field(default_factory=dict)
    written: dict[tuple[Any, ...], tuple[int, int]] = field(default_factory=dict)
    """How much of each site's count, and of its treatments, is in the file already."""
    listening: bool = False


_report = _Report()


def report_to(path: str | Path) -> None:
    """Write the report to a file from now on."""
    _report.path = Path(path).resolve()  # a link to the report stays one
    _report.root = _project(Path.cwd())
    _report.written.clear()
    watch()
    watch_decoders()
    if not _report.listening:
        _report.listening = True
        on_new_site(_write)
        when_seen(_write)
        atexit.register(_write)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_forked)


def report_no_more() -> None:
    """Write what was seen, and leave everything as it was."""
    _write()
    watch(on=False)
    unwatch_decoders()
    _report.path = None


def _project(folder: Path) -> Path:
    """Return the folder of the project that a folder is in; the folder itself where none is."""
    for one in (folder, *folder.parents):
        if (one / ".git").exists() or (one / "pyproject.toml").exists():
            return one
    return folder


def _named(path: str) -> str:
    """Name a file as the report does: relative where it is the project's."""
    try:
        return Path(path).relative_to(_report.root).as_posix()
    except ValueError:
        return path


def _forked() -> None:
    """Leave the counts that a child starts with to its parent."""
    _report.lock = threading.Lock()
    _report.written = {_key(row): _weight(row) for row in _rows()}


def _write() -> None:
    """Write what is new; a file that cannot be written is no reason to stop a program."""
    if _report.path is None:
        return
    try:
        with _report.lock:
            _add(_report.path)
    except Exception as error:  # noqa: BLE001  # as the docstring says
        _log.warning("the report %s cannot be written: %s", _report.path, error)


_Key = tuple[Any, ...]
_COUNT = "count"
_TREATED = "treated"


def _key(row: dict[str, Any]) -> _Key:
    return tuple(row.get(name) for name in ("file", "line", "column", "end_column", "read", "how"))


def _add(path: Path) -> None:
    rows = {_key(row): row for row in _rows()}
    new = {key: row for key, row in rows.items() if _weight(row) != _report.written.get(key)}
    if not new and path.exists():
        return
    with _locked(path):
        merged = {_key(row): row for row in _read(path)}
        for key, row in new.items():
            before = merged.get(key, {})
            known, _ = _report.written.get(key, (0, 0))
            merged[key] = {**row, _COUNT: before.get(_COUNT, 0) + row[_COUNT] - known}
            if _TREATED in row:
                merged[key][_TREATED] = sorted({*row[_TREATED], *before.get(_TREATED, ())})
        text = "".join(json.dumps(merged[key]) + "\n" for key in sorted(merged, key=str))
        write_whole(path, text.encode())
    _report.written.update({key: _weight(row) for key, row in new.items()})


def _weight(row: dict[str, Any]) -> tuple[int, int]:
    """Return what changes when there is more to tell of a place."""
    return row[_COUNT], len(row.get(_TREATED, ()))


def _rows() -> Iterator[dict[str, Any]]:
    """List this process's sites; those that stand in no file are of no use later."""
    for row in (*(site.as_dict() for site in sites()), *content_rows()):
        path = str(Path(row["file"]).absolute())
        digest = _hash(path)
        if digest is not None:
            yield {"v": VERSION, "file": _named(path), "sha256": digest, **_without_file(row)}


def _without_file(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name != "file"}


def _hash(path: str) -> str | None:
    """Return the SHA-256 of a file as it was when it was first asked for."""
    if path not in _report.hashes:
        try:
            _report.hashes[path] = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        except OSError:
            _report.hashes[path] = None
    return _report.hashes[path]


def _read(path: Path) -> Iterator[dict[str, Any]]:
    """Read what is in the file already and still true."""
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line) if line.strip() else None
        if isinstance(row, dict) and row.get("sha256") == _hash(
            str(_report.root / str(row.get("file")))
        ):
            yield row


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other processes from writing the file at the same time."""
    if fcntl is None:
        yield
        return
    folder = os.open(path.parent, os.O_RDONLY)  # a lock on the folder leaves no file behind
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
