"""How many bytes of bodies one worker holds at a time, whoever they are for.

Each exchange has a share of the room, which grows with what has come of its bodies. Where there is
no room, the next piece is not asked for: who sends it has to wait. If each waited for another to
end, all would wait for ever; so one of those that wait may always go on, whatever it needs. The
room is exceeded by one of them, then, and never by two.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["NoRoomError", "Room", "Share", "one_at_a_time"]

_FREE = 1 << 16
"""Bytes of each body that are not counted: a server holds as much before anybody asks for it."""


class NoRoomError(Exception):
    """There was no room in time."""


class Room:
    """Room for ``size`` bytes, and what one exchange holds above."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.used = 0
        self._waiting: deque[tuple[Share, int, anyio.Event]] = deque()
        self._over: Share | None = None  # who may go on though there is no room

    def share(self) -> Share:
        """Give a share for one exchange, for a ``with``; it is empty at first."""
        return Share(self)

    async def take(self, share: Share, more: int, patience: float | None) -> None:
        """Wait until there are ``more`` bytes for a share."""
        if share is self._over or (not self._waiting and self.used + more <= self.size):
            self._give(share, more)
            return
        granted = anyio.Event()
        entry = (share, more, granted)
        self._waiting.append(entry)
        self._next()
        try:
            with anyio.move_on_after(patience):
                await granted.wait()
        finally:
            if not granted.is_set():
                self._waiting.remove(entry)
                self._next()
        if not granted.is_set():
            raise NoRoomError

    def give_back(self, share: Share, less: int) -> None:
        """Take bytes of a share back."""
        share.held -= less
        self.used -= less
        if share is self._over and not share.held:
            self._over = None
        self._next()

    def _give(self, share: Share, more: int) -> None:
        share.held += more
        self.used += more

    def _next(self) -> None:
        while self._waiting:
            share, more, granted = self._waiting[0]
            if self.used + more > self.size:
                if self._over is not None:
                    return
                self._over = share
            self._waiting.popleft()
            self._give(share, more)
            granted.set()


class Share:
    """What is held for one exchange."""

    def __init__(self, room: Room) -> None:
        self.held = 0
        self._room = room

    async def hold(self, size: int, patience: float | None = None) -> None:
        """Hold so many bytes from now on, and wait for room if need be, ``patience`` seconds.

        Raises:
            NoRoomError: there was none in time; the share is as it was.

        """
        more = max(size - _FREE, 0) - self.held
        if more > 0:
            await self._room.take(self, more, patience)
        elif more:
            self._room.give_back(self, -more)

    def release(self) -> None:
        """Hold nothing any more."""
        if self.held:
            self._room.give_back(self, self.held)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.release()


_LIMITERS = anyio.lowlevel.RunVar[dict[str, anyio.CapacityLimiter]]("imageshim_limiters")


def one_at_a_time(what: str) -> anyio.CapacityLimiter:
    """Give what lets one thread at a time do a kind of work, which takes memory of its own."""
    try:
        limiters = _LIMITERS.get()
    except LookupError:
        _LIMITERS.set(limiters := {})
    if what not in limiters:
        limiters[what] = anyio.CapacityLimiter(1)
    return limiters[what]
