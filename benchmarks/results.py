"""Results as files: those of the last run, and a baseline that later ones are compared with."""

from __future__ import annotations

import json
import math
import platform
from pathlib import Path

from .rows import Row

RESULTS = Path(__file__).with_name("results.json")
"""Of the last run on this machine; git ignores it."""
BASELINE = Path(__file__).with_name("baseline.json")
"""What runs are compared with; ``python -m benchmarks.compare --keep`` makes it of the last run."""


def write(rows: list[Row], path: Path = RESULTS) -> None:
    """Write rows; a row without a limit has null."""
    value = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "rows": {
            row.name: {"ratio": row.ratio, "limit": None if math.isinf(row.limit) else row.limit}
            for row in rows
        },
    }
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(path: Path) -> dict[str, Row]:
    """Read what :func:`write` wrote, by name."""
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
    return {
        name: Row(name, row["ratio"], math.inf if row["limit"] is None else row["limit"])
        for name, row in rows.items()
    }
