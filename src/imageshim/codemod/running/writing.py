"""Files replaced whole or not at all, and a run taken back.

A file is written beside its place and moved there, with the mode and the owner that it had; a
symbolic link stays one. Before the first file changes, a journal with what every file was is on the
disk, and it is marked as unfinished until the last is written. If a write fails or the program is
told to stop, what was written so far is taken back; if it is killed, the next run does that.
``imageshim undo`` takes back the whole run later. It refuses if a file changed since.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from imageshim.errors import ImageShimError
from imageshim.files.whole import beside, keep_mode, open_temporary, remove_leftovers

if sys.platform != "win32":
    import fcntl

__all__ = ["Change", "UndoError", "WriteError", "recover", "replace_file", "undo", "write_all"]

_MANIFEST = "journal.json"
_UNFINISHED = "unfinished"
_VERSION = 1


class WriteError(ImageShimError):
    """A file could not be written; every file is as it was."""


class UndoError(ImageShimError):
    """There is nothing to take back, or a file changed since; nothing was done."""


class Change(NamedTuple):
    """A file, what it was when it was read, and what it becomes."""

    path: str
    old: bytes
    new: bytes


def replace_file(path: Path, data: bytes) -> None:
    """Replace a file's bytes; it keeps its mode and its owner, and a link goes on to point to it.

    Raises:
        OSError: it could not be done; the file is as it was.

    """
    path = path.resolve()
    status = path.stat()
    with beside(path) as temporary:
        with open_temporary(temporary) as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        keep_mode(path, temporary)
        own = temporary.stat()
        if (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid):
            shutil.chown(temporary, status.st_uid, status.st_gid)
        temporary.replace(path)


def write_all(changes: Iterable[Change], journal: Path) -> None:
    """Write all the files or none, after a journal of what they were.

    Args:
        changes: the files.
        journal: a folder for the journal; the one of an earlier run is replaced.

    Raises:
        WriteError: a file is not what it was when it was read, or could not be written.

    """
    changes = list(changes)
    for change in changes:
        if _now(change.path) != change.old:
            raise WriteError(f"{change.path}: changed during the run; nothing was written")
    try:
        journal.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _alone(journal), _stopping():
            _take_back(journal)
            _write_journal(changes, journal)
            _write_marked(changes, journal)
    except OSError as error:
        raise WriteError(
            f"cannot write the journal {journal}: {error.strerror}; nothing was written"
        ) from None


def _write_marked(changes: list[Change], journal: Path) -> None:
    try:
        for change in changes:
            try:
                replace_file(Path(change.path), change.new)
            except OSError as error:  # noqa: PERF203  # beside the write it costs nothing
                raise WriteError(
                    f"{change.path}: {error.strerror or error}; every file is as it was"
                ) from None
        (journal / _UNFINISHED).unlink()
    except BaseException:  # also where the program is told to stop
        with _deaf():
            _take_back(journal)
        raise


@contextmanager
def _alone(journal: Path) -> Iterator[None]:
    """Let one run at a time write; a lock on the folder leaves no file behind."""
    if sys.platform == "win32":
        yield
        return
    folder = os.open(journal.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _stop(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


@contextmanager
def _handled(handlers: dict[int, Any]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, does) for number, does in handlers.items()}
    try:
        yield
    finally:
        for number, does in before.items():
            signal.signal(number, does)


def _stopping() -> Any:
    """Let SIGTERM and SIGHUP end what is written as Ctrl-C does, in place of the process."""
    names = ("SIGTERM", "SIGHUP")  # Windows has no second
    return _handled({getattr(signal, name): _stop for name in names if hasattr(signal, name)})


def _deaf() -> Any:
    """Let nothing interrupt what takes back."""
    names = ("SIGINT", "SIGTERM", "SIGHUP")
    return _handled({getattr(signal, one): signal.SIG_IGN for one in names if hasattr(signal, one)})


def _now(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise WriteError(f"{path}: {error.strerror}; nothing was written") from None


def _write_journal(changes: Iterable[Change], journal: Path) -> None:
    """Write a journal that is marked as unfinished."""
    fresh = journal.with_name(f"{journal.name}.{secrets.token_hex(4)}")
    try:
        fresh.mkdir(mode=0o700)
        files: list[dict[str, Any]] = []
        for number, change in enumerate(changes):
            (fresh / f"{number}.old").write_bytes(change.old)
            files.append(
                {
                    "path": str(Path(change.path).resolve()),
                    "old": sha256(change.old).hexdigest(),
                    "new": sha256(change.new).hexdigest(),
                }
            )
        manifest = json.dumps({"v": _VERSION, "files": files}, indent=1)
        (fresh / _MANIFEST).write_text(manifest, encoding="utf-8")
        (fresh / _UNFINISHED).write_bytes(b"")
        shutil.rmtree(journal, ignore_errors=True)
        fresh.rename(journal)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def recover(journal: Path, root: Path | None = None) -> list[str]:
    """Take back what a run has written that was killed; returns the files that were.

    Raises:
        UndoError: the journal cannot be read, or names a file outside of ``root``.

    """
    if not any(journal.parent.glob(f"{journal.name}*")):
        return []
    with _alone(journal):
        return _take_back(journal, root)


def _take_back(journal: Path, root: Path | None = None) -> list[str]:
    """Take back an unfinished run, and remove journals that never were whole."""
    for half in journal.parent.glob(f"{journal.name}.*"):
        shutil.rmtree(half, ignore_errors=True)
    if not (journal / _UNFINISHED).exists():
        return []
    entries = _entries(journal, root)
    for folder in {entry.path.parent for entry in entries}:
        remove_leftovers(folder)  # written, and not moved to its place
    written = [entry for entry in entries if entry.is_new]
    for entry in written:
        replace_file(entry.path, entry.old)
    shutil.rmtree(journal)
    return [str(entry.path) for entry in written]


def undo(journal: Path, root: Path | None = None) -> list[str]:
    """Take back the last run; returns the paths of the files that are as they were before.

    Raises:
        UndoError: there is no run to take back, a file changed since, or one is outside of
            ``root``; nothing was done.

    """
    if not journal.exists():
        raise UndoError("there is no run to take back")
    with _alone(journal):
        entries = _entries(journal, root)
        changed = [str(entry.path) for entry in entries if entry.is_new is None]
        if changed:
            raise UndoError(f"changed since, nothing was taken back: {', '.join(changed)}")
        for entry in entries:
            if entry.is_new:
                replace_file(entry.path, entry.old)
        shutil.rmtree(journal)
    return [str(entry.path) for entry in entries]


class _Entry(NamedTuple):
    path: Path
    old: bytes
    is_new: bool | None
    """Whether it is what the run made of it; None: neither that nor what it was."""


def _entries(journal: Path, root: Path | None) -> list[_Entry]:
    try:
        manifest = json.loads((journal / _MANIFEST).read_bytes())
        paths = [Path(one["path"]).resolve() for one in manifest["files"]]
        entries = [
            _entry(journal, number, path, one)
            for number, (path, one) in enumerate(zip(paths, manifest["files"], strict=True))
        ]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UndoError(f"the journal {journal} cannot be read: {error}") from None
    outside = [str(path) for path in paths if root and not path.is_relative_to(root.resolve())]
    if outside:
        raise UndoError(f"outside of {root}, nothing was taken back: {', '.join(outside)}")
    return entries


def _entry(journal: Path, number: int, path: Path, entry: dict[str, str]) -> _Entry:
    old = (journal / f"{number}.old").read_bytes()
    if sha256(old).hexdigest() != entry["old"]:
        raise ValueError(f"{number}.old is damaged")
    try:
        now = sha256(path.read_bytes()).hexdigest()
    except OSError:
        return _Entry(path, old, None)
    return _Entry(path, old, {entry["new"]: True, entry["old"]: False}.get(now))
