"""Which libraries and extras are installed, without importing any of them."""

from __future__ import annotations

import platform
import re
from importlib import metadata
from typing import NamedTuple

__all__ = ["LIBRARIES", "Installed", "installed"]

LIBRARIES = ("litellm", "openai", "wrapt", "pydantic", "aiohttp")
"""The libraries whose versions matter."""

# https://packaging.python.org/en/latest/specifications/dependency-specifiers/: a name, and behind
# the semicolon the extra that asks for it.
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9._-]+).*?extra\s*==\s*['\"]([^'\"]+)['\"]", re.DOTALL)


class Installed(NamedTuple):
    """What this Python has."""

    python: str
    imageshim: str
    libraries: dict[str, str]
    """Versions by name, of those that are installed."""
    extras: dict[str, tuple[str, ...]]
    """The extras of imageshim, and the packages that each of them misses."""


def installed() -> Installed:
    """Look at what is installed for this Python."""
    found = {name: version for name in LIBRARIES if (version := _version(name)) is not None}
    extras: dict[str, list[str]] = {name: [] for name in _all("Provides-Extra")}
    for requirement in _all("Requires-Dist"):
        # A package that only another Python needs is not missed by this one.
        match = _REQUIREMENT.match(requirement)
        if match is None or "python_version" in requirement:
            continue
        package, extra = match.groups()
        if _version(package) is None:
            extras.setdefault(extra, []).append(package)
    return Installed(
        platform.python_version(),
        _version("imageshim") or "not installed, used from its sources",
        found,
        {name: tuple(missing) for name, missing in sorted(extras.items())},
    )


def _all(field: str) -> list[str]:
    try:
        return metadata.metadata("imageshim").get_all(field) or []
    except metadata.PackageNotFoundError:
        return []


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
