"""A progress bar: on a terminal only, and only for what takes longer than a second."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from typing_extensions import Self

__all__ = ["Progress"]

_PATIENCE = 1.0  # seconds
_EVERY = 0.1  # seconds between two pictures: the drawing is not what takes the time


class Progress:
    """Counts what is done; it is drawn by this thread, so that workers can be forked.

    Args:
        label: what is being done.
        total: how much there is to do, if that is known.
        in_bytes: whether bytes are counted.
        quiet: show nothing: the terminal is needed for what the command prints.

    """

    def __init__(
        self,
        label: str,
        total: int | None = None,
        *,
        in_bytes: bool = False,
        quiet: bool = False,
    ) -> None:
        self._label = label
        self._total = total
        self._done = 0
        self._next = time.monotonic() + _PATIENCE
        self._in_bytes = in_bytes
        self._shown = not quiet and sys.stderr.isatty()
        self._bar: Bar | None = None

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_raised: object) -> None:
        """End, and clear the line."""
        if self._bar is not None:
            self._bar.stop()

    def advance(self, step: int = 1) -> None:
        """Say that ``step`` more are done."""
        self._done += step
        if not self._shown or time.monotonic() < self._next:
            return
        if self._bar is None:
            self._bar = self._started()
            if self._bar is None:
                return
        self._next = time.monotonic() + _EVERY
        self._bar.update(self._bar.task_ids[0], completed=self._done, refresh=True)

    def _started(self) -> Bar | None:
        try:
            from rich import progress as rich
            from rich.console import Console  # slow to import, rarely needed
        except ImportError:  # a bar is a courtesy
            self._shown = False
            return None
        columns = rich.Progress.get_default_columns()
        if self._in_bytes:
            speed = rich.DownloadColumn(), rich.TransferSpeedColumn(), rich.TimeRemainingColumn()
            columns = (*columns[:2], *speed)
        bar = rich.Progress(
            *columns,
            console=Console(stderr=True),
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
        )
        bar.add_task(self._label, total=self._total)
        bar.start()
        return bar
