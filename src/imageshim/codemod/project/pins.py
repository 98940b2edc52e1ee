"""Which LiteLLM releases a project asks for: in pyproject.toml, requirements files and locks.

What a project declares decides; where it declares no version, its lock does. Of several
declarations the one that allows the oldest release counts, since the code has to run there too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from .settings import DEFAULT_TARGET, SettingsError, lower_bound, read_toml

__all__ = ["Pin", "pins", "stays_below", "target"]

# The files are searched in the root of the project; pip-tools and others use the folder, too.
_REQUIREMENTS = (
    "*requirements*.txt",
    "*requirements*.in",
    "requirements/*.txt",
    "requirements/*.in",
)
# A line of a requirements file: https://pip.pypa.io/en/stable/reference/requirements-file-format/
_LINE = re.compile(r"\s*(litellm(?![\w.-])[^#;\\]*?)(?:\s+--.*|\s*[#;\\].*)?", re.IGNORECASE)
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


def pins(root: Path) -> list[Pin]:
    """Find every place in the files of a project's root that asks for LiteLLM."""
    found = [*_of_pyproject(root / "pyproject.toml"), *_of_setup_cfg(root / "setup.cfg")]
    files = sorted({file for pattern in _REQUIREMENTS for file in root.glob(pattern)})
    for file in files:
        for number, line in enumerate(_text(file).split("\n"), 1):
            match = _LINE.fullmatch(line.rstrip("\r"))
            if match is not None:
                found.append(Pin(file, number, match[1].strip(), line, locked=False))
    for name in _LOCKS:
        text = _text(root / name)
        for match in _LOCKED.finditer(text):
            above = text.count("\n", 0, match.start(1))
            shown = f'version = "{match[1]}"'
            found.append(Pin(root / name, above + 1, f"litellm=={match[1]}", shown, locked=True))
    return [pin for pin in found if _is_requirement(pin.requirement)]


def target(root: Path) -> str:
    """Return the requirement on LiteLLM that the code of a project has to run with.

    ``litellm>=1.77`` where the project does not say.
    """
    found = pins(root)
    for locked in (False, True):
        bounds = [
            pin.requirement
            for pin in found
            if pin.locked is locked and re.search(r"[<>=~!]", pin.requirement)
        ]
        if len(bounds) == 1:
            return bounds[0]
        if bounds:
            return min(bounds, key=_age)
    return DEFAULT_TARGET


def _age(requirement: str) -> Any:
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
        data = file.read_bytes()
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
            version = value.get("version") if isinstance(value, dict) else value
            if name.lower() == "litellm" and isinstance(version, str):
                bounds = _POETRY.sub(">=", version).replace("*", "") if version != "*" else ""
                exact = "==" if re.match(r"[0-9]", bounds) else ""
                yield _pin(file, text, version, f"litellm{exact}{bounds}")


def _strings_of(content: dict[str, Any]) -> Iterator[str]:
    """Yield the requirements of ``[project]`` (PEP 621) and ``[dependency-groups]`` (PEP 735)."""
    project = content.get("project")
    project = project if isinstance(project, dict) else {}
    optional = project.get("optional-dependencies")
    groups = content.get("dependency-groups")
    lists: list[Any] = [project.get("dependencies")]
    for tables in (optional, groups):
        lists += tables.values() if isinstance(tables, dict) else ()
    for entries in lists:
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, str):
                yield entry


def _poetry_tables(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    tool = content.get("tool")
    poetry = tool.get("poetry") if isinstance(tool, dict) else None
    if not isinstance(poetry, dict):
        return
    groups = poetry.get("group")
    tables = [poetry, *(groups.values() if isinstance(groups, dict) else ())]
    for table in tables:
        dependencies = table.get("dependencies") if isinstance(table, dict) else None
        if isinstance(dependencies, dict):
            yield dependencies


def _of_setup_cfg(file: Path) -> Iterator[Pin]:
    for number, line in enumerate(_text(file).split("\n"), 1):
        match = re.fullmatch(
            r"\s+(litellm(?![\w.-])[^#;]*?)\s*(?:;.*)?", line.rstrip("\r"), re.IGNORECASE
        )
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
