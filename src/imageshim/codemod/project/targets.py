"""Which LiteLLM releases each file has to run with: what the nearest folder above it asks for.

A repository may hold several projects, each with pins of its own. So the folder of the file is
asked first and then those above it, up to the top of the git repository, whatever was named on the
command line. A folder that names LiteLLM without a version leaves the question to those above it,
as a member of a workspace does whose lock is at the top.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from .pins import Pin, deciding, of_script, release_of
from .settings import DEFAULT_TARGET

__all__ = ["ASSUMED", "NONE_FOUND", "Target", "Targets", "given", "shared", "shown", "taken"]


class Target(NamedTuple):
    """The LiteLLM releases that a file has to run with, and where that is written."""

    requirement: str
    source: str
    """A file as people would name it, or a setting; empty where nothing says it."""
    folder: str = ""
    """The folder whose pins decided."""


ASSUMED = Target(DEFAULT_TARGET, "")
"""Where nothing says it."""
NONE_FOUND = "none found"
"""How a report says that."""


def given(requirement: str) -> Target:
    """Return a target that the settings or the command line say: it holds for every file."""
    return Target(requirement, "the settings")


class Targets:
    """Finds the targets of files; each folder is read once.

    Args:
        fixed: the target of every file, where the settings have one.

    """

    def __init__(self, fixed: Target | None = None) -> None:
        self._fixed = fixed
        self._known: dict[Path, Target] = {}

    def of(self, path: str, code: bytes = b"") -> Target:
        """Return the target of a file with this code, or that of the files in a folder."""
        if self._fixed is not None:
            return self._fixed
        place = Path(path)
        pin = of_script(place, code)
        if pin is not None:
            return Target(pin.requirement, shown(pin))
        return self._of_folder((place if place.is_dir() else place.parent).resolve())

    def _of_folder(self, folder: Path) -> Target:
        known = self._known.get(folder)
        if known is None:
            known = self._known[folder] = self._found(folder)
        return known

    def _found(self, folder: Path) -> Target:
        pin = deciding(folder)
        if pin is not None:
            return Target(pin.requirement, shown(pin), str(folder))
        if (folder / ".git").exists() or folder.parent == folder:
            return ASSUMED
        return self._of_folder(folder.parent)


def shown(pin: Pin) -> str:
    """Return the file of a pin as people would write it where they are."""
    relative = os.path.relpath(pin.path)
    return str(pin.path) if relative.startswith(os.pardir) else relative


def shared(own: Mapping[str, Target], sources: Mapping[str, set[str]]) -> dict[str, Target]:
    """Return the targets of files that read replies of others: what suits all of them.

    Args:
        own: each file's own.
        sources: of each file those that hand it a reply.

    """
    return {path: _oldest({own[one] for one in _reached(path, sources)}) for path in own}


def _reached(path: str, sources: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    todo = [path]
    while todo:
        one = todo.pop()
        if one not in seen:
            seen.add(one)
            todo += sources.get(one, ())
    return seen


def _oldest(targets: set[Target]) -> Target:
    """Return the target that allows the oldest release: code for it runs on the newer ones."""
    if len(targets) == 1:
        return next(iter(targets))
    return min(sorted(targets), key=lambda one: release_of(one.requirement))


def taken(targets: Iterable[Target]) -> Iterator[str]:
    """Yield a line on each target that was taken: where it is from, and for how many files."""
    for target, count in sorted(Counter(targets).items()):
        if target.source:
            what = f"{target.requirement} ({target.source})"
        else:
            what = f"{NONE_FOUND}, {target.requirement} assumed"
        yield f"{what}, for {count:,} {'file' if count == 1 else 'files'}"
