"""The difference between two versions of a file, as ``diff -u`` shows it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from difflib import unified_diff

from imageshim.codemod.inputs.discovery import Kind, kind_of
from imageshim.codemod.running.reports import FileReport
from imageshim.codemod.text.source import Source, SourceError

__all__ = ["diff"]

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def diff(report: FileReport) -> Iterator[str]:
    """Yield the lines of the difference, without line ends; of a notebook, that of its cells."""
    if report.new is None:
        return
    old, new = _lines(report.path, report.old), _lines(report.path, report.new)
    for line in unified_diff(old, new, report.path, report.path, lineterm=""):
        text = line.rstrip("\r\n")
        yield text
        if line == text and line[:1] in "+- " and not line.startswith(("+++", "---")):
            yield "\\ No newline at end of file"


def _lines(path: str, data: bytes) -> list[str]:
    if kind_of(path) is Kind.NOTEBOOK:
        return [line for source in _cells(data) for line in _split(source)]
    try:
        return _split(Source(path, data).text)
    except SourceError:
        return _split(data.decode("utf-8", "replace"))


def _cells(data: bytes) -> Iterator[str]:
    """Yield the code of a notebook's cells as it stands there, magics and all, in whole lines."""
    for cell in json.loads(data.decode().removeprefix("\ufeff"))["cells"]:
        if cell["cell_type"] == "code":
            source = "".join(cell["source"])
            yield source if source.endswith("\n") else f"{source}\n"


def _split(text: str) -> list[str]:
    return _LINE.findall(text)
