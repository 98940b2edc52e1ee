"""The first pass over the files: which are worth a look.

Every file is read, and the prefilter asked, which takes little longer than reading; what is
remembered is paths, and the bytes of what is looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from imageshim.codemod.project.settings import Project, Settings

from .discovery import InputError, Kind, discover, kind_of
from .sources import Sources
from .worth_a_look import Look, look_at

__all__ = ["Candidates", "gate", "scan"]


class Candidates(NamedTuple):
    """What the first pass found."""

    strong: list[str]
    """Files that name LiteLLM, and what can be judged on its own."""
    modules: list[str]
    """Every module of Python: a reply may be handed to it by another."""
    scanned: int
    problems: list[tuple[str, str]]
    """The files that could not be read, each with what is wrong."""
    unknown: int = 0
    """How many files read replies of clients that nothing says to be LiteLLM's."""
    notes: Sequence[str] = ()
    """What else was left out, and why."""


def gate(path: str, data: bytes, settings: Settings) -> Look:
    """Tell whether a file of any kind may have to do with images of replies on its own."""
    look = look_at(data, assume=bool(settings.assume_litellm))
    if path.endswith(".py"):
        return look
    kind = kind_of(path)
    if kind in {Kind.DOCUMENT, Kind.SHELL}:
        from .shell import may_read  # noqa: PLC0415  # for the files that have commands only

        if may_read(data):
            return look._replace(worth_it=True)
    left = kind is Kind.SHELL or (kind is Kind.DOCUMENT and not settings.documents)
    return look._replace(worth_it=False) if left else look


def scan(
    inputs: Iterable[str],
    project: Project,
    progress: Callable[[int], None],
    traced: Callable[[str, bytes], bool] = lambda _path, _data: False,
    sources: Sources | None = None,
) -> Candidates:
    """Read every file once, and tell which are worth a second look.

    Args:
        inputs: files and folders.
        project: its settings, and what their paths are relative to.
        progress: is told how many more files were read.
        traced: tells of which files a trace holds something: they are worth a look whatever
            they name.
        sources: where what is read of those that are worth a look is kept.

    """
    settings = project.settings
    sources = sources or Sources()
    strong: list[str] = []
    modules: list[str] = []
    problems: list[tuple[str, str]] = []
    notes: list[str] = []
    scanned = unknown = 0
    for path in discover(inputs, project.root, settings.exclude, notes.append):
        scanned += 1
        if path.endswith(".py"):
            modules.append(path)
        try:
            data = sources.read(path)
        except InputError as error:
            problems.append((path, str(error)))
            continue
        look = gate(path, data, settings)
        unknown += look.unknown
        if look.worth_it or traced(path, data):
            strong.append(path)
            sources.keep(path, data)
        elif path.endswith(".py"):  # it may be handed a reply
            sources.keep(path, data)
        if scanned % 256 == 0:
            progress(256)
    progress(scanned % 256)
    return Candidates(strong, modules, scanned, problems, unknown, notes)
