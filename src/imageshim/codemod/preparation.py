"""What a project as a whole says: the releases that it asks for, and what its files hand around."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from imageshim.timeline import TIMELINE, Format, format_of

from . import engine
from .findings import Finding
from .inspection import How
from .reports import FileReport, Reported
from .run import Candidates
from .settings import Project, lower_bound
from .suppression import is_ignored_by

if TYPE_CHECKING:
    from .pins import Pin

__all__ = ["PIN_CODE", "pin_reports", "prepared"]

PIN_CODE = "IMG202"
_FIRST = next(era.since for era in TIMELINE if era.format is Format.IMAGES)
_KEPT = {
    Format.CONTENT: "whose replies carry images in message.content",
    Format.IMAGE: "whose replies carry the first image in message.image and no other",
}


def prepared(found: Candidates, project: Project, *, unsafe: bool) -> tuple[How, list[str]]:
    """Return how the files are looked at, and which: those that a reply can reach.

    The project's pins are read only where there is something to look at.
    """
    settings = project.settings
    if found.strong and not project.has_target:
        from .pins import target  # noqa: PLC0415  # only where there is something to look at

        settings = settings._replace(target=target(project.root))
    return How(settings, unsafe, project.root), found.strong


def pin_reports(inputs: Iterable[str], project: Project) -> Iterator[FileReport]:
    """Yield the files among the inputs that keep a project on releases with an old format."""
    if not engine.wanted(PIN_CODE, project.settings):
        return
    folders = [_real(name) for name in inputs if os.path.isdir(name)]  # noqa: PTH112
    root = _real(project.root)
    if not any(root == folder or root.startswith(folder + os.sep) for folder in folders):
        return
    from .pins import pins, stays_below  # noqa: PLC0415  # only where a whole project is checked

    found: dict[str, list[Reported]] = {}
    for pin in pins(project.root):
        if stays_below(pin.requirement, _FIRST) and not is_ignored_by(pin.text, PIN_CODE):
            found.setdefault(_shown(pin.path), []).append(_finding(pin))
    yield from (FileReport(path, tuple(reported)) for path, reported in found.items())


def _finding(pin: Pin) -> Reported:
    old = format_of(lower_bound(pin.requirement))
    how = "is locked to" if pin.locked else "asks for"
    what = _KEPT[old]
    message = f"{how} {pin.requirement}, {what}; message.images comes with {_FIRST}"
    start = max(pin.text.lower().find("litellm"), 0)
    end = len(pin.text.rstrip())
    return Reported(Finding(PIN_CODE, message, pin.line, start, pin.line, end), "", fixed=False)


def _shown(path: Path) -> str:
    """Return a path as people would write it where they are."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith(os.pardir) else relative


def _real(path: str | Path) -> str:
    return str(Path(path).resolve())
