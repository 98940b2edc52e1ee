"""A run over many files: blocks are done by an engine, and put together to files.

An output file appears when it is whole: its parts, made by whichever worker and in whichever
order, are joined beside its place and moved there.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from imageshim.errors import ImageShimError
from imageshim.files.whole import beside, open_temporary

from .blocks import Block, Done, Task, blocks_of
from .journal import Journal
from .outputs import Folder, Here
from .sources import IMAGES, OURS, REJECTS, Source, SourceError

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Engine", "Run", "Summary"]

Engine = Callable[[list[Block], Task, Path], Iterator[tuple[Block, Done]]]
"""Does blocks, and gives what became of each, in any order."""


class Summary(NamedTuple):
    """What a run came to."""

    tally: Counter[str]
    files: int
    faults: list[str]
    """Files that cannot be read, each with the reason."""
    damages: list[str]
    """Files that could be read in part."""

    @property
    def is_fine(self) -> bool:
        """Whether everything could be read, and nothing was refused."""
        return not self.faults and not self.tally["rejects"]


class Run:
    """Puts the records of files through a task, and writes the files below a folder.

    What an earlier run of the same command has done is not done again. For a ``with``: until its
    end no other run writes to the folder.

    Raises:
        ImageShimError: ``out`` holds something else, or an output would replace its source.
        OSError: the output cannot be written; what is done is kept.

    """

    def __init__(
        self, sources: Iterable[Source], task: Task, out: Path | Folder, asked: dict[str, Any]
    ) -> None:
        self.sources = list(sources)
        self._task = task
        self._out = Here(out) if isinstance(out, Path) else out
        self._faults: dict[Source, str] = {}
        _refuse_places(self.sources, self._out, {OURS, REJECTS, *task.own_names})
        self._out.begin()
        self._journal = Journal(self._out.path, asked)
        try:
            self._out.sign()
            self._blocks = {source: self._blocks_of(source) for source in self.sources}
        except BaseException:
            self._journal.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self._journal.close()

    def _blocks_of(self, source: Source) -> list[Block]:
        try:
            return blocks_of(source, ranges=self._task.ranges)
        except SourceError as error:
            self._faults[source] = str(error)
            return []

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(source.size for source in self.sources)

    def run(self, engine: Engine, advance: Callable[[int], None] = lambda _: None) -> Summary:
        """Do what is left to do; ``advance`` takes how many bytes more are done."""
        left = {source: self._left(source) for source in self.sources}
        for source, blocks in self._blocks.items():
            advance(sum(_size(block) for block in blocks if block not in left[source]))
            if not left[source]:
                self._join(source)
        todo = [block for blocks in left.values() for block in blocks]
        for block, done in engine(todo, self._task, self._journal.folder):
            advance(_size(block))
            if done.fault is not None:
                self._faults[block.source] = done.fault
                continue
            self._publish_images(block)
            self._journal.note(block, done)
            left[block.source].remove(block)
            if not left[block.source]:
                self._join(block.source)
        return self._finish()

    def _left(self, source: Source) -> list[Block]:
        """Tell which blocks of a file are not done."""
        blocks = self._blocks[source]
        if self._is_joined(source):
            return []
        return [
            block
            for block in blocks
            if self._journal.of(block) is None or not self._journal.parts(block).out.exists()
        ]

    def _is_joined(self, source: Source) -> bool:
        known = [self._journal.of(block) for block in self._blocks[source]]
        return (
            self._task.writes
            and all(known)
            and self._out.size(source.name) == sum(done.size for done in known if done)
        )

    def _publish_images(self, block: Block) -> None:
        """Give the images of a block their places, before a record that names them has its own."""
        if IMAGES not in self._task.own_names:
            return
        for name in {row["file_name"] for row in self._rows(block) if "file_name" in row}:
            made = self._out.path / IMAGES / name
            if made.exists():
                self._out.publish(made, f"{IMAGES}/{name}")

    def _join(self, source: Source) -> None:
        blocks = self._blocks[source]
        if not blocks or not self._task.writes:
            return
        parts = [self._journal.parts(block).out for block in blocks]
        if not self._is_joined(source):
            with beside(self._journal.folder / "whole") as temporary:
                # Nothing copies the first part; a run that is killed here does its block again.
                parts[0].replace(temporary)
                with temporary.open("r+b") as whole:
                    whole.seek(0, os.SEEK_END)
                    for part in parts[1:]:
                        _append(part, whole)
                self._out.publish(temporary, source.name)
        for part in parts:
            part.unlink(missing_ok=True)

    def _finish(self) -> Summary:
        tally: Counter[str] = Counter()
        every = [block for blocks in self._blocks.values() for block in blocks]
        damages: list[str] = []
        for block in every:
            if done := self._journal.of(block):
                tally.update(done.tally)
                damages += [f"{block.source.path}: {done.damage}"] if done.damage else []
        self._write_rejects()
        self._journal.finish(every)
        self._out.sign()
        faults = [f"{source.path}: {fault}" for source, fault in self._faults.items()]
        return Summary(tally, len(self.sources), faults, damages)

    def _write_rejects(self) -> None:
        """Put the rejects of all files together; the lines of a range are counted from its own."""
        with beside(self._journal.folder / REJECTS) as temporary:
            with open_temporary(temporary) as rejects:
                for source, fault in self._faults.items():
                    said = {"file": source.path, "line": None, "reason": fault}
                    rejects.write(json.dumps(said, ensure_ascii=False).encode() + b"\n")
                for blocks in self._blocks.values():
                    self._append_rejects(blocks, rejects)
            if temporary.stat().st_size:
                self._out.publish(temporary, REJECTS)
            else:
                self._out.remove(REJECTS)

    def _append_rejects(self, blocks: list[Block], rejects: IO[bytes]) -> None:
        before = 0
        for block in blocks:
            done, path = self._journal.of(block), self._journal.parts(block).rejects
            if done is None:
                continue
            if path.exists():
                with path.open("rb") as lines:
                    for said in map(json.loads, lines):
                        if said["line"] is not None:
                            said["line"] += before
                        rejects.write(json.dumps(said, ensure_ascii=False).encode() + b"\n")
            before += done.lines

    def rows(self) -> Iterator[dict[str, Any]]:
        """Give the rows that the task made, with their file and the number of their record."""
        for source, blocks in self._blocks.items():
            before = 0
            for block in blocks:
                done = self._journal.of(block)
                for row in self._rows(block) if done is not None else ():
                    yield {**row, "file": source.name, "record": row["record"] + before}
                before += done.tally.get("records", 0) if done is not None else 0

    def _rows(self, block: Block) -> Iterator[dict[str, Any]]:
        path = self._journal.parts(block).rows
        if path.exists():
            with path.open("rb") as lines:
                yield from map(json.loads, lines)


def _size(block: Block) -> int:
    size = block.source.size
    return size if block.stop is None else min(block.stop, size) - block.start


def _append(part: Path, whole: IO[bytes]) -> None:
    """Copy a file behind another, inside of the kernel where that can be."""
    with part.open("rb") as data:
        left = part.stat().st_size
        try:
            while left:
                left -= os.copy_file_range(data.fileno(), whole.fileno(), left)
        except (AttributeError, OSError):
            if left != part.stat().st_size:
                raise
            shutil.copyfileobj(data, whole, 1 << 20)
            whole.flush()


def _refuse_places(sources: Iterable[Source], out: Folder, ours: set[str]) -> None:
    """Refuse to write over a source, and over what is ours in the output folder."""
    for source in sources:
        if out.is_at(source.path, source.name):
            raise ImageShimError(f"{source.path} would be replaced; give another --out")
        if source.name.partition("/")[0] in ours:
            raise ImageShimError(
                f"{source.path} would be {out.named(source.name)}, "
                "which this run writes itself; rename it"
            )
