"""Which files are looked at: the inputs of the command line, and what lies in their folders.

A folder is walked without what its ``.gitignore`` files name, without virtual environments and
without the folders of tools. A file that is named itself is looked at whatever its suffix, unless
the settings exclude it. Symbolic links to folders are not followed.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from imageshim.errors import ImageShimError, MissingExtraError
from imageshim.files.regular import read_regular

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

__all__ = ["InputError", "Kind", "discover", "kind_of"]


class InputError(ImageShimError):
    """An input that does not exist or cannot be read."""


class Kind(str, Enum):
    """What a file is, and with that how code is found in it."""

    PYTHON = "python"
    NOTEBOOK = "notebook"
    DOCUMENT = "document"
    SHELL = "shell"


_KINDS = {
    ".py": Kind.PYTHON,
    ".pyw": Kind.PYTHON,
    ".ipynb": Kind.NOTEBOOK,
    ".md": Kind.DOCUMENT,
    ".markdown": Kind.DOCUMENT,
    ".mdx": Kind.DOCUMENT,
    ".rst": Kind.DOCUMENT,
    ".sh": Kind.SHELL,
    ".bash": Kind.SHELL,
    ".zsh": Kind.SHELL,
}
_SUFFIXES = tuple(_KINDS)
# Folders of tools, whose files nobody edits.
_SKIPPED = frozenset(
    {
        ".bzr", ".direnv", ".eggs", ".git", ".hg", ".hypothesis", ".ipynb_checkpoints",
        ".mypy_cache", ".nox", ".pytest_cache", ".pytype", ".ruff_cache", ".svn", ".tox", ".venv",
        "__pycache__", "__pypackages__", "node_modules", "venv",
    }
)  # fmt: skip
_HERE = os.path.join(os.curdir, "")  # noqa: PTH118
# Every virtual environment has this file (PEP 405).
_ENVIRONMENT = "pyvenv.cfg"


def kind_of(path: str) -> Kind:
    """Return what a file is, by its suffix; Python where that says nothing."""
    return _KINDS.get(os.path.splitext(path)[1].lower(), Kind.PYTHON)  # noqa: PTH122  # per file


def discover(
    inputs: Iterable[str],
    root: Path,
    exclude: Sequence[str] = (),
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[str]:
    """Yield the files of the inputs, each once, in the order of their names.

    Args:
        inputs: files and folders, relative to the working directory or absolute; the paths that
            come out begin as they do.
        root: the folder that ``exclude`` is relative to.
        exclude: patterns as in a ``.gitignore``.
        tell: is told what is left out that could be expected: links out of the project, and
            patterns that are none.

    Raises:
        InputError: an input does not exist.

    """
    excluded = _patterns(exclude, "exclude", tell) if exclude else None
    seen: set[str] = set()
    for name in inputs:
        if os.path.isdir(name):  # noqa: PTH112  # strings all the way: this runs per file
            found = _walk(name, root, excluded, tell)
        elif os.path.exists(name):  # noqa: PTH110
            found = iter(() if _is_excluded(name, root, excluded) else (name,))
        else:
            raise InputError(f"{name}: no such file or folder")
        for path in found:
            plain = path.removeprefix(_HERE)
            if plain not in seen:
                seen.add(plain)
                yield plain


def _patterns(lines: Sequence[str], place: str, tell: Callable[[str], None]) -> GitIgnoreSpec:
    try:
        from pathspec import GitIgnoreSpec  # noqa: PLC0415  # slow to import, not always needed
    except ImportError:
        raise MissingExtraError("Reading .gitignore files", "codemod") from None
    sound = []
    for number, line in enumerate(lines, 1):
        if _COSTLY.search(line):
            tell(f"{place}:{number}: the pattern is left out: it has too many wildcards")
        else:
            sound.append(line)

    def made(some: Sequence[str]) -> GitIgnoreSpec:
        with warnings.catch_warnings():  # re's, of brackets within brackets
            warnings.simplefilter("ignore", FutureWarning)
            return GitIgnoreSpec.from_lines(some)

    try:
        return made(sound)
    except (ValueError, re.error):
        pass  # which it is, each line tells
    good = []
    for line in sound:
        try:
            made([line])
        except (ValueError, re.error):  # noqa: PERF203  # seldom done
            tell(f"{place}: the pattern is left out, it is not valid: {line:.80}")
        else:
            good.append(line)
    return made(good)


# A regular expression takes as many steps as there are ways to share out a name among wildcards.
_COSTLY = re.compile(r"(?:[^*/]*\*+){4}|(?:[^*]*(?:^|/)\*\*(?=/|$)){3}|^.{1000}")
_MOST_IGNORED = 131_072  # bytes of an ignore file


def _is_excluded(path: str, root: Path, excluded: GitIgnoreSpec | None) -> bool:
    if excluded is None:
        return False
    relative = os.path.relpath(path, root)
    return not relative.startswith("..") and excluded.match_file(relative)


def _walk(
    top: str, root: Path, excluded: GitIgnoreSpec | None, tell: Callable[[str], None]
) -> Iterator[str]:
    """Walk a folder, with the ignore files that hold where it is."""
    rules = _rules_above(Path(top), tell)
    inside = (_prefix(os.path.realpath(top)), _prefix(os.path.realpath(root)))
    if _is_ignored(os.path.join(top, ""), rules):  # noqa: PTH118
        rules = []  # who names an ignored folder means it
    if excluded is not None:
        rules.append((_prefix(str(root)), excluded))
    todo = [(top, rules)]
    while todo:
        folder, rules = todo.pop()
        entries = _listing(folder)
        names = {entry.name for entry in entries}
        if _ENVIRONMENT in names and folder != top:
            continue
        if ".gitignore" in names:
            rules = [*rules, *_rules_of(folder, tell)]
        links = {entry.path for entry in entries if entry.is_symlink()}
        files = [entry.path for entry in entries if _is_file_of_interest(entry)]
        folders = [
            entry.path
            for entry in entries
            if entry.name not in _SKIPPED and entry.is_dir(follow_symlinks=False)
        ]
        if rules:
            folders = [path for path in folders if not _is_ignored(path + os.sep, rules)]
            files = [path for path in files if not _is_ignored(path, rules)]
        for path in files:
            if path in links and not os.path.realpath(path).startswith(inside):
                tell(f"{path}: a link out of the project; left alone")
            else:
                yield path
        todo += [(path, rules) for path in reversed(folders)]


def _listing(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as listing:
            return sorted(listing, key=_name)
    except OSError as error:
        raise InputError(f"cannot read {folder}: {error.strerror}") from None


def _is_file_of_interest(entry: os.DirEntry[str]) -> bool:
    if not entry.name.endswith(_SUFFIXES):
        return False
    try:
        return not entry.is_dir()
    except OSError:  # a link to itself; reading it tells
        return True


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _prefix(folder: str) -> str:
    return os.path.join(os.path.abspath(folder), "")  # noqa: PTH100, PTH118


def _rules_above(top: Path, tell: Callable[[str], None]) -> list[tuple[str, GitIgnoreSpec]]:
    """Read the ignore files of the repository's folders above, which hold below them as well."""
    top = top.absolute()
    found: list[tuple[str, GitIgnoreSpec]] = []
    folder = top
    while not (folder / ".git").exists():
        if folder == folder.parent:
            return []  # no repository: files above are not of this project
        folder = folder.parent
        found = _rules_of(str(folder), tell) + found
    return found if folder != top else []


def _rules_of(folder: str, tell: Callable[[str], None]) -> list[tuple[str, GitIgnoreSpec]]:
    file = os.path.join(folder, ".gitignore")  # noqa: PTH118
    try:
        lines = read_regular(file, _MOST_IGNORED).decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        tell(f"{file}: not read: {error.strerror}")
        return []
    return [(_prefix(folder), _patterns(lines, file, tell))]


def _is_ignored(path: str, rules: list[tuple[str, GitIgnoreSpec]]) -> bool:
    """Whether the last rule that says something about a path says that it is ignored."""
    full = _prefix(path)[:-1] if not path.endswith(os.sep) else _prefix(path)
    for prefix, patterns in reversed(rules):
        if full.startswith(prefix):
            said = patterns.check_file(full[len(prefix) :]).include
            if said is not None:
                return said
    return False
