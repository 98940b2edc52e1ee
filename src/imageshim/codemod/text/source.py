r"""One Python file: its bytes, its tree, and the way from one to the other.

``ast`` counts columns in bytes of UTF-8, whatever the file's encoding, and after a byte order
mark on the first line; lines end at ``\n``, ``\r\n`` and ``\r`` and nowhere else (never
``str.splitlines``, which also splits at form feeds and U+2028). From Python 3.10 on its positions
are exact, inside f-strings too (cpython #81639, #104608).
"""

from __future__ import annotations

import ast
import codecs
import re
import sys
import warnings
from functools import cached_property

from imageshim.errors import ImageShimError

__all__ = ["Positioned", "Source", "SourceError"]

Positioned = ast.expr | ast.stmt | ast.keyword | ast.excepthandler | ast.alias
"""The nodes that have a place in the file."""

# https://docs.python.org/3/reference/lexical_analysis.html#encoding-declarations
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")
_LINE_END = re.compile(rb"\r\n|\n|\r")


class SourceError(ImageShimError):
    """A file that cannot be read as Python; says where and what."""

    def __init__(self, path: str, line: int, what: str) -> None:
        super().__init__(f"{path}:{line}: {what}")
        self.path = path
        self.line = line
        self.what = what


class Source:
    """A file of Python source.

    Raises:
        SourceError: from every attribute that needs what the file does not give: it is not in the
            encoding that it declares, or is no Python (of the version that runs).

    """

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data

    @cached_property
    def has_bom(self) -> bool:
        """Whether the file starts with the byte order mark of UTF-8."""
        return self.data.startswith(codecs.BOM_UTF8)

    @cached_property
    def encoding(self) -> str:
        """The declared encoding, UTF-8 where none is."""
        found = self._cookie()
        if found is None:
            return "utf-8"
        try:
            name = codecs.lookup(found).name
        except LookupError:
            raise SourceError(self.path, 1, f"unknown encoding {found}") from None
        if self.has_bom and name != "utf-8":
            raise SourceError(
                self.path, 1, f"has a UTF-8 byte order mark, but is declared as {found}"
            )
        return name

    def _cookie(self) -> str | None:
        start = len(codecs.BOM_UTF8) if self.has_bom else 0
        if b"coding" not in self.data[: start + 2000]:
            return None
        for line in _LINE_END.split(self.data[start : start + 2000], maxsplit=2)[:2]:
            match = _COOKIE.match(line)
            if match:
                return match[1].decode("ascii", "replace")
            if not _BLANK.match(line):
                break
        return None

    @cached_property
    def text(self) -> str:
        """The whole file, decoded, without the byte order mark."""
        start = len(codecs.BOM_UTF8) if self.has_bom else 0
        try:
            return self.data[start:].decode(self.encoding)
        except UnicodeDecodeError as error:
            line = 1 + len(_LINE_END.findall(self.data[: start + error.start]))
            what = f"not {self.encoding} ({error.reason} at byte {start + error.start})"
            raise SourceError(self.path, line, what) from None
        except (LookupError, ValueError) as error:  # a codec of bytes to bytes, such as hex
            raise SourceError(self.path, 1, f"cannot decode {self.encoding}: {error}") from None

    @cached_property
    def utf8(self) -> bytes:
        """The text in UTF-8: what ``ast`` counts its columns in."""
        if self.encoding == "utf-8":
            return self.data[len(codecs.BOM_UTF8) :] if self.has_bom else self.data
        return self.text.encode("utf-8", "surrogatepass")

    @cached_property
    def newline(self) -> str:
        r"""The end of the first line; ``\n`` where there is none."""
        match = _LINE_END.search(self.utf8)
        return match[0].decode() if match else "\n"

    @cached_property
    def _starts(self) -> list[int]:
        """Where each line starts, in :attr:`utf8`."""
        return [0, *(match.end() for match in _LINE_END.finditer(self.utf8))]

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed file."""
        text = self.text  # an undecodable file says so here, with its line
        if "\0" in text:
            line = 1 + text[: text.index("\0")].count("\n")
            raise SourceError(self.path, line, "a null byte in the source")
        version = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # invalid escapes are not ours to report
                return ast.parse(text)
        except SyntaxError as error:
            what = f"not the syntax of {version}: {error.msg}"
            raise SourceError(self.path, error.lineno or 1, what) from None
        except (RecursionError, MemoryError):
            raise SourceError(self.path, 1, f"nested too deeply for {version}'s parser") from None
        except ValueError as error:
            raise SourceError(self.path, 1, f"cannot be parsed: {error}") from None

    def place(self, line: int, column: int) -> int:
        """Return the offset into :attr:`utf8` of a position as ``ast`` gives it."""
        return self._starts[line - 1] + column

    def offset(self, line: int, column: int) -> int:
        """Return the offset into :attr:`data` of a position as ``ast`` gives it."""
        return self.offset_of(self.place(line, column))

    def offset_of(self, place: int) -> int:
        """Return the offset into :attr:`data` of an offset into :attr:`utf8`."""
        if self.encoding == "utf-8":
            return place + len(codecs.BOM_UTF8) if self.has_bom else place
        return len(self.utf8[:place].decode("utf-8", "surrogatepass").encode(self.encoding))

    def span(self, node: Positioned) -> tuple[int, int]:
        """Return where a node starts and ends in :attr:`utf8`."""
        starts = self._starts
        end_line, end_column = node.end_lineno, node.end_col_offset
        if end_line is None or end_column is None:  # only in trees that no parser made
            raise ValueError("the node has no end")
        return starts[node.lineno - 1] + node.col_offset, starts[end_line - 1] + end_column

    def segment(self, node: ast.expr | ast.stmt) -> str:
        """Return the text of a node, without parentheses around it."""
        start, end = self.span(node)
        return self.utf8[start:end].decode("utf-8", "surrogatepass")
