"""Python in documents: the fenced code of Markdown, the code blocks of reStructuredText.

Each block is a piece of its own. One under a heading such as "Before" shows what was, and stays.
One that names LiteLLM and does not parse (an excerpt) is told, not skipped in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from imageshim.codemod.text.source import SourceError
from imageshim.errors import MissingExtraError

from .document_parts import is_shown_as_old
from .embedded import Piece, Segment
from .problems import Problem

__all__ = ["blocks"]

_LANGUAGES = frozenset({"python", "py", "python3", "py3", "{python}", "{code-cell}", "ipython"})
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
# https://docutils.sourceforge.io/docs/ref/rst/directives.html#code, and Sphinx's names for it.
_DIRECTIVE = re.compile(
    rb"(?P<indent>[ \t]*)\.\.[ \t]+(?:code|code-block|sourcecode)::[ \t]*(?:python3?|py3?)?[ \t]*$",
)
_OPTION = re.compile(rb"[ \t]+:[\w-]+:")


def blocks(path: str, data: bytes) -> tuple[list[Piece], list[Problem]]:
    """Return the blocks of Python of a document, and those that are no Python."""
    lines = _LINE.findall(data)
    found = _directives(lines) if path.lower().endswith(".rst") else _fences(data, lines)
    pieces: list[Piece] = []
    problems: list[Problem] = []
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    for first, indents in found:
        if is_shown_as_old(data[: starts[first - 1]].decode("utf-8", "replace")):
            continue
        piece = _piece(path, lines, starts, first, indents)
        try:
            _ = piece.source.tree
        except SourceError as error:
            if b"litellm" in piece.source.data:  # an excerpt of anything else is not our business
                problems.append(Problem(first + error.line, "", f"code block: {error.what}"))
        else:
            pieces.append(piece)
    return pieces, problems


def _piece(
    path: str, lines: list[bytes], starts: list[int], first: int, indents: list[int]
) -> Piece:
    """Put a block together: from line ``first``, each line without its indentation."""
    segments: list[Segment] = []
    code: list[bytes] = []
    size = 0
    for number, indent in enumerate(indents, first):
        text = lines[number][indent:]
        segments.append(
            Segment(size, size + len(text), starts[number] + indent, number + 1, indent)
        )
        code.append(text)
        size += len(text)
    whole = next((number for number in range(len(indents)) if code[number].strip()), 0)
    prefix = lines[first + whole][: indents[whole]] if indents else b""
    return Piece(path, b"".join(code), segments, prefix)


def _fences(data: bytes, lines: list[bytes]) -> Iterator[tuple[int, list[int]]]:
    """Yield each fence of Python: its first line, and the indentation of each of its lines."""
    try:
        from markdown_it import MarkdownIt  # noqa: PLC0415  # only for documents
    except ImportError:
        raise MissingExtraError("Reading the code of documents", "codemod") from None
    for token in MarkdownIt("commonmark").parse(data.decode("utf-8", "replace")):
        language = token.info.strip().split(" ", 1)[0].lower()
        if token.type != "fence" or token.map is None or language not in _LANGUAGES:
            continue
        first = token.map[0] + 1
        indents = []
        for number, text in enumerate(token.content.split("\n")[:-1], first):
            raw = lines[number].rstrip(b"\r\n")
            if not raw.endswith(text.encode()):  # a tab of the indentation was taken apart
                break
            indents.append(len(raw) - len(text.encode()))
        else:
            if indents:
                yield first, indents


def _directives(lines: list[bytes]) -> Iterator[tuple[int, list[int]]]:
    """Yield each code block of reStructuredText: its first line, and the indentation of each."""
    number = 0
    while number < len(lines):
        match = _DIRECTIVE.match(lines[number].rstrip(b"\r\n"))
        number += 1
        if match is None:
            continue
        outer = len(match["indent"])
        while number < len(lines) and (_OPTION.match(lines[number]) or not lines[number].strip()):
            number += 1
        first = number
        while number < len(lines) and (not lines[number].strip() or _indent(lines[number]) > outer):
            number += 1
        end = number
        while end > first and not lines[end - 1].strip():
            end -= 1
        if end > first:
            block = lines[first:end]
            inner = min(_indent(line) for line in block if line.strip())
            yield first, [min(inner, _indent(line)) for line in block]


def _indent(line: bytes) -> int:
    return len(line) - len(line.lstrip(b" \t")) if line.strip() else 0
