"""What the live tests showed, kept for the table of docs/compatibility.

Each process of pytest keeps its own file; ``python tests/live/outcomes.py`` makes one of them.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

__all__ = ["COUNTED", "FOLDER", "merged"]

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".live" / "outcomes"
TABLE = ROOT / "docs" / "compatibility.json"
COUNTED = {
    "test_wrapping.py::test_every_way_of_calling_gives_every_format": "litellm calls",
    "test_wrapping.py::test_installed_every_way_of_calling_gives_every_format": "litellm install",
    "test_wrapping.py::test_vertex_ai": "litellm vertex",
    "test_clients.py::test_every_way_of_calling_gives_every_format": "openai calls",
    "test_carriers.py::test_litellms_own_replies_are_carriers": "litellm objects",
    "test_carriers.py::test_replies_of_every_version_in_openais_objects": "openai objects",
    "test_streams.py::test_streams_in_every_format_say_what_the_upstream_sent": "streams",
}
"""The tests that the table is made of, and what their parameters are of."""

_ID = re.compile(r".*?([^/]+\.py::\w+)\[(.*)\]$")


def merged() -> dict[str, dict[str, str]]:
    """Return the outcomes of all processes: by kind, then by the test's parameters."""
    found: dict[str, dict[str, str]] = {kind: {} for kind in COUNTED.values()}
    for file in sorted(FOLDER.glob("*.json")):
        for node, outcome in json.loads(file.read_text()).items():
            match = _ID.fullmatch(node)
            if match is not None and match[1] in COUNTED:
                found[COUNTED[match[1]]][match[2]] = outcome
    return {kind: dict(sorted(of.items())) for kind, of in found.items()}


if __name__ == "__main__":
    TABLE.write_text(json.dumps(merged(), indent=1) + "\n")
    sys.stdout.write(f"{TABLE.relative_to(ROOT)}\n")
