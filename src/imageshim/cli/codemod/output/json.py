"""For programs: one JSON document.

Lines and columns count from 1, columns in characters, as in every other format; the edits are in
bytes of the file, those of the source for a notebook's cells are left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from imageshim import __version__
from imageshim.codemod.running.reports import as_json

from . import Outcome

__all__ = ["render"]


def _counted(report: dict[str, Any]) -> dict[str, Any]:
    """Let columns count from 1."""
    for finding in (*report["findings"], *report.get("left", ())):
        finding["column"] += 1
        finding["end_column"] += 1
    return report


def render(outcome: Outcome) -> Iterator[str]:
    """Yield the document."""
    document = {
        "version": __version__,
        "files": [
            _counted(as_json(report)) | {"changed": report.new is not None}
            for report in outcome.reports
        ],
        "summary": {
            "scanned": outcome.scanned,
            "analysed": outcome.analysed,
            "changed": outcome.changed,
            "written": outcome.written,
            "marks": outcome.marks,
            "problems": outcome.problems,
            "targets": outcome.targets,
            **({"unknown_clients": outcome.unknown} if outcome.unknown else {}),
            **{sort.value: count for sort, count in sorted(outcome.counts.items())},
        },
    }
    yield json.dumps(document, indent=2, ensure_ascii=False)
