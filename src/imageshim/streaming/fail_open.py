"""What happens when the conversion of a stream fails: one policy, for all who drive one.

At the first fault the converter is asked once more for what it held; that goes out first, then the
piece at fault as it came, then all that follows as it comes. Where the converter cannot even give
what it held, the pieces that it held go out as they came. So nothing is lost, nothing comes twice,
and nothing overtakes what came before it. No input or output here: pieces (chunks, or whole events
as bytes) go in, pieces come out. May import nothing of those who use it.
"""

from __future__ import annotations

import warnings
from typing import Generic, Protocol, TypeVar

from imageshim.errors import UnreadableImageWarning

__all__ = ["Converter", "FailOpen"]

P = TypeVar("P")


class Converter(Protocol[P]):
    """What converts: :class:`ChunkMachine`, or one of whole events."""

    @property
    def holds(self) -> bool:
        """Whether anything that went in has not come out."""
        ...

    def feed(self, piece: P, /) -> list[P]:
        """Take a piece; returns what it becomes."""
        ...

    def finish(self) -> list[P]:
        """Take no more; returns what was held."""
        ...


class FailOpen(Generic[P]):
    """Drives a converter until it fails, and lets everything pass after that.

    Args:
        converter: what converts.
        expected: exceptions that are no faults of the conversion and go through to the caller: a
            warning that the user's filters make an error of.

    """

    def __init__(
        self, converter: Converter[P], expected: tuple[type[BaseException], ...] = ()
    ) -> None:
        self._converter: Converter[P] | None = converter
        self._expected = expected
        self._held: list[P] = []
        """What went into the converter and has not come out, as it came."""
        self.fault: Exception | None = None
        """Why nothing is converted any more."""

    @property
    def converts(self) -> bool:
        """Whether pieces still go through the converter."""
        return self._converter is not None

    def feed(self, piece: P) -> list[P]:
        """Take a piece; returns what goes out for it."""
        if self._converter is None:
            return [piece]
        try:
            made = self._converter.feed(piece)
        except self._expected:
            raise
        except Exception as fault:  # noqa: BLE001  # the piece passes as it came
            return [*self.give_up(fault), piece]
        if not self._converter.holds:
            self._held.clear()
        elif not (len(made) == 1 and made[0] is piece):
            # Once something came out, only the last piece can be held, or a part of it.
            self._held = [piece] if made else [*self._held, piece]
        return made

    @property
    def holds(self) -> bool:
        """Whether anything that went in has not come out."""
        return bool(self._held)

    def finish(self) -> list[P]:
        """Take no more; returns what is still held."""
        converter = self._converter
        if converter is None:
            return []
        try:
            made = converter.finish()
        except self._expected:
            self.stop()
            raise
        except Exception as fault:  # noqa: BLE001  # what was held goes out as it came
            return self._gone(fault)
        self.stop()
        return made

    def give_up(self, fault: Exception) -> list[P]:
        """Convert no more, because of a fault; returns what the converter held."""
        converter = self._converter
        if converter is None:
            return []
        try:
            with warnings.catch_warnings():
                # It did not end there: it was cut off by the fault.
                warnings.simplefilter("ignore", UnreadableImageWarning)
                made = converter.finish()
        except Exception:  # noqa: BLE001  # it is broken already; the first fault is the one to tell
            return self._gone(fault)
        self.stop()
        self.fault = fault
        return made

    def stop(self) -> None:
        """Convert no more, and forget what is held."""
        self._converter = None
        self._held = []

    def _gone(self, fault: Exception) -> list[P]:
        raw = self._held
        self.stop()
        self.fault = fault
        return raw
