"""Hold the coverage of each package against its limit: what `make test COVERAGE=1` does at its end.

    python tests/support/coverage_gate.py

A package is a folder in src/imageshim, so that a new one has a limit from its first day; the
modules beside the folders are the core's.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from coverage import Coverage

CORE, REST = 100.0, 95.0
CORE_PACKAGES = frozenset({"files", "image_data", "long_json", "messages", "streaming"})
"""The floors of the core in docs/architecture.md: every branch of them is tested."""
LIVE = ["src/imageshim/archive/on_ray.py"]
"""What only the live lane runs, against a real cluster."""
SOURCE = Path("src/imageshim")


def packages() -> dict[str, tuple[str, float]]:
    """Name the files of each package, and how many per cent of lines and branches they need."""
    folders = sorted(path.parent.name for path in SOURCE.glob("*/__init__.py"))
    return {"imageshim": (f"{SOURCE}/*.py", CORE)} | {
        name: (f"{SOURCE}/{name}/*", CORE if name in CORE_PACKAGES else REST) for name in folders
    }


def main() -> int:
    """Print a line for each package, and what is not covered of those below their limit."""
    measured = Coverage()
    measured.load()
    below = 0
    for name, (files, limit) in packages().items():
        lines = io.StringIO()
        covered = measured.report(
            include=[files], omit=LIVE, file=lines, show_missing=True, skip_covered=True
        )
        short = covered < limit
        below += short
        print(f"{name:<12} {covered:6.2f} % of {limit:.0f}{' TOO FEW' if short else ''}")
        if short:
            print(lines.getvalue())
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
