"""Which clients the metrics tell apart: those that are seen most, and last.

Anybody can invent a user agent, so the names are few, and a name that was seen once takes no place
from one that is seen all the time, nor keeps it for ever.
"""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["ClientTable"]

_WAITING = 5
_AGE = 50


class ClientTable:
    """At most ``most`` names at a time.

    A name that is not among them waits, and takes the place of the one seen least (of several the
    one not seen for longest) once it was seen more often. ``forget`` is told who goes; where it is
    None, nobody can be forgotten, so that only some names are let in ever.
    """

    def __init__(self, most: int, forget: Callable[[str], None] | None) -> None:
        self._most = most
        self._forget = forget
        self._known: dict[str, int] = {}  # how often each was seen; the last seen last
        self._waiting: dict[str, int] = {}
        self._let_in = 0
        self._calls = 0

    def admits(self, name: str) -> bool:
        """Count a client, and tell whether it has a place."""
        self._grow_older()
        if name in self._known:
            self._known[name] = self._known.pop(name) + 1
            return True
        if len(self._known) < self._most:
            return self._let(name, 1)
        if self._forget is None and self._let_in >= _WAITING * self._most:
            return False
        seen = self._waiting.pop(name, 0) + 1
        weakest = min(self._known, key=self._known.__getitem__)
        if seen > self._known[weakest]:
            del self._known[weakest]
            if self._forget is not None:
                self._forget(weakest)
            return self._let(name, seen)
        self._waiting[name] = seen
        if len(self._waiting) > _WAITING * self._most:
            del self._waiting[min(self._waiting, key=self._waiting.__getitem__)]
        return False

    def _let(self, name: str, seen: int) -> bool:
        self._known[name] = seen
        self._let_in += 1
        return True

    def _grow_older(self) -> None:
        """Let what was seen long ago weigh less."""
        self._calls += 1
        if self._calls % (_AGE * self._most) == 0:
            for names in (self._known, self._waiting):
                for name, seen in names.items():
                    names[name] = seen // 2
