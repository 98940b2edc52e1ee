"""Compare the last results with the baseline: exits 1 where a row became worse by more than 15 %.

``python -m benchmarks.compare [--keep] [RESULTS [BASELINE]]``; ``--keep`` makes the results the
new baseline. Rows without a limit are there for comparison only, and nothing is asked of them.
"""

from __future__ import annotations

import math
import shutil
import sys
from pathlib import Path

from . import results
from .rows import Row

_TOLERANCE = 0.15


def _tolerated(old: Row) -> float:
    """A share of what it was; of the limit where a difference was nothing, or less."""
    return _TOLERANCE * (old.ratio if old.ratio > 0 else old.limit)


def worse(now: dict[str, Row], before: dict[str, Row]) -> list[tuple[Row, Row]]:
    """Return the rows that became worse than the tolerance, each with the one before."""
    pairs = [(row, before[name]) for name, row in now.items() if name in before]
    return [
        (row, old)
        for row, old in pairs
        if not math.isinf(row.limit) and row.ratio > old.ratio + _tolerated(old)
    ]


def main(arguments: list[str]) -> int:
    keep = "--keep" in arguments
    files = [Path(name) for name in arguments if name != "--keep"]
    last, base = [*files, *(results.RESULTS, results.BASELINE)[len(files) :]]
    if not last.exists():
        print("there are no results yet: make bench")
        return 2
    if keep:
        shutil.copyfile(last, base)
        print(f"{base} has the results of the last run now")
        return 0
    if not base.exists():
        print("there is no baseline yet: python -m benchmarks.compare --keep")
        return 2
    now, before = results.read(last), results.read(base)
    found = worse(now, before)
    for row, old in found:
        change = f"+{(row.ratio / old.ratio - 1) * 100:.0f} %" if old.ratio > 0 else "was none"
        print(f"{row.name:<72} {old.ratio:>9.4g} -> {row.ratio:<9.4g} {change}")
    for title, names in (("new", now.keys() - before), ("not measured", before.keys() - now)):
        for name in sorted(names):
            print(f"{name:<72} {title}")
    print(f"{len(found)} rows became worse by more than 15 %" if found else "nothing became worse")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
