"""Comments at what needs a person: ``# imageshim: todo[IMG102] litellm: why``.

The word makes the prefilter look at the file, whatever else is in it. One a place, above the
statement, once only: a second run adds none. ``--check`` fails while one is there; who has decided
removes it, or writes ``ignore`` in place of ``todo``.
"""

from __future__ import annotations

import re
import tokenize
from collections.abc import Iterable

from imageshim.codemod.findings import Edit, Finding

from .source import Source
from .suppression import LAYOUT, comments, tokens

__all__ = ["add_marks", "marked_lines"]

_MARK = re.compile(r"#\s*imageshim:\s*todo\[(?P<code>[A-Z0-9]+)\]")
_INDENT = re.compile(rb"[ \t\f]*")
_COMMENT = re.compile(rb"[ \t\f]*#")


def marked_lines(source: Source) -> dict[int, str]:
    """Return the lines that carry a mark, each with its code."""
    return {
        line: match["code"]
        for line, text, _ in comments(source)
        if (match := _MARK.search(text)) is not None
    }


def add_marks(source: Source, findings: Iterable[Finding]) -> list[Edit]:
    """Return the edits that put a mark above each finding's line of code that has none yet."""
    there = marked_lines(source)
    begins = _beginnings(source)
    wanted: dict[tuple[int, str], str] = {}
    for finding in findings:
        line = begins.get(finding.line)
        if line is not None and finding.code not in _codes_above(source, line, there):
            wanted.setdefault((line, finding.code), finding.missing or finding.message)
    texts: dict[int, str] = {}
    for (line, code), why in sorted(wanted.items()):
        start = source.place(line, 0)
        indent = _INDENT.match(source.utf8, start)[0].decode()  # type: ignore[index]
        reason = " ".join(why.split()).encode("ascii", "backslashreplace").decode()
        offset = source.offset_of(start + len(indent))
        text = f"# imageshim: todo[{code}] litellm: {reason}\n{indent}"
        texts[offset] = texts.get(offset, "") + text
    return [Edit(offset, offset, text) for offset, text in texts.items()]


def _beginnings(source: Source) -> dict[int, int]:
    """Return for each line with code the line that the logical line around it begins on.

    A comment can stand above that one: it is in no string and behind no backslash.
    """
    begins: dict[int, int] = {}
    first: int | None = None
    for token in tokens(source):
        if token.type in LAYOUT:
            continue
        first = token.start[0] if first is None else first
        if token.type == tokenize.NEWLINE:
            for line in range(first, token.start[0] + 1):
                # The last line of a string can be the first of the statement behind it.
                begins.setdefault(line, begins.get(first, first))
            first = None
    return begins


def _codes_above(source: Source, line: int, there: dict[int, str]) -> set[str]:
    codes: set[str] = set()
    while line > 1 and _COMMENT.match(source.utf8, source.place(line - 1, 0)):
        line -= 1
        codes.add(there.get(line, ""))
    return codes
