"""The first pass over the files: which are worth a look.

Every file is read, and the prefilter asked, which takes little longer than reading; what is
remembered is paths.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import NamedTuple

from imageshim.codemod.project.settings import Project, Settings

from . import worth_a_look
from .discovery import InputError, Kind, discover, kind_of

__all__ = ["Candidates", "gate", "read_file", "scan"]


class Candidates(NamedTuple):
    """What the first pass found."""

    strong: list[str]
    """Files that name LiteLLM, and what can be judged on its own."""
    modules: list[str]
    """Every module of Python: a reply may be handed to it by another."""
    scanned: int
    problems: list[tuple[str, str]]
    """The files that could not be read, each with what is wrong."""


def gate(path: str, data: bytes, settings: Settings) -> bool:
    """Tell whether a file of any kind may have to do with images of replies on its own."""
    if not path.endswith(".py"):
        kind = kind_of(path)
        if kind in {Kind.DOCUMENT, Kind.SHELL}:
            from .shell import may_read  # noqa: PLC0415  # for the files that have commands only

            if may_read(data):
                return True
        if kind is Kind.SHELL or (kind is Kind.DOCUMENT and not settings.documents):
            return False
    assume = bool(settings.assume_litellm)
    return worth_a_look.level(data, assume=assume) is worth_a_look.Level.STRONG


def read_file(path: str) -> bytes:
    """Read a file.

    Raises:
        InputError: it cannot be read.

    """
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123  # a third faster, per file
            return file.readall()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None


def scan(
    inputs: Iterable[str],
    project: Project,
    progress: Callable[[int], None],
    traced: Collection[str] = (),
) -> Candidates:
    """Read every file once, and tell which are worth a second look.

    Args:
        inputs: files and folders.
        project: its settings, and what their paths are relative to.
        progress: is told how many more files were read.
        traced: absolute paths of files that are worth a look whatever they name.

    """
    settings = project.settings
    strong: list[str] = []
    modules: list[str] = []
    problems: list[tuple[str, str]] = []
    scanned = 0
    for path in discover(inputs, project.root, settings.exclude):
        scanned += 1
        if path.endswith(".py"):
            modules.append(path)
        try:
            is_strong = gate(path, read_file(path), settings)
        except InputError as error:
            problems.append((path, str(error)))
            continue
        if is_strong or (traced and str(Path(path).resolve()) in traced):
            strong.append(path)
        if scanned % 256 == 0:
            progress(256)
    progress(scanned % 256)
    return Candidates(strong, modules, scanned, problems)
