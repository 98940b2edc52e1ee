"""For programs: one JSON document.

Lines count from 1, columns from 0 in characters; the edits are in bytes of the file, those of the
source for a notebook's cells are left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from imageshim import __version__
from imageshim.codemod.running.reports import as_json

from . import Outcome

__all__ = ["render"]


def render(outcome: Outcome) -> Iterator[str]:
    """Yield the document."""
    document = {
        "version": __version__,
        "files": [
            as_json(report) | {"changed": report.new is not None} for report in outcome.reports
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
