"""Comments that speak to the codemod: ``# imageshim: ignore[IMG001] why``.

On a line of code it holds for that line (for every line of the statement that it stands in), on a
line of its own for the next line of code. Without brackets it holds for every rule; a beginning of
codes, ``ignore[IMG1]``, for all that begin so.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from imageshim.codemod.findings import Finding

from .source import Source

__all__ = ["LAYOUT", "comments", "is_ignored_by", "kept", "tokens"]

_TOKEN = b"imageshim:"
_IGNORE = re.compile(r"#\s*imageshim:\s*ignore\b(?:\[(?P<codes>[^\]]*)\])?")
_NO_CODE = re.compile(r"\s*(?:#.*)?")
LAYOUT = frozenset({tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT})
"""Tokens that are no code, and end no line of it."""


def tokens(source: Source) -> Iterator[tokenize.TokenInfo]:
    """Yield the tokens of a source as far as the tokenizer gets, which is the end as a rule."""
    try:
        yield from tokenize.generate_tokens(io.StringIO(source.text, newline="").readline)
    except (tokenize.TokenError, SyntaxError):  # the parser is what judges the file
        return


def comments(source: Source) -> Iterator[tuple[int, str, bool]]:
    """Yield the comments of a file that speaks to us: line from 1, text, whether code precedes."""
    if _TOKEN not in source.data:
        return
    code = 0  # the last line that a token of code ends on
    for token in tokens(source):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string, code == token.start[0]
        elif token.type not in LAYOUT and token.type != tokenize.NEWLINE:
            code = token.end[0]


def _ignored(source: Source) -> dict[int, tuple[str, ...]]:
    """Return what is ignored on which lines: codes or their beginnings."""
    found = {
        line: (_codes(match["codes"]), after_code)
        for line, text, after_code in comments(source)
        if (match := _IGNORE.search(text)) is not None
    }
    if not found:
        return {}
    out: dict[int, tuple[str, ...]] = {}
    pending: tuple[str, ...] = ()
    for number, line in enumerate(re.split(r"\r\n|\r|\n", source.text), 1):
        codes, after_code = found.get(number, ((), False))
        if after_code or not _NO_CODE.fullmatch(line):
            out[number] = pending + codes
            pending = ()
        else:
            pending += codes
    return out


def _codes(listed: str | None) -> tuple[str, ...]:
    """Return beginnings of codes; that of all is the empty one."""
    return ("",) if listed is None else tuple(re.findall(r"[A-Z0-9]+", listed.upper()))


def is_ignored_by(text: str, code: str) -> bool:
    """Whether a comment in some text that is no Python suppresses a rule."""
    return any(
        code.startswith(one) for match in _IGNORE.finditer(text) for one in _codes(match["codes"])
    )


def kept(source: Source, findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings that no comment suppresses.

    What belongs together with a suppressed finding is kept and not rewritten: a group is applied
    whole or not at all.
    """
    ignores = _ignored(source)
    if not ignores:
        return list(findings)
    out = [one for one in findings if not _is_ignored(one, ignores)]
    left = {id(one) for one in out}
    gone = {one.group: one for one in findings if one.group is not None and id(one) not in left}
    return [_alone(one, gone[one.group]) if one.group in gone else one for one in out]


def _is_ignored(finding: Finding, ignores: Mapping[int, tuple[str, ...]]) -> bool:
    return any(
        finding.code.startswith(code)
        for line in range(finding.line, finding.end_line + 1)
        for code in ignores.get(line, ())
    )


def _alone(finding: Finding, other: Finding) -> Finding:
    missing = f"it goes together with line {other.line}, where {other.code} is ignored"
    return replace(finding, applicability=None, edits=(), group=None, missing=missing)
