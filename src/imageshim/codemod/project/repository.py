"""What git says of files that are to be written, and where their journal is.

A repository is a stranger's, too, and its configuration names programs. Those that git would run to
tell what is changed are turned off: the watcher of files, hooks, filters, and whatever fetches what
is missing. Submodules, each with a configuration of its own, are not looked into. What the user's
own configuration names (Git LFS, mostly) is the user's wish.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

from imageshim.errors import ImageShimError
from imageshim.printing.escapes import shown

__all__ = ["dirty_files", "journal_folder"]

_TIMEOUT = 60  # seconds; a status of the largest repositories takes a few
_SETTINGS = (
    "-c", "core.fsmonitor=false",
    "-c", f"core.hooksPath={os.devnull}",
    "-c", "safe.bareRepository=explicit",  # one may lie among the project's files
)  # fmt: skip
_ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_ALLOW_PROTOCOL": "",  # nothing is fetched
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
# Which repository a hook is run for; here that is told by the folder.
_OF_A_HOOK = frozenset({
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX", "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY", "GIT_CONFIG",
})  # fmt: skip
_NO_REPOSITORY = (b"not a git repository", b"must be run in a work tree", b"bare repository")
_STATUS = ("--porcelain", "-z", "--untracked-files=all", "--ignored=no", "--ignore-submodules=all")
_USERS_OWN = frozenset({"system", "global", "command"})
_NOTHING = "IMAGESHIM_NOTHING"
_RUNS = ("filter.", "lfs.extension.")
_FILTER = ("clean", "smudge", "process", "required")


def _git(folder: Path, *arguments: str) -> bytes | None:
    """Run git in a folder; None where there is no git, or no repository.

    Raises:
        ImageShimError: git does not answer.

    """
    import subprocess  # noqa: PLC0415  # to check asks git nothing

    environment = {name: text for name, text in os.environ.items() if name not in _OF_A_HOOK}
    try:
        run = subprocess.run(  # noqa: S603  # the arguments are ours; a project's own program is not run
            ["git", *_SETTINGS, *arguments],  # noqa: S607  # the user's own git
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_TIMEOUT,
            env={**environment, **_ENVIRONMENT, _NOTHING: ""},
        )
    except OSError:
        return None
    except subprocess.TimeoutExpired:
        raise _unanswered(folder, f"nothing within {_TIMEOUT} seconds") from None
    if run.returncode == 0:
        return run.stdout
    if any(said in run.stderr for said in _NO_REPOSITORY):
        return None
    raise _unanswered(folder, os.fsdecode(run.stderr.partition(b"\n")[0]))


def _unanswered(folder: Path, why: str) -> ImageShimError:
    return ImageShimError(
        "nothing was written: git does not tell which changes are not committed in "
        f"{shown(str(folder))} (pass --allow-dirty to write anyway): {shown(why)}"
    )


def _without_filters(folder: Path) -> Iterator[str]:
    """Turn filters off where the repository's own configuration names programs for them."""
    said = _git(folder, "config", "--list", "--show-scope", "-z") or b""
    parts = os.fsdecode(said).split("\0")
    keys = [
        (scope, text.partition("\n")[0])
        for scope, text in zip(parts[::2], parts[1::2], strict=False)
    ]
    if not any(scope not in _USERS_OWN and key.startswith(_RUNS) for scope, key in keys):
        return
    filters = {key.rpartition(".")[0] for _, key in keys if key.startswith("filter.")}
    for one in sorted(filters):
        for name in _FILTER:
            yield f"--config-env={one}.{name}={_NOTHING}"  # with -c, no name could have a =


def dirty_files(paths: Iterable[str]) -> list[str]:
    """Return what keeps git from bringing the files back, and from telling our changes apart.

    Every file of their repositories with changes that are not committed, and those of the files
    themselves that are not under version control at all. Files outside of every repository do not
    count: there nobody expects that.

    Raises:
        ImageShimError: git does not answer for a repository.

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
        status = _git(top, *_without_filters(top), "status", *_STATUS)
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
