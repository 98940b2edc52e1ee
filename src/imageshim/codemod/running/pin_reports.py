"""Findings in the files that say which LiteLLM releases a project runs on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from imageshim.codemod.findings import Finding
from imageshim.codemod.project.pins import Pin, pins, stays_below
from imageshim.codemod.project.settings import Project, lower_bound
from imageshim.codemod.project.targets import shown
from imageshim.codemod.text.suppression import is_ignored_by
from imageshim.timeline import TIMELINE, Format, format_of

from . import engine
from .reports import FileReport, Reported

__all__ = ["PIN_CODE", "pin_reports"]

PIN_CODE = "IMG202"
_FIRST = next(era.since for era in TIMELINE if era.format is Format.IMAGES)
_KEPT = {
    Format.CONTENT: "whose replies carry images in message.content",
    Format.IMAGE: "whose replies carry the first image in message.image and no other",
}


def pin_reports(project: Project, folders: Iterable[Path]) -> Iterator[FileReport]:
    """Yield the files in some folders that keep a project on releases with an old format."""
    if not engine.wanted(PIN_CODE, project.settings):
        return
    found: dict[str, list[Reported]] = {}
    for pin in (pin for folder in folders for pin in pins(folder)):
        if stays_below(pin.requirement, _FIRST) and not is_ignored_by(pin.text, PIN_CODE):
            found.setdefault(shown(pin), []).append(_finding(pin))
    yield from (FileReport(path, tuple(reported)) for path, reported in found.items())


def _finding(pin: Pin) -> Reported:
    old = format_of(lower_bound(pin.requirement))
    how = "is locked to" if pin.locked else "asks for"
    what = _KEPT[old]
    message = f"{how} {pin.requirement}, {what}; message.images comes with {_FIRST}"
    start = max(pin.text.lower().find("litellm"), 0)
    end = len(pin.text.rstrip())
    return Reported(Finding(PIN_CODE, message, pin.line, start, pin.line, end), "", fixed=False)
