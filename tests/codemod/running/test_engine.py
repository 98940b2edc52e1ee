"""Checking and fixing a file: order, selection, groups, traces, what is said of a finding."""

from __future__ import annotations

import contextlib
from typing import NamedTuple

import pytest

from imageshim.codemod import rules
from imageshim.codemod.findings import Edit, Finding
from imageshim.codemod.project.settings import Settings
from imageshim.codemod.project.trace import TracedRead
from imageshim.codemod.running.engine import applied, check, fix, wanted
from imageshim.codemod.text.edits import EditError
from imageshim.codemod.text.source import Source, SourceError


def finding(*edits: Edit, group: int | None = None, applicability: str | None = "safe") -> Finding:
    return Finding("IMG001", "m", 1, 0, 1, 1, applicability, edits, group)


def test_the_chain_says_how_a_value_got_there():
    source = Source(
        "a.py",
        b"""import base64, litellm
def ask():
    return litellm.completion(model="gemini-image", messages=[])
reply = ask()
data = base64.b64decode(reply.choices[0].message.content)
""",
    )
    (found,) = check(source, Settings())
    assert [(step.text, step.line) for step in found.chain] == [
        ("completion()", 3),
        ("ask() returns", 3),
        ("reply", 4),
        ("read", 5),
        ("decoded", 5),
    ]
    assert (found.code, found.line, found.column, found.end_column) == ("IMG002", 5, 24, 56)


def test_what_was_missing_is_said():
    source = Source(
        "a.py",
        b"""import litellm
from openai import OpenAI
client = OpenAI()
response = client.chat.completions.create(model="x", messages=[])
print(response.choices[0].message.image)
def url(reply):
    return reply.choices[0].message.image
""",
    )
    one, two = check(source, Settings())
    assert one.edits == two.edits == ()
    assert "`response` comes from `client.chat.completions.create()`" in one.missing
    assert "--assume-litellm" in one.missing
    assert "`reply` is a parameter of url()" in two.missing


def test_findings_come_in_the_order_of_the_file():
    source = Source(
        "a.py",
        b"""import litellm
m = litellm.completion(model="gemini-image", messages=[]).choices[0].message
n = litellm.completion(model="gemini-image", messages=[]).choices[0].message
print(m.content, n.image)
print(n.image)
""",
    )
    found = check(source, Settings())
    assert [(one.line, one.code) for one in found] == [(4, "IMG002"), (4, "IMG001"), (5, "IMG001")]


@pytest.mark.parametrize(
    ("select", "ignore", "is_wanted"),
    [
        ((), (), True),
        (("IMG001",), (), True),
        (("IMG002",), (), False),
        (("IMG0",), ("IMG001",), False),
        (("IMG001",), ("IMG0",), True),
        ((), ("IMG",), False),
        (("ALL",), (), True),
        (("ALL",), ("IMG001",), False),
    ],
)
def test_the_longer_prefix_decides(select, ignore, is_wanted):
    assert wanted("IMG001", Settings(select=select, ignore=ignore)) is is_wanted


def test_a_group_is_applied_as_a_whole_or_not_at_all():
    safe = finding(Edit(0, 1, "a"), group=1)
    unsafe = finding(Edit(2, 3, "b"), group=1, applicability="unsafe")
    alone = finding(Edit(4, 5, "c"))
    assert list(applied([safe, unsafe, alone])) == [alone]
    assert set(applied([safe, unsafe, alone], unsafe=True)) == {safe, unsafe, alone}


def test_a_reader_that_stays_keeps_its_group():
    safe = finding(Edit(0, 1, "a"), group=1)
    left = finding(group=1, applicability=None)
    assert list(applied([safe, left], unsafe=True)) == []


def test_of_two_that_clash_the_chosen_one_is_made():
    safe = finding(Edit(0, 4, "a"))
    unsafe = finding(Edit(2, 6, "b"), applicability="unsafe")
    assert list(applied([safe, unsafe])) == [safe]
    assert list(applied([safe, unsafe], unsafe=True)) == [unsafe]


def test_nothing_to_do_is_the_same_bytes():
    data = b"import litellm\n"
    assert fix(Source("a.py", data), []) is data


def test_a_result_that_is_not_what_was_planned_is_refused():
    with pytest.raises(EditError):
        fix(Source("a.py", b"x = m.image\n"), [finding(Edit(6, 11, "b or"))])


def test_a_file_that_cannot_be_parsed_is_said():
    with pytest.raises(SourceError, match=r"a\.py:1"):
        check(Source("a.py", b"import litellm; x = = 1"), Settings())


class Seen(NamedTuple):
    line: int
    end_line: int
    column: int
    end_column: int
    read: str = "image"
    how: str = "attribute"
    treated: tuple[str, ...] = ()


def traced(code: str, *seen: Seen, unsafe: bool = False) -> str:
    rows = [
        TracedRead("a.py", "", carrier="message", instead="", times=1, module="", function="",
                   **one._asdict())
        for one in seen
    ]  # fmt: skip
    source = Source("a.py", code.encode())
    return fix(source, check(source, Settings(), trace=rows), unsafe=unsafe).decode()


def test_what_was_seen_is_proven():
    code = "def url(m):\n    return m.image['url']\n"
    assert traced(code) == code
    assert traced(code, Seen(2, 2, 11, 18)) == code.replace("image", "images[0]['image_url']")


def test_content_that_was_seen_to_hold_an_image():
    code = "def url(m):\n    return m.content\n"
    assert traced(code, Seen(2, 2, 11, 20, read="content")) == code
    new = traced(code, Seen(2, 2, 11, 20, read="content", treated=("b64decode at a.py:9",)))
    assert (
        new == "from imageshim import legacy_content\ndef url(m):\n    return legacy_content(m)\n"
    )


def test_a_name_in_a_variable_that_was_seen_to_be_image():
    code = "def field(m, name):\n    return getattr(m, name, None)\n"
    new = traced(code, Seen(2, 2, 11, 33, how="getattr"))
    assert 'return (first_image(m) if name == "image" else getattr(m, name, None))' in new


def test_a_place_where_there_is_no_such_read_is_nothing():
    code = "def url(m):\n    return m.image['url']\n"
    assert traced(code, Seen(2, 2, 11, 12)) == code
    assert traced(code, Seen(1, 1, 0, 3)) == code


def test_what_was_seen_in_code_for_several_formats_stays():
    code = "def url(m):\n    return m.images if hasattr(m, 'images') else m.image\n"
    assert traced(code, Seen(2, 2, 48, 55)) == code


def test_every_rule_explains_itself_with_code_that_parses():
    for rule in rules.load().values():
        assert rule.summary.strip()
        assert len(rule.documentation.split()) > 30
        assert rule.before.strip()
        assert rule.before != rule.after
        if rule.code < "IMG100":
            compile(rule.before, "before", "exec")
            compile(rule.after, "after", "exec")


def test_a_code_is_given_once():
    with pytest.raises(ValueError, match="IMG001 is image-field already"):
        rules.rule("IMG001", "other", before="a", after="b")(lambda _file: iter(()))


DEEP = "x = " + " + ".join(["m.content"] * 3000)


@pytest.mark.parametrize(
    "code", [DEEP, "x = " + "-" * 3000 + "1", "if a: pass\n" + "elif b: pass\n" * 1500]
)
def test_deep_code_is_checked_or_said(code):
    source = Source("a.py", f"import litellm\n{code}\n".encode())
    with contextlib.suppress(SourceError):  # Python's own parser may give up as well
        assert check(source, Settings()) == []
