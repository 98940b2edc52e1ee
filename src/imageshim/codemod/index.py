"""What the files of a project hand to one another."""

from __future__ import annotations

__all__ = ["ProjectIndex"]


class ProjectIndex:
    """The replies that functions return or are called with, across the files of a package."""

    names: frozenset[bytes] = frozenset()
    """What another file must name to be handed a reply; see :func:`.prefilter.level`."""
