"""The codemod's settings: the table ``[tool.imageshim]`` of a ``pyproject.toml``.

Every key is checked: a key that does not exist, or a value of another type, is an error that names
the file and the key. What the command line says goes over what the file says.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

from imageshim.errors import ImageShimError, MissingExtraError
from imageshim.files import toml
from imageshim.files.regular import read_regular

__all__ = [
    "DEFAULT_TARGET",
    "STYLES",
    "Project",
    "Settings",
    "SettingsError",
    "find",
    "load",
    "lower_bound",
]

DEFAULT_TARGET = "litellm>=1.77"
"""The first LiteLLM version whose replies carry ``images`` (BerriAI/litellm PR #14160)."""

# Where nothing says otherwise, code is kept valid for the oldest Python that imageshim runs on.
_OLDEST_PYTHON = (3, 10)
# A requirement of this form (a name, a lower bound, upper bounds) is read without packaging, whose
# import alone takes longer than checking a file does.
_VERSION = r"[0-9]+(?:\.[0-9]+)*"
_SIMPLE = re.compile(
    rf"\s*[a-z]+\s*(?:>=|==|~=)\s*({_VERSION})(?:\s*,\s*(?:<=?|!=)\s*{_VERSION})*\s*", re.ASCII
)
_LOWER_BOUNDS = frozenset({">=", ">", "==", "~=", "==="})


class SettingsError(ImageShimError):
    """A setting is wrong; the message names the file, the key and what was expected."""


class Settings(NamedTuple):
    """What decides which findings there are, and how they are rewritten.

    The codes of ``select`` and ``ignore`` may be prefixes: ``IMG0`` means every ``IMG0…``.
    """

    target: str = DEFAULT_TARGET
    """The LiteLLM releases that the code must run on, as a requirement (PEP 508)."""
    assume_litellm: tuple[str, ...] = ()
    """Globs; what they match is taken for LiteLLM: a file, a URL, the name of a client."""
    select: tuple[str, ...] = ()
    """Only these rules; empty for all."""
    ignore: tuple[str, ...] = ()
    """Not these rules."""
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Pairs of a glob of paths, relative to the project, and the rules to ignore there."""
    exclude: tuple[str, ...] = ()
    """Patterns of paths to skip, as in a ``.gitignore``."""
    requires_python: str | None = None
    """The Python versions that the code must run on (PEP 440), from ``[project]``."""
    documents: bool = False
    """Also look into the fenced code of Markdown and reStructuredText."""
    mark: bool = False
    """Leave a comment at what needs a person."""
    style: str = "plain"
    """``plain``: code reads ``images`` itself where LiteLLM always has it; or ``helpers``."""
    strict: bool = False
    """Whether advice, and what is not proven, fail a check."""

    @property
    def oldest_litellm(self) -> str:
        """The lowest version that ``target`` allows; "0" where it has no lower bound."""
        return lower_bound(self.target)

    @property
    def oldest_python(self) -> tuple[int, int]:
        """The lowest Python version that the code must run on, as (major, minor)."""
        if self.requires_python is None:
            return _OLDEST_PYTHON
        found = re.match(r"([0-9]+)(?:\.([0-9]+))?", lower_bound(f"x {self.requires_python}"))
        major, minor = (int(number or 0) for number in found.groups()) if found else (0, 0)
        return (major, minor) if major else _OLDEST_PYTHON


class Project(NamedTuple):
    """The settings that hold for some inputs, and the folder that their paths are relative to."""

    root: Path
    settings: Settings
    has_target: bool
    """Whether the file gives ``target``; where it does not, the project's pins say it."""


def lower_bound(requirement: str) -> str:
    """Return the lowest version that a requirement allows, ``"0"`` where it has no lower bound.

    Raises:
        SettingsError: it is no requirement.

    """
    simple = _SIMPLE.fullmatch(requirement)
    if simple is not None:
        return simple[1]
    try:
        from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415
        from packaging.version import Version  # noqa: PLC0415
    except ImportError:
        raise MissingExtraError("Reading the requirement of a target", "codemod") from None
    try:
        specifiers = Requirement(requirement).specifier
    except InvalidRequirement as error:
        why = str(error).partition("\n")[0]  # below it, the place is pointed at
        raise SettingsError(f"{requirement!r} is not a requirement: {why}") from None
    bounds = [
        Version(one.version.removesuffix(".*"))
        for one in specifiers
        if one.operator in _LOWER_BOUNDS
    ]
    return str(max(bounds, default="0"))


def find(start: Path) -> Project:
    """Load the settings of the nearest ``pyproject.toml``: in ``start`` or in a folder above it.

    A file that has ``[tool.imageshim]`` wins over a nearer one without; the search ends at the
    top of a git repository. Without any file the defaults hold.

    Raises:
        SettingsError: a setting is wrong.

    """
    start = start.resolve()
    nearest: Project | None = None
    for folder in (start, *start.parents) if start.is_dir() else start.parents:
        file = folder / "pyproject.toml"
        if file.is_file():
            content = read_toml(file)
            if _table(content, "tool", "imageshim") is not None:
                return _project(file, content)
            nearest = nearest or _project(file, content)
        if (folder / ".git").exists():
            break
    return nearest or Project(start if start.is_dir() else start.parent, Settings(), False)


def load(file: Path) -> Project:
    """Load the settings of one ``pyproject.toml``.

    Raises:
        SettingsError: the file cannot be read, or a setting is wrong.

    """
    return _project(file, read_toml(file))


def read_toml(file: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        SettingsError: it cannot be read, or is no TOML.

    """
    try:
        return toml.loads(read_regular(file).decode("utf-8"))
    except ImportError:
        raise MissingExtraError(f"Reading {file}", "codemod") from None
    except OSError as error:
        raise SettingsError(f"cannot read {file}: {error.strerror}") from None
    except ValueError as error:  # of TOML or of UTF-8
        raise SettingsError(f"{file}: {error}") from None


def _table(content: dict[str, Any], *keys: str) -> dict[str, Any] | None:
    found: Any = content
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


def _project(file: Path, content: dict[str, Any]) -> Project:
    given = {
        key: _READERS[key](f"{file}: tool.imageshim.{key}", value)
        if key in _READERS
        else _unknown(file, key)
        for key, value in (_table(content, "tool", "imageshim") or {}).items()
    }
    declared = (_table(content, "project") or {}).get("requires-python")
    if declared is not None and "requires-python" not in given:
        given["requires-python"] = _specifier(f"{file}: project.requires-python", declared)
    settings = Settings(**{key.replace("-", "_"): value for key, value in given.items()})
    return Project(file.parent.resolve(), settings, "target" in given)


def _unknown(file: Path, key: str) -> Any:
    from difflib import get_close_matches  # noqa: PLC0415

    near = get_close_matches(key, _READERS, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"choose one of {', '.join(_READERS)}"
    raise SettingsError(f"{file}: tool.imageshim.{key}: no such setting; {hint}")


def _wrong(place: str, expected: str, value: object) -> SettingsError:
    return SettingsError(f"{place}: expected {expected}, not {value!r:.60}")


def _flag(place: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong(place, "true or false", value)
    return value


STYLES = ("plain", "helpers")


def _style(place: str, value: object) -> str:
    if value not in STYLES:
        raise _wrong(place, " or ".join(map(repr, STYLES)), value)
    return str(value)


def _strings(place: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise _wrong(place, "a list of strings", value)
    return tuple(value)


def _codes(place: str, value: object) -> tuple[str, ...]:
    codes = _strings(place, value)
    return check_codes(codes, place)


def check_codes(codes: tuple[str, ...], place: str) -> tuple[str, ...]:
    """Return the codes in capitals; each must be that of a rule or the beginning of one.

    Raises:
        SettingsError: no rule has such a code.

    """
    codes = tuple(code.upper() for code in codes)
    for code in codes:
        if not re.fullmatch(r"IMG[0-9]{0,3}|ALL", code):
            raise SettingsError(f"{place}: {code!r} is not the code of a rule, such as 'IMG001'")
    return codes


def _per_file(place: str, value: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(value, dict):
        raise _wrong(place, "a table of paths and codes", value)
    return tuple((path, _codes(f"{place}.{path!r}", codes)) for path, codes in value.items())


def _requirement(place: str, value: object) -> str:
    if not isinstance(value, str):
        raise _wrong(place, "a requirement such as 'litellm>=1.77'", value)
    return check_target(value, place)


def check_target(target: str, place: str) -> str:
    """Return ``target``, a requirement on LiteLLM.

    Raises:
        SettingsError: it is none.

    """
    if not re.match(r"\s*litellm\b", target, re.IGNORECASE):
        raise SettingsError(f"{place}: {target!r} is not a requirement such as 'litellm>=1.77'")
    try:
        lower_bound(target)
    except SettingsError as error:
        raise SettingsError(f"{place}: {error}") from None
    return target


def _specifier(place: str, value: object) -> str:
    if not isinstance(value, str):
        raise _wrong(place, "a version such as '>=3.10'", value)
    try:
        lower_bound(f"x {value}")
    except SettingsError:
        raise _wrong(place, "a version such as '>=3.10'", value) from None
    return value


_READERS: dict[str, Any] = {
    "target": _requirement,
    "assume-litellm": _strings,
    "select": _codes,
    "ignore": _codes,
    "per-file-ignores": _per_file,
    "exclude": _strings,
    "requires-python": _specifier,
    "documents": _flag,
    "mark": _flag,
    "strict": _flag,
    "style": _style,
}
"""Each key of ``[tool.imageshim]`` with what checks its value."""
