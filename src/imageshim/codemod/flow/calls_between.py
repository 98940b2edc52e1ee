"""The calls from file to file: what each function is handed, and by whom."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from .foreign import arguments, foreign, shape
from .hooks import Given
from .values import Value, holds

__all__ = ["Arguments", "Calls"]

Arguments = tuple[list[Value], dict[str, Value]]
"""What a call hands over, by place and by name."""


class Calls:
    """The calls of functions, by their dotted names and the files that call them."""

    def __init__(self) -> None:
        self._calls: dict[str, dict[str, list[Arguments]]] = {}

    def record(self, name: str, caller: str, given: Given) -> None:
        """Note a call; one that nobody makes is none."""
        if not caller:
            return
        where = PurePath(caller).name
        args = [foreign(one, where) for one in given.args]
        keywords = {key: foreign(one, where) for key, one in given.keywords.items()}
        calls = self._calls.setdefault(name, {}).setdefault(caller, [])
        if not calls or calls[-1] != (args, keywords):
            calls.append((args, keywords))

    def forget(self, caller: str) -> None:
        """Forget the calls of a file."""
        for callers in self._calls.values():
            callers.pop(caller, None)

    def of(self, name: str) -> Iterator[Arguments]:
        """Yield what each call of a function hands it."""
        for calls in self._calls.get(name, {}).values():
            yield from calls

    def with_replies(self) -> dict[str, list[str]]:
        """Return the functions that are handed a piece of a reply, with the files that do so."""
        found = {
            name: [
                caller
                for caller, calls in callers.items()
                if any(holds(value) for value in arguments(calls))
            ]
            for name, callers in self._calls.items()
        }
        return {name: callers for name, callers in found.items() if callers}

    def made_by(self, caller: str) -> Iterator[tuple[str, object]]:
        """Yield the functions that a file calls, with the shapes of what it hands to each."""
        for name, callers in self._calls.items():
            if caller in callers:
                shapes = [[shape(value) for value in arguments([one])] for one in callers[caller]]
                yield name, shapes
