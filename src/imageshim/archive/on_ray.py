"""The engine of several machines: Ray Data does the same blocks by the same function.

Ray starts the processes, spreads the blocks over them, and does those again whose process or
machine ended. The files and the output folder must be where each machine reaches them, by the
same names.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from imageshim.errors import ImageShimError, MissingExtraError

from .blocks import Block, Done, Task, run_block

__all__ = ["Ray"]


class Ray:
    """Does blocks on a cluster of Ray: the one at an address, or one of its own on this machine."""

    def __init__(self, address: str | None = None, workers: int | None = None) -> None:
        try:
            import ray.data  # noqa: PLC0415  # an extra, slow to import
        except ImportError:
            raise MissingExtraError("the engine 'ray'", "ray") from None
        self._ray: Any = ray
        self._address = address
        self._workers = workers

    def __call__(
        self, blocks: list[Block], task: Task, folder: Path
    ) -> Iterator[tuple[Block, Done]]:
        """Do blocks; gives what became of each, as they are done."""
        if not blocks:
            return
        ours = not self._ray.is_initialized()
        if ours:
            self._start()
        self._ray.data.DataContext.get_current().enable_progress_bars = False
        here = Path.cwd()

        def do(item: dict[str, Any]) -> dict[str, Any]:
            os.chdir(here)  # paths may be relative
            done = run_block(blocks[item["number"]], task, folder)
            return {"number": item["number"], "done": json.dumps(done._asdict())}

        items = [{"number": number} for number in range(len(blocks))]
        try:
            dataset = self._ray.data.from_items(items, override_num_blocks=len(items)).map(do)
            for row in dataset.iter_rows():
                yield blocks[row["number"]], Done(**json.loads(row["done"]))
        finally:
            if ours:
                self._ray.shutdown()

    def _start(self) -> None:
        # One that is ours alone listens to nobody else.
        alone = {
            "num_cpus": self._workers,
            "include_dashboard": False,
            "_node_ip_address": "127.0.0.1",
        }
        how = {} if self._address else alone
        try:
            self._ray.init(self._address, log_to_driver=False, logging_level="ERROR", **how)
        except Exception as error:  # Ray has no class for what can go wrong here
            raise ImageShimError(f"Ray does not start: {error}") from error
