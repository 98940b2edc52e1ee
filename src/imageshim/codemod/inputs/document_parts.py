"""Which lines of a document are what: fences by their language, headings, prose.

Commands stand in fences of a shell or of no language, and in indented code; code of another
language and prose only mention them. A fence under a heading such as "Before" shows what was: it is
no code to migrate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["commands_of", "is_shown_as_old"]

_FENCE = re.compile(rb"[ \t>]*(?P<marks>`{3,}|~{3,})[ \t]*\{?\.?(?P<language>[\w+-]*)")
_DIRECTIVE = re.compile(rb"[ \t]*\.\.[ \t]+(?:code|code-block|sourcecode)::[ \t]*(?P<language>\S*)")
_SHELLS = frozenset(
    {b"", b"bash", b"cmd", b"console", b"curl", b"fish", b"powershell", b"sh", b"shell",
     b"shell-session", b"terminal", b"text", b"zsh"}
)  # fmt: skip
_HEADING = re.compile(r"#{1,6}\s|\*\*|[^\n]*:\s*$|[^\n]*\*\*$")
_OLD = re.compile(r"\W*(?:before|deprecated|legacy|old|previous(?:ly)?)\b(?! you)", re.IGNORECASE)
_LONGEST = 48


def commands_of(path: str, data: bytes) -> bytes:
    """Return a document with everything blanked that is no command, so that places stay."""
    lines = data.splitlines(keepends=True)
    keeps = _in_directives(lines) if path.lower().endswith(".rst") else _in_fences(lines)
    return b"".join(
        line if kept else re.sub(rb"[^\r\n]", b" ", line)
        for line, kept in zip(lines, keeps, strict=True)
    )


def _in_fences(lines: list[bytes]) -> Iterator[bool]:
    open_with = b""
    is_shell = False
    for line in lines:
        fence = _FENCE.match(line)
        if fence is not None and not open_with:
            open_with, is_shell = fence["marks"], fence["language"].lower() in _SHELLS
            yield False
        elif fence is not None and fence["marks"].startswith(open_with):
            open_with = b""
            yield False
        elif open_with:
            yield is_shell
        else:  # indented code; a line with code in it is prose
            yield line.startswith((b"    ", b"\t")) and b"`" not in line


def _in_directives(lines: list[bytes]) -> Iterator[bool]:
    is_shell = True
    outer = 0
    for line in lines:
        directive = _DIRECTIVE.match(line)
        indent = len(line) - len(line.lstrip(b" \t"))
        if directive is not None:
            outer, is_shell = indent, directive["language"].lower() in _SHELLS
        elif line.strip() and indent <= outer and not is_shell:
            outer, is_shell = 0, True
        yield is_shell and indent > 0 and directive is None and b"`" not in line


def is_shown_as_old(before: str) -> bool:
    """Whether what stands before a fence says that the fence shows old code.

    Args:
        before: the document up to the fence; its nearest heading counts.

    """
    lines = [line.strip() for line in before.splitlines() if line.strip()]
    for line in reversed(lines):
        if _HEADING.match(line):
            return len(line) <= _LONGEST and _OLD.match(line) is not None
    return False
