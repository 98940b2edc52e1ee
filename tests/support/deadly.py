"""Tasks whose worker ends in the middle, once; or does not end for long."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import dataclass
from pathlib import Path

from imageshim.archive.record import Conversion, Notes

__all__ = ["Deadly", "Slow"]


@dataclass(frozen=True, kw_only=True)
class Deadly(Conversion):
    """The conversion; the first worker to come by a record kills itself."""

    mark: str = ""
    always: bool = False

    def record(self, body: bytes, notes: Notes) -> bytes:
        """Convert, or end."""
        if self.always or not Path(self.mark).exists():
            Path(self.mark).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().record(body, notes)


@dataclass(frozen=True, kw_only=True)
class Slow(Conversion):
    """The conversion; a record with the word is done a minute later, and then marked."""

    mark: str
    word: bytes

    def record(self, body: bytes, notes: Notes) -> bytes:
        """Convert, at once or late."""
        if self.word in body:
            threading.Event().wait(60)
            Path(self.mark).touch()
        return super().record(body, notes)
