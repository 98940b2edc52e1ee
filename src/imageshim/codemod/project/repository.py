"""What git says of files that are to be written, and where their journal is."""

from __future__ import annotations

import os
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

__all__ = ["dirty_files", "journal_folder"]

_TIMEOUT = 60  # seconds; a status of the largest repositories takes a few


def _git(folder: Path, *arguments: str) -> bytes | None:
    """Run git in a folder; None where there is no git, or no repository."""
    import subprocess  # noqa: PLC0415  # to check asks git nothing

    try:
        run = subprocess.run(  # noqa: S603  # the arguments are ours; a project's own program is not run
            ["git", "-c", "core.fsmonitor=false", *arguments],  # noqa: S607  # the user's own git
            cwd=folder,
            capture_output=True,
            check=False,
            timeout=_TIMEOUT,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return run.stdout if run.returncode == 0 else None


def dirty_files(paths: Iterable[str]) -> list[str]:
    """Return what keeps git from bringing the files back, and from telling our changes apart.

    Every file of their repositories with changes that are not committed, and those of the files
    themselves that are not under version control at all. Files outside of every repository do not
    count: there nobody expects that.
    """
    by_folder: dict[Path, list[Path]] = {}
    for path in paths:
        resolved = Path(path).resolve()
        by_folder.setdefault(resolved.parent, []).append(resolved)
    tops: dict[Path, list[Path]] = {}
    for folder, files in by_folder.items():
        found = _git(folder, "rev-parse", "--show-toplevel")
        if found is not None:
            tops.setdefault(Path(os.fsdecode(found.rstrip(b"\n"))), []).extend(files)
    dirty: list[str] = []
    for top, files in tops.items():
        status = _git(top, "status", "--porcelain", "-z", "--untracked-files=all", "--ignored=no")
        for entry in (status or b"").split(b"\0"):
            file = top / os.fsdecode(entry[3:])
            # What a rename leaves behind is an entry of its own, without a state.
            if entry[2:3] == b" " and (not entry.startswith(b"??") or file in files):
                dirty.append(str(file))
    return sorted(dirty)


def journal_folder(root: Path) -> Path:
    """Return where the journal of a project's last run is: with the user's own state.

    Never in the project: whoever hands one over could write it. As the XDG base directory
    specification names it.
    """
    base = os.environ.get("XDG_STATE_HOME", "")
    state = Path(base) if os.path.isabs(base) else Path.home() / ".local" / "state"  # noqa: PTH117
    name = sha256(os.fsencode(root.resolve())).hexdigest()[:32]
    return state / "imageshim" / "undo" / name / "journal"
