"""The journal of a run: what is done of it, so that a run that was killed goes on where it was.

It stands in the output folder, beside the parts of files that are not whole yet. The first line
says what was asked for: with another question, the same folder would hold two answers.
"""

from __future__ import annotations

import json
import os
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from imageshim.errors import ImageShimError
from imageshim.files.whole import remove_leftovers, write_whole

from .blocks import Block, Done, Parts
from .sources import JOURNAL, OURS

__all__ = ["Journal", "JournalError"]


class JournalError(ImageShimError):
    """The output folder holds what another command made."""


class Journal:
    """Which blocks are done."""

    def __init__(self, out: Path, asked: dict[str, Any]) -> None:
        """Open the journal of an output folder, or begin one.

        Raises:
            JournalError: the folder is that of a run with other options.

        """
        self.folder = out / OURS
        self._path = out / JOURNAL
        self._asked = json.dumps(asked, sort_keys=True)
        self._done: dict[str, Done] = {}
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock()
        try:
            self._read()
            remove_leftovers(self.folder)
            self._write()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let others write to the folder."""
        self._unlock()

    def _lock(self) -> None:
        """Keep others out, as long as this process lives and this journal is open."""
        self._unlock: Callable[[], object] = lambda: None
        try:
            import fcntl  # noqa: PLC0415  # not on Windows
        except ImportError:
            return
        handle = os.open(self.folder, os.O_RDONLY)
        self._unlock = weakref.finalize(self, os.close, handle)  # once, whoever asks for it
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise JournalError(f"another run writes to {self.folder.parent}") from None

    def _read(self) -> None:
        if not self._path.exists():
            return
        lines = self._path.read_text("utf-8").splitlines()
        if lines and lines[0] != self._asked:
            raise JournalError(
                f"{self._path.parent.parent} holds a run with other options; "
                "give another --out, or remove it"
            )
        for line in lines[1:]:
            try:
                said = json.loads(line)
            except ValueError:  # the run was killed while it wrote
                continue
            key = said.pop("block")
            self._done[key] = Done(**said)

    def _write(self, order: list[str] | None = None) -> None:
        keys = self._done if order is None else order
        lines = [self._asked, *(_line(key, self._done[key]) for key in keys)]
        write_whole(self._path, "".join(f"{line}\n" for line in lines).encode())

    def of(self, block: Block) -> Done | None:
        """Tell what became of a block; None where it is not done."""
        return self._done.get(block.key)

    def note(self, block: Block, done: Done) -> None:
        """Write down that a block is done; its parts are there."""
        self._done[block.key] = done
        with self._path.open("a", encoding="utf-8") as journal:
            journal.write(f"{_line(block.key, done)}\n")

    def parts(self, block: Block) -> Parts:
        """Name the parts of a block."""
        return Parts.of(block, self.folder)

    def finish(self, blocks: list[Block]) -> None:
        """Write the blocks in their order: every run of a command leaves the same journal."""
        order = [block.key for block in blocks if block.key in self._done]
        self._done = {key: self._done[key] for key in order}
        kept = {path for block in blocks for path in self.parts(block)}
        for path in self.folder.iterdir():
            if path != self._path and path not in kept:
                path.unlink()
        self._write()


def _line(key: str, done: Done) -> str:
    return json.dumps({"block": key, **done._asdict()})
