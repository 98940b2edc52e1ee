"""Comments that say what the codemod leaves alone."""

import pytest

from imageshim.codemod.findings import Edit, Finding
from imageshim.codemod.text.source import Source
from imageshim.codemod.text.suppression import kept


def finding(line, code="IMG001", end=None, group=None):
    return Finding(
        code, "m", line, 0, end or line, 1, "safe", (Edit(line, line, "x"),), group=group
    )


def codes_kept(text, *findings):
    source = Source("a.py", text.encode())
    return [(one.line, one.code) for one in kept(source, findings)]


@pytest.mark.parametrize(
    "comment",
    [
        "# imageshim: ignore",
        "#imageshim:ignore",
        "# imageshim: ignore[IMG001]",
        "# imageshim: ignore[IMG002, img001] because",
        "# imageshim: ignore[IMG0]",
        "# noqa  # imageshim: ignore[IMG001]",
    ],
)
def test_a_comment_on_the_line_suppresses(comment):
    assert codes_kept(f"a = m.image  {comment}\nb = m.image\n", finding(1), finding(2)) == [
        (2, "IMG001")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a = m.image  # imageshim: ignore[IMG002]\n",
        "a = m.image  # imageshim: ignore[]\n",
        "a = m.image  # imageshim: ignored\n",
        'a = (m.image, "# imageshim: ignore")\n',
        "a = m.image  # imageshim: todo[IMG001]\n",
    ],
)
def test_what_says_something_else_suppresses_nothing(text):
    assert codes_kept(text, finding(1)) == [(1, "IMG001")]


def test_a_line_of_its_own_holds_for_the_next_line_of_code():
    text = "# imageshim: ignore[IMG001]\n\n# why\na = m.image\nb = m.image\n"

    assert codes_kept(text, finding(4), finding(5)) == [(5, "IMG001")]


def test_any_line_of_the_statement_will_do():
    text = "a = (\n    m\n    .image\n)  # imageshim: ignore\n"

    assert codes_kept(text, finding(2, end=4)) == []


def test_inside_of_a_string_nothing_is_a_comment():
    text = 'x = """\n# imageshim: ignore\n"""\na = m.image\n'

    assert codes_kept(text, finding(4)) == [(4, "IMG001")]


def test_what_belongs_to_a_suppressed_finding_is_not_rewritten_alone():
    text = "a = M(image=1)  # imageshim: ignore[IMG002]\nb = a.image\nc = m.image\n"
    source = Source("a.py", text.encode())
    found = [finding(1, "IMG002", group=7), finding(2, group=7), finding(3)]

    read, other = kept(source, found)

    assert (read.line, read.edits, read.applicability) == (2, (), None)
    assert read.missing == "it goes together with line 1, where IMG002 is ignored"
    assert other == found[2]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_line_end_counts(newline):
    text = "# imageshim: ignore\na = m.image\nb = m.image\n".replace("\n", newline)

    assert codes_kept(text, finding(2), finding(3)) == [(3, "IMG001")]
