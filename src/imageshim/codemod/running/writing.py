"""Files replaced whole or not at all, and a run taken back.

A file is written beside its place and moved there, with the mode and the owner that it had; a
symbolic link stays one. Before the first file changes, a journal with what every file was is on the
disk: if a write fails, what was written so far is taken back, and ``imageshim undo`` takes back the
whole run later. It refuses if a file changed since.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from imageshim.errors import ImageShimError
from imageshim.files.whole import beside, keep_mode

__all__ = ["Change", "UndoError", "WriteError", "replace_file", "undo", "write_all"]

_MANIFEST = "journal.json"
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
        with temporary.open("xb") as out:
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
            raise WriteError(f"{change.path}: changed while it was looked at; nothing was written")
    try:
        _write_journal(changes, journal)
    except OSError as error:
        raise WriteError(
            f"cannot write the journal {journal}: {error.strerror}; nothing was written"
        ) from None
    done: list[Change] = []
    for change in changes:
        try:
            replace_file(Path(change.path), change.new)
        except (OSError, KeyboardInterrupt) as error:
            for written in done:
                replace_file(Path(written.path), written.old)
            shutil.rmtree(journal, ignore_errors=True)
            if isinstance(error, KeyboardInterrupt):
                raise
            raise WriteError(
                f"{change.path}: {error.strerror or error}; every file is as it was"
            ) from None
        done.append(change)


def _now(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise WriteError(f"{path}: {error.strerror}; nothing was written") from None


def _write_journal(changes: Iterable[Change], journal: Path) -> None:
    fresh = journal.with_name(f"{journal.name}.{secrets.token_hex(4)}")
    fresh.mkdir(parents=True, mode=0o700)
    # Beside the source of a project without git, where nobody is meant to commit it.
    (fresh / ".gitignore").write_text("*\n", encoding="ascii")
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
    shutil.rmtree(journal, ignore_errors=True)
    fresh.rename(journal)


def undo(journal: Path) -> list[str]:
    """Take back the last run; returns the paths of the files that are as they were before.

    Raises:
        UndoError: there is no run to take back, or a file changed since; nothing was done.

    """
    try:
        manifest = json.loads((journal / _MANIFEST).read_bytes())
        entries = [_entry(journal, number, one) for number, one in enumerate(manifest["files"])]
    except FileNotFoundError:
        raise UndoError("there is no run to take back") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UndoError(f"the journal {journal} cannot be read: {error}") from None
    changed = [str(path) for path, _, state in entries if state is None]
    if changed:
        raise UndoError(f"changed since, nothing was taken back: {', '.join(changed)}")
    for path, old, is_new in entries:
        if is_new:
            replace_file(path, old)
    shutil.rmtree(journal)
    return [str(path) for path, *_ in entries]


def _entry(journal: Path, number: int, entry: Mapping[str, str]) -> tuple[Path, bytes, bool | None]:
    """Return a file, what it was, and whether it is what the run made of it (None: neither)."""
    path = Path(entry["path"])
    old = (journal / f"{number}.old").read_bytes()
    if sha256(old).hexdigest() != entry["old"]:
        raise ValueError(f"{number}.old is damaged")
    try:
        now = sha256(path.read_bytes()).hexdigest()
    except OSError:
        return path, old, None
    return path, old, True if now == entry["new"] else False if now == entry["old"] else None
