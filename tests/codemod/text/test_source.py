"""Positions, encodings and line ends of a file; what cannot be read says where and why."""

from __future__ import annotations

import ast

import pytest

from imageshim.codemod.text.source import Source, SourceError

TEXT = "# grüße\nx = m.image  # ü\nif x:\n\ty = f'{m.image}' \\\n\t\t+ 'ä'\n"


def spelled(data: bytes) -> list[bytes]:
    source = Source("a.py", data)
    found = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute):
            start = source.offset(node.lineno, node.col_offset)
            end = source.offset(node.end_lineno, node.end_col_offset)
            found.append(data[start:end])
    return found


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252"])
def test_a_position_is_where_the_bytes_are(newline, encoding):
    cookie = "" if encoding.startswith("utf-8") else f"# coding: {encoding}\n"
    data = (cookie + TEXT).replace("\n", newline).encode(encoding)
    assert spelled(data) == [b"m.image", b"m.image"]


def test_a_position_on_the_first_line_after_a_byte_order_mark():
    assert spelled(b"\xef\xbb\xbfx = m.image") == [b"m.image"]


@pytest.mark.parametrize("strange", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_only_real_line_ends_end_a_line(strange):
    assert spelled(f"s = '{strange}'; t = m.image\nu = m.image\n".encode()) == [b"m.image"] * 2


def test_a_multibyte_encoding():
    data = "# coding: euc_jp\ns = '日本'; x = m.image\n".encode("euc_jp")
    assert spelled(data) == [b"m.image"]


def test_the_first_line_end_is_the_files():
    assert Source("a.py", b"a\r\nb\n").newline == "\r\n"
    assert Source("a.py", b"a").newline == "\n"


@pytest.mark.parametrize(
    ("data", "line", "what"),
    [
        (b"x = (\n", 1, "not the syntax"),
        (b"x = 1\ny = = 2\n", 2, "not the syntax"),
        (b"x = 1\ny = '\xff'\n", 2, "not utf-8"),
        (b"# coding: nonsense\n", 1, "unknown encoding nonsense"),
        (b"\xef\xbb\xbf# coding: latin-1\n", 1, "byte order mark"),
        (b"x = 1\n\0", 2, "null byte"),
        (b"x = " + b"(" * 5000 + b")" * 5000, 1, "nested|parentheses"),
        (b"# coding: hex\nx", 1, "cannot decode"),
    ],
)
def test_what_cannot_be_read_says_where_and_what(data, line, what):
    with pytest.raises(SourceError, match=what) as caught:
        _ = Source("folder/a.py", data).tree
    assert caught.value.line == line
    assert str(caught.value).startswith(f"folder/a.py:{line}: ")


def test_a_cookie_counts_on_the_first_two_lines_only():
    assert (
        Source("a.py", b"#!/usr/bin/python\n# vim: set fileencoding=latin-1 :\n").encoding
        == "iso8859-1"
    )
    assert Source("a.py", b"x = 1\n# coding: latin-1\n").encoding == "utf-8"
    assert Source("a.py", b"\n\n# coding: latin-1\n").encoding == "utf-8"


def test_a_warning_of_the_parser_is_not_ours_to_give():
    assert isinstance(Source("a.py", b"x = '\\d'\n").tree, ast.Module)
