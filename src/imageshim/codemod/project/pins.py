"""Which LiteLLM releases a project asks for: in pyproject.toml, requirements files and locks.

What a folder declares decides; where it declares no version, its lock does. Of several
declarations the one that allows the oldest release counts, since the code has to run there too:
what is written for an old release runs on the newer ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from imageshim.files.regular import read_regular

from .settings import SettingsError, lower_bound, read_toml

__all__ = ["Pin", "deciding", "pins", "release_of", "stays_below"]

# The files are searched in a folder; pip-tools and others use one below it, too.
_REQUIREMENTS = (
    "*requirements*.txt",
    "*requirements*.in",
    "requirements*/*.txt",
    "requirements*/*.in",
)
# A line of a requirements file: https://pip.pypa.io/en/stable/reference/requirements-file-format/
_LINE = re.compile(r"\s*(litellm(?![\w.-])[^#;\\]*?)(?:\s+--.*|\s*[#;\\].*)?", re.IGNORECASE)
# In setup.cfg a list begins behind its key or in the line below it.
_SETUP_LINE = re.compile(
    r"(?:\s+|[\w.-]+\s*[=:]\s*)(litellm(?![\w.-])[^#;]*?)\s*(?:[#;].*)?", re.IGNORECASE
)
# uv.lock, poetry.lock and pdm.lock are all TOML tables that begin like this.
_LOCKED = re.compile(r'^name = "litellm"\r?\nversion = "([^"]+)"', re.MULTILINE)
_NEWEST = "99999"  # newer than every release
_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock")
# Poetry's own operators: https://python-poetry.org/docs/dependency-specification/
_POETRY = re.compile(r"[\^~](?=[0-9])")


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
    found = [*_of_pyproject(folder / "pyproject.toml"), *_of_setup_cfg(folder / "setup.cfg")]
    files = sorted({file for pattern in _REQUIREMENTS for file in folder.glob(pattern)})
    for file in files:
        for number, line in enumerate(_text(file).split("\n"), 1):
            match = _LINE.fullmatch(line.rstrip("\r"))
            if match is not None:
                found.append(Pin(file, number, match[1].strip(), line, locked=False))
    for name in _LOCKS:
        text = _text(folder / name)
        for match in _LOCKED.finditer(text):
            above = text.count("\n", 0, match.start(1))
            shown = f'version = "{match[1]}"'
            found.append(Pin(folder / name, above + 1, f"litellm=={match[1]}", shown, locked=True))
    return [pin for pin in found if _is_requirement(pin.requirement)]


def deciding(folder: Path) -> Pin | None:
    """Return the pin that says what code in a folder has to run with; None where none does."""
    found = [pin for pin in pins(folder) if re.search(r"[<>=~!]", pin.requirement)]
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


def _text(file: Path) -> str:
    """Return a file that names LiteLLM; an empty text for any other."""
    try:
        data = read_regular(file)
    except OSError:
        return ""
    return data.decode("utf-8", "replace") if b"litellm" in data.lower() else ""


def _of_pyproject(file: Path) -> Iterator[Pin]:
    text = _text(file)
    if not text:
        return
    content = read_toml(file)
    for requirement in _strings_of(content):
        if re.match(r"litellm(?![\w.-])", requirement, re.IGNORECASE):
            yield _pin(file, text, requirement, requirement)
    for table in _poetry_tables(content):
        for name, value in table.items():
            if name.lower() == "litellm":
                for version in _poetry_versions(value):
                    yield _pin(file, text, version, _from_poetry(version))


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


def _strings_of(content: dict[str, Any]) -> Iterator[str]:
    """Yield the requirements of ``[project]``, ``[dependency-groups]`` and ``[tool.uv]``.

    PEP 621, PEP 735, https://docs.astral.sh/uv/reference/settings/
    """
    project = _table(content, "project")
    uv = _table(content, "tool", "uv")
    lists: list[Any] = [project.get("dependencies")]
    lists += [uv.get("dev-dependencies"), uv.get("override-dependencies")]
    for tables in (project.get("optional-dependencies"), content.get("dependency-groups")):
        lists += tables.values() if isinstance(tables, dict) else ()
    for entries in lists:
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, str):
                yield entry


def _table(content: dict[str, Any], *keys: str) -> dict[str, Any]:
    found: Any = content
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _poetry_tables(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    poetry = _table(content, "tool", "poetry")
    groups = poetry.get("group")
    tables = [poetry, *(groups.values() if isinstance(groups, dict) else ())]
    for table in tables:
        dependencies = table.get("dependencies") if isinstance(table, dict) else None
        if isinstance(dependencies, dict):
            yield dependencies


def _of_setup_cfg(file: Path) -> Iterator[Pin]:
    for number, line in enumerate(_text(file).split("\n"), 1):
        match = _SETUP_LINE.fullmatch(line.rstrip("\r"))
        if match is not None:
            yield Pin(file, number, match[1], line, locked=False)


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
