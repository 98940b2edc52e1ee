"""Whether a report is asked for; most programs ask for none, and do not load what writes it."""

from __future__ import annotations

import os

__all__ = ["VARIABLE", "start_report"]

VARIABLE = "IMAGESHIM_REPORT"


def start_report() -> None:
    """Write the report that the environment asks for, if it does."""
    path = os.environ.get(VARIABLE)
    if path:
        from .report import report_to  # noqa: PLC0415  # see the module's docstring

        report_to(path)
