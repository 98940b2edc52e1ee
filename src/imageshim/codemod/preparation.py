"""What a project as a whole says: the releases that it asks for, and what its files hand around."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from imageshim.timeline import TIMELINE, Format, format_of

from . import engine
from .discovery import InputError, Kind, kind_of
from .findings import Finding
from .inspection import How
from .reports import FileReport, Reported
from .run import Candidates, read_file
from .settings import Project, Settings, lower_bound
from .source import Source
from .suppression import is_ignored_by

if TYPE_CHECKING:
    from .index import ProjectIndex
    from .pins import Pin

__all__ = ["PIN_CODE", "pin_reports", "prepared"]

# Where a reply can come from: other files that name LiteLLM (in a text, or in the name of a model)
# hand nothing to anybody.
_ORIGIN = re.compile(
    rb"""^[^#\n]*\b(?:import|from)\b[^#\n]*\blitellm\b|import_module\(\s*["']litellm|"""
    rb"""\b__import__\(\s*["']litellm""",
    re.MULTILINE,
)
PIN_CODE = "IMG202"
_FIRST = next(era.since for era in TIMELINE if era.format is Format.IMAGES)
_KEPT = {
    Format.CONTENT: "whose replies carry images in message.content",
    Format.IMAGE: "whose replies carry the first image in message.image and no other",
}


def prepared(found: Candidates, project: Project, *, unsafe: bool) -> tuple[How, list[str]]:
    """Return how the files are looked at, and which: those that a reply can reach.

    The project's pins are read, and its index is made, only where there is something to look at.
    """
    settings = project.settings
    if found.strong and not project.has_target:
        from .pins import target  # noqa: PLC0415  # only where there is something to look at

        settings = settings._replace(target=target(project.root))
    how = How(settings, unsafe, project.root)
    modules = [path for path in found.strong if kind_of(path) is Kind.PYTHON]
    if not modules or len(found.modules) < 2:
        return how, found.strong
    index, fingerprint = _index(modules, found.modules, settings)
    paths = dict.fromkeys((*found.strong, *index.added))
    return how._replace(project=index, fingerprint=fingerprint), sorted(paths)


def _index(
    strong: Sequence[str], modules: Sequence[str], settings: Settings
) -> tuple[ProjectIndex, str]:
    """Follow replies from the files that name LiteLLM to those that are handed one."""
    from .index import ProjectIndex  # noqa: PLC0415  # only where there are several files

    index = ProjectIndex(modules, settings)
    digest = sha256()
    todo = [path for path in strong if _ORIGIN.search(_read(path))]
    near = _near(strong)
    while todo:
        for path in todo:
            data = _read(path)
            digest.update(
                f"{path}\0{sha256(data).hexdigest()}\0".encode("utf-8", "surrogateescape")
            )
            index.add(Source(path, data))
        exports = index.exports
        todo = [
            path
            for path in (index.unseen if exports else ())
            if near(path) and _may_import(_read(path), exports)
        ]
        todo += (path for path in index.handed if path not in set(todo))
    index.settle(_read)
    return index, digest.hexdigest()


def _may_import(data: bytes, exports: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a file has the name of something that another hands out, and the other's own."""
    return any(
        name in data
        and (home in data or b"from ." in data)
        and re.search(rb"\b%s\b" % re.escape(name), data) is not None
        for name, home in exports
    )


def _read(path: str) -> bytes:
    """Read a file again; one that is gone is told where it is looked at."""
    try:
        return read_file(path)
    except InputError:
        return b""


def _near(strong: Iterable[str]) -> Callable[[str], bool]:
    """Return what tells the files that a reply may reach from those that it cannot.

    A folder of installed packages (there is metadata beside them) holds many projects that know
    nothing of each other's functions: there only the packages count that name LiteLLM themselves.
    """
    has_metadata = cache(_has_metadata)

    @cache
    def package_of(path: Path) -> Path | None:
        if has_metadata(path.parent):
            return path
        return None if path.parent == path else package_of(path.parent)

    packages = {package_of(Path(path).absolute()) for path in strong}

    def is_near(path: str) -> bool:
        package = package_of(Path(path).absolute())
        return package is None or package in packages

    return is_near


def _has_metadata(folder: Path) -> bool:
    """Whether packages are installed in a folder, https://peps.python.org/pep-0376/."""
    return next(folder.glob("*.dist-info"), None) is not None


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
