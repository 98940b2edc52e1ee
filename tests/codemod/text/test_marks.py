"""The comments at what needs a person."""

import ast

import pytest

from imageshim.codemod.findings import Finding
from imageshim.codemod.text.edits import apply
from imageshim.codemod.text.marks import add_marks, marked_lines
from imageshim.codemod.text.source import Source


def marked(text, *lines, code="IMG102", message="why not"):
    source = Source("a.py", text if isinstance(text, bytes) else text.encode())
    findings = [Finding(code, message, line, 0, line, 1) for line in lines]
    return apply(source, add_marks(source, findings)).decode(source.encoding)


MARK = "# imageshim: todo[IMG102] litellm: why not\n"


@pytest.mark.parametrize(
    ("before", "line", "after"),
    [
        ("a = m.image\n", 1, f"{MARK}a = m.image\n"),
        ("if x:\n\ta = (\n\t\tm.image\n\t)\n", 3, f"if x:\n\t{MARK}\ta = (\n\t\tm.image\n\t)\n"),
        ("if x: m.image\n", 1, f"{MARK}if x: m.image\n"),
        ("if a:\n  b\nelif m.image:\n  c\n", 3, f"if a:\n  b\n{MARK}elif m.image:\n  c\n"),
        ('s = """\n"""; m.image\n', 2, f'{MARK}s = """\n"""; m.image\n'),
        ("s = 1 + \\\n  m.image\n", 2, f"{MARK}s = 1 + \\\n  m.image\n"),
        ("@d(m.image)\ndef f(): pass\n", 1, f"{MARK}@d(m.image)\ndef f(): pass\n"),
        ("@d\ndef f(x=m.image): pass\n", 2, f"@d\n{MARK}def f(x=m.image): pass\n"),
        ("#!/bin/sh\n# coding: utf-8\nm.image", 3, f"#!/bin/sh\n# coding: utf-8\n{MARK}m.image"),
    ],
)
def test_a_mark_stands_above_the_statement_once(before, line, after):
    assert marked(before, line) == after
    assert ast.dump(ast.parse(before)) == ast.dump(ast.parse(after))

    assert marked(after, line + 1) == after


def test_two_findings_of_a_rule_in_a_statement_have_one_mark():
    assert marked("f(\n  m.image,\n  m.image)\n", 2, 3) == f"{MARK}f(\n  m.image,\n  m.image)\n"


def test_another_rule_has_a_mark_of_its_own():
    once = marked("m.image\n", 1)
    twice = marked(once, 2, code="IMG103")

    assert twice == f"{MARK}{MARK.replace('102', '103')}m.image\n"
    assert marked_lines(Source("a.py", twice.encode())) == {1: "IMG102", 2: "IMG103"}
    assert marked(twice, 3) == twice


def test_a_mark_keeps_line_ends_and_encoding():
    text = "# coding: latin-1\r\nx = 'é'\r\nm.image\r\n"

    new = marked(text.encode("latin-1"), 3, message="é\n  why")

    assert new == text.replace("m.image", "# imageshim: todo[IMG102] litellm: \\xe9 why\r\nm.image")


def test_a_string_is_no_mark():
    assert marked_lines(Source("a.py", b"x = '# imageshim: todo[IMG102] y'\n")) == {}
