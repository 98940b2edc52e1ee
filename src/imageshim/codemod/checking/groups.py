"""What is rewritten together: a fixture with its readers, a test with its branches."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from imageshim.codemod.flow.values import Origin
from imageshim.codemod.knowledge.reads import Read

__all__ = ["MOCKED", "Groups"]

MOCKED = -1
"""The group of a file's mocks and of what reads them there."""


class Facts(NamedTuple):
    """What is said of some origins together."""

    doubt: str | None
    """Why what comes from one of them may be something else after all."""
    is_made: bool
    """Whether one of them is a fixture: the code makes the reply itself."""
    written: dict[str, int]
    """Fields of the message that the code itself sets, with the first line."""
    group: int | None
    """The group of their fixture, if one is."""
    leader: int
    """The group of all; -1 where one is no origin of this file."""


class Groups(dict[Origin, int]):
    """The group of each origin of a file: origins that one read has in common are in one.

    Functions that share a name all have the same origins, and there may be many of both: what is
    said of origins is found out once for each set of them.

    Args:
        origins: the origins of the file in its order.
        reads: the reads of the file.

    """

    def __init__(self, origins: Iterable[Origin], reads: Iterable[Read]) -> None:
        places = {one: place for place, one in enumerate(origins)}
        leader: dict[Origin, Origin] = {}

        def first(origin: Origin) -> Origin:
            while (above := leader.get(origin, origin)) is not origin:
                leader[origin] = leader.get(above, above)  # half the way for the next one
                origin = above
            return origin

        for together in {one.origins for one in reads}:
            for origin in together:
                leader[first(origin)] = first(next(iter(together)))
        super().__init__((one, places.get(first(one), MOCKED)) for one in places)
        self._numbers: dict[tuple[ast.AST | None, int], int] = {}
        self.facts = cache(self._facts)

    def _facts(self, origins: frozenset[Origin]) -> Facts:
        made = [one for one in origins if one.mock is not None]
        return Facts(
            next((one.doubt for one in origins if one.doubt), None),
            bool(made),
            _first([item for one in origins for item in one.written.items()]),
            next((self[one] for one in made if one in self), None),
            min((self.get(one, -1) for one in origins), default=-1),
        )

    def of(self, read: Read, function: ast.AST | None, mocked: frozenset[str]) -> int:
        """Return the group of a read.

        A fixture is rewritten with all that reads it; without a fixture, the reads of a reply in
        one function go together: the test for an image and what it guards.

        Args:
            read: the read.
            function: what it stands in.
            mocked: the fields of mocks that are rewritten with what reads them.

        """
        facts = self.facts(read.origins)
        if facts.doubt and read.field in mocked:
            return MOCKED
        if facts.group is not None:
            return facts.group
        key = function, facts.leader
        return self._numbers.setdefault(key, len(self) + len(self._numbers))


def _first(lines: list[tuple[str, int]]) -> dict[str, int]:
    return dict(sorted(lines, key=lambda item: -item[1]))
