"""Which LiteLLM releases a project asks for: in TOML, requirements, conda's files and locks.

What a folder declares decides; where it declares no version, its lock does. Of several
declarations the one that allows the oldest release counts, since the code has to run there too:
what is written for an old release runs on the newer ones.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from imageshim.files.regular import read_regular

from .settings import SettingsError, lower_bound, read_toml

__all__ = ["Pin", "deciding", "of_script", "pins", "release_of", "stays_below"]

_REQUIREMENT = r"litellm(?![\w.-])"
# A line of a requirements file: https://pip.pypa.io/en/stable/reference/requirements-file-format/
_LINE = re.compile(rf"\s*({_REQUIREMENT}[^#;\\]*?)(?:\s+--.*|\s*[#;\\].*)?", re.IGNORECASE)
# In setup.cfg a list begins behind its key or in the line below it; in setup.py it has literals.
_SETUP_LINE = re.compile(
    rf"(?:\s+|[\w.-]+\s*[=:]\s*)({_REQUIREMENT}[^#;]*?)\s*(?:[#;].*)?", re.IGNORECASE
)
_LITERAL = re.compile(rf"[^#]*?[\"']({_REQUIREMENT}[^\"'#;]*).*", re.IGNORECASE)
# https://docs.conda.io/projects/conda/en/stable/user-guide/concepts/pkg-specs.html, and pip's own
# lines below them.
_CONDA_LINE = re.compile(
    rf"\s*-\s*[\"']?(?:[\w./-]+::)?({_REQUIREMENT}[^\"'#;]*?)\s*(?:[\"'#;].*)?", re.IGNORECASE
)
_LINES = (
    # pip-tools and others have their files in a folder, too.
    (_LINE, ("*requirements*.txt", "*requirements*.in", "requirements*/*.txt",
             "requirements*/*.in", "*constraints*.txt", "*constraints*.in")),
    (_SETUP_LINE, ("setup.cfg",)),
    (_LITERAL, ("setup.py",)),
    (_CONDA_LINE, ("*environment*.yml", "*environment*.yaml", "*conda*.yml", "*conda*.yaml")),
)  # fmt: skip
"""What a line that asks for LiteLLM looks like, by the names of files."""
_INCLUDED = re.compile(r"\s*(?:-r|-c|--requirement|--constraint)[\s=]*([^\s#]+).*")
# https://docs.conda.io/projects/conda/en/stable/user-guide/concepts/pkg-specs.html: one sign of
# equality is a prefix, a second one begins the build, and a blank is as good as two.
_CONDA = re.compile(r"(litellm)(?:=([^=\s]+)(=\S*)?|\s+([0-9][^=\s]*)(?:\s+\S+)?)", re.IGNORECASE)
_IN_TOML = re.compile(r'^name = "litellm"\r?\nversion = "([^"]+)"', re.MULTILINE)
_IN_YAML = re.compile(r"^[\s-]*name: litellm\r?\n\s+version: [\"']?([^\s\"']+)", re.MULTILINE)
_IN_JSON = re.compile(r'"litellm":\s*\{[^{}]*?"version":\s*"==([^"]+)"')
_LOCKS = (
    ("uv.lock", _IN_TOML), ("poetry.lock", _IN_TOML), ("pdm.lock", _IN_TOML),
    ("pylock*.toml", _IN_TOML), ("Pipfile.lock", _IN_JSON), ("pixi.lock", _IN_YAML),
    ("conda-lock.yml", _IN_YAML),
)  # fmt: skip
_DEPENDENCIES = re.compile(r"dependenc|^(?:dev-)?packages$")
_NEWEST = "99999"  # newer than every release
# Poetry's own operators: https://python-poetry.org/docs/dependency-specification/
_POETRY = re.compile(r"[\^~](?=[0-9])")
# https://packaging.python.org/en/latest/specifications/inline-script-metadata/
_SCRIPT = re.compile(
    rb"^# /// script[ \t]*\r?\n((?:^#(?: .*)?\r?\n)+?)^# ///[ \t]*\r?$", re.MULTILINE
)


class Pin(NamedTuple):
    """One place where a project asks for LiteLLM."""

    path: Path
    line: int
    """From 1."""
    requirement: str
    """As in PEP 508: ``litellm[proxy]>=1.75``."""
    text: str
    """The line."""
    locked: bool
    """Whether a tool wrote it: the release that is installed, not what the project allows."""


def pins(folder: Path) -> list[Pin]:
    """Find every place in the files of a folder that asks for LiteLLM."""
    found = [pin for name in ("pyproject.toml", "Pipfile", "pixi.toml")
             for pin in _of_toml(folder / name)]  # fmt: skip
    for line, patterns in _LINES:
        files = sorted({file for pattern in patterns for file in folder.glob(pattern)})
        for file in _with_included(files) if line is _LINE else files:
            found += _of_lines(file, line)
    for pattern, locked in _LOCKS:
        for file in sorted(folder.glob(pattern)):
            found += _of_lock(file, locked)
    return [pin for pin in found if _is_requirement(pin.requirement)]


def deciding(folder: Path) -> Pin | None:
    """Return the pin that says what code in a folder has to run with; None where none does."""
    return _deciding(pins(folder))


def of_script(path: Path, code: bytes) -> Pin | None:
    """Return the pin that a script has in itself, as ``uv run`` and ``pipx run`` read it."""
    block = _SCRIPT.search(code) if b"litellm" in code else None
    if block is None:
        return None
    above = code.count(b"\n", 0, block.start(1))
    lines = block[1].decode("utf-8", "replace").split("\n")
    return _deciding(
        Pin(path, above + number, match[1].strip(), line, locked=False)
        for number, line in enumerate(lines, 1)
        if (match := _LITERAL.fullmatch(line.removeprefix("#").rstrip("\r")))
        and _is_requirement(match[1])
    )


def _deciding(pins: Iterable[Pin]) -> Pin | None:
    found = [pin for pin in pins if re.search(r"[<>=~!]", pin.requirement)]
    declared = [pin for pin in found if not pin.locked] or found
    if len(declared) < 2:
        return declared[0] if declared else None
    return min(declared, key=lambda pin: release_of(pin.requirement))


def release_of(requirement: str) -> Any:
    """Return the oldest release that a requirement allows, to be compared."""
    from packaging.version import Version  # noqa: PLC0415  # slow to import

    return Version(lower_bound(requirement))


def _is_requirement(text: str) -> bool:
    try:
        lower_bound(text)
    except SettingsError:
        return False
    return True


def _lines(file: Path) -> Iterator[str]:
    return (line.rstrip("\r") for line in _text(file).split("\n"))


def _text(file: Path) -> str:
    """Return a file that names LiteLLM; an empty text for any other."""
    text = _read(file)
    return text if "litellm" in text.lower() else ""


def _read(file: Path) -> str:
    try:
        return read_regular(file).decode("utf-8", "replace")
    except OSError:
        return ""


def _with_included(files: Iterable[Path]) -> Iterator[Path]:
    """Yield requirements files and those that they include."""
    todo, seen = list(files), set()
    while todo:
        file = todo.pop(0)
        if file in seen:
            continue
        seen.add(file)
        yield file
        named = filter(None, map(_INCLUDED.fullmatch, _read(file).splitlines()))
        todo += (Path(os.path.normpath(file.parent / match[1])) for match in named)


def _of_lines(file: Path, asks: re.Pattern[str]) -> Iterator[Pin]:
    for number, line in enumerate(_lines(file), 1):
        match = asks.fullmatch(line)
        if match is not None:
            yield Pin(file, number, _from_conda(match[1].strip()), line, locked=False)


def _of_lock(file: Path, locked: re.Pattern[str]) -> Iterator[Pin]:
    text = _text(file)
    for match in locked.finditer(text):
        line = text.count("\n", 0, match.start(1))
        shown = text.split("\n")[line].strip()
        yield Pin(file, line + 1, f"litellm=={match[1]}", shown, locked=True)


def _from_conda(text: str) -> str:
    """Write a specification of conda as a requirement; any other text stays."""
    match = _CONDA.fullmatch(text)
    if match is None:
        return text
    name, equal, build, blank = match.groups()
    exact = blank or build
    return f"{name}=={blank or equal}{'' if exact or '*' in equal else '.*'}"


def _of_toml(file: Path) -> Iterator[Pin]:
    """Find the requirements and the tables of versions below keys that name dependencies.

    PEP 621, PEP 735, and the tables of uv, Poetry, PDM, Hatch, pixi and Pipenv.
    """
    text = _text(file)
    todo: list[tuple[Any, bool]] = [(read_toml(file), False)] if text else []
    while todo:
        node, asks = todo.pop()
        if isinstance(node, dict):
            for name, value in reversed(node.items()):
                # A group of requirements may have that name, too.
                if asks and name.lower() == "litellm" and not _has_texts(value):
                    for version in _poetry_versions(value):
                        yield _pin(file, text, version, _from_poetry(version))
                else:
                    todo.append((value, asks or _DEPENDENCIES.search(name) is not None))
        elif asks and isinstance(node, list):
            for one in node:
                if isinstance(one, str) and re.match(_REQUIREMENT, one, re.IGNORECASE):
                    yield _pin(file, text, one, one)


def _has_texts(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(one, str) for one in value)


def _poetry_versions(value: object) -> Iterator[str]:
    """Yield the versions that Poetry is asked for: one, or others on other systems."""
    for one in value if isinstance(value, list) else [value]:
        version = one.get("version") if isinstance(one, dict) else one
        if isinstance(version, str):
            yield from (part.strip() for part in version.split("||"))


def _from_poetry(version: str) -> str:
    """Write a version constraint of Poetry as a requirement."""
    bounds = _POETRY.sub(">=", version) if version != "*" else ""
    return f"litellm{'==' if re.match(r'[0-9]', bounds) else ''}{bounds}"


def _pin(file: Path, text: str, what: str, requirement: str) -> Pin:
    """Find the line that has ``what``, preferably beside the name of LiteLLM."""
    lines = text.split("\n")
    having = [number for number, line in enumerate(lines) if what in line] or [0]
    number = next((one for one in having if "litellm" in lines[one].lower()), having[0])
    return Pin(file, number + 1, requirement, lines[number], locked=False)


def stays_below(requirement: str, version: str) -> bool:
    """Whether a requirement allows neither ``version`` nor anything newer."""
    from packaging.requirements import Requirement  # noqa: PLC0415  # slow to import
    from packaging.version import Version  # noqa: PLC0415

    specifier = Requirement(requirement).specifier
    if not specifier or Version(lower_bound(requirement)) >= Version(version):
        return False
    return not any(specifier.contains(one, prereleases=True) for one in (version, _NEWEST))
