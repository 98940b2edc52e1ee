"""Run every benchmark, print the table, exit 1 if a limit is missed."""

from __future__ import annotations

import importlib
import math
import sys
from pathlib import Path


def main() -> int:
    missed = 0
    print(f"{'what':<72} {'ratio':>9} {'limit':>9}")
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        module = importlib.import_module(f"benchmarks.{path.stem}")
        for row in module.run():
            ok = row.ratio <= row.limit
            missed += not ok
            limit = "-" if math.isinf(row.limit) else f"{row.limit:.4g}"
            print(f"{row.name:<72} {row.ratio:>9.4g} {limit:>9} {'ok' if ok else 'MISSED'}")
            sys.stdout.flush()
    print(f"{missed} limits missed" if missed else "every limit is kept")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
