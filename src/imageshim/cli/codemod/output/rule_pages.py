"""Where a finding's rule is explained: a page of the documentation, and a command."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

__all__ = ["command", "link"]


def command(codes: Iterable[str]) -> str:
    """Return the command that explains rules."""
    return " ".join(("imageshim explain", *sorted(set(codes))))


def link(code: str) -> str | None:
    """Return the address of a rule's page; None where the package names no documentation.

    ``[project.urls]`` of ``pyproject.toml`` is the one place that knows it.
    """
    home = _documentation()
    return None if home is None else f"{home.rstrip('/')}/rules/{code}.html"


@cache
def _documentation() -> str | None:
    # A third of the time that a check of one file takes; a terminal is shown the command alone.
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        urls = metadata("imageshim").get_all("Project-URL") or ()
    except PackageNotFoundError:  # run from a folder of source
        return None
    named = (url.partition(", ") for url in urls)
    return next((url for name, _, url in named if name.lower() == "documentation"), None)
