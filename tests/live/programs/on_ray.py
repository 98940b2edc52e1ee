"""Convert a folder by processes of this machine, and by a real cluster of Ray, a worker killed."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from imageshim.archive import blocks
from imageshim.archive.local import Local
from imageshim.archive.on_ray import Ray
from imageshim.archive.record import Conversion, Notes
from imageshim.archive.running import Run
from imageshim.archive.sources import find_files


@dataclass(frozen=True)
class Deadly(Conversion):
    """The conversion; the first worker to come by a record kills itself."""

    mark: str = ""

    def record(self, body: bytes, notes: Notes) -> bytes:
        """Convert, or end."""
        if not Path(self.mark).exists():
            Path(self.mark).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().record(body, notes)


def main() -> None:
    blocks.blocks_of.__defaults__ = (20_000,)
    cluster = Ray(workers=2)
    cluster._start()
    import pyarrow as pa
    import ray

    from imageshim.archive import convert_batch

    for out, engine in (("local", Local(1)), ("ray", cluster)):
        task = Deadly(mark=str(Path(f"{out}.mark").absolute()))
        if out == "local":
            Path(task.mark).touch()
        with Run(find_files(["in"]).sources, task, Path(out), {}) as run:
            summary = run.run(engine)
        assert summary.is_fine, summary
        print(out, summary.files, summary.tally["converted"])
    assert Path("ray.mark").exists()
    lines = Path("in/a.jsonl").read_text().splitlines()
    dataset = ray.data.from_arrow(pa.table({"reply": lines}))
    changed = dataset.map_batches(convert_batch, batch_format="pyarrow", fn_kwargs={"to": "images"})
    got = sorted(row["reply"] for row in changed.iter_rows())
    assert got == sorted(Path("ray/a.jsonl").read_text().splitlines())
    print("map_batches", len(got))
    ray.shutdown()


if __name__ == "__main__":
    sys.exit(main())
