"""Every rule on its pairs and on what it must leave alone (``cases/``, one file a rule)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from codemod.cases import Case, cases_of
from imageshim.codemod import rules
from imageshim.codemod.project.settings import Settings
from imageshim.codemod.running.engine import check, fix
from imageshim.codemod.text.source import Source

CASES = [
    case
    for file in sorted((Path(__file__).parent / "cases").glob("*.txt"))
    for case in cases_of(file)
]
PAIRS = [case for case in CASES if case.changes]
NO_OPS = [case for case in CASES if not case.changes]


def fixed(text: str, case: Case, *, unsafe: bool) -> str:
    source = Source("program.py", text.encode())
    return fix(source, check(source, case.settings), unsafe=unsafe).decode()


@pytest.mark.parametrize("case", PAIRS, ids=lambda case: case.id)
def test_a_pair_is_rewritten_as_it_stands_there(case):
    if not case.can_be_parsed:
        pytest.skip("needs a newer Python")
    assert fixed(case.before, case, unsafe=case.is_unsafe) == case.after
    ast.parse(case.after)


@pytest.mark.parametrize("case", PAIRS, ids=lambda case: case.id)
def test_an_unsafe_pair_is_only_rewritten_on_demand_and_a_second_run_changes_nothing(case):
    if not case.can_be_parsed:
        pytest.skip("needs a newer Python")
    if case.is_unsafe and "safe" not in case.options:
        assert fixed(case.before, case, unsafe=False) == case.before
    assert fixed(case.after, case, unsafe=case.is_unsafe) == case.after


@pytest.mark.parametrize("case", PAIRS, ids=lambda case: case.id)
def test_what_fix_writes_fails_no_check(case):
    if not case.can_be_parsed:
        pytest.skip("needs a newer Python")
    new = fixed(case.before, case, unsafe=case.is_unsafe)
    found = check(Source("program.py", new.encode()), case.settings)
    failing = [
        one for one in found if not one.advice and (one.edits or one.proven or not one.missing)
    ]
    assert [(one.code, one.line, one.message) for one in failing] == []


@pytest.mark.parametrize("case", NO_OPS, ids=lambda case: case.id)
def test_what_is_no_rules_business_has_no_edits(case):
    found = check(Source("program.py", case.before.encode()), case.settings)
    if "offer" in case.options:
        assert fixed(case.before, case, unsafe=False) == case.before
        assert "unsafe" in {one.applicability for one in found}
        return
    assert [one.edits for one in found if one.edits] == []
    if "finds" in case.options:
        assert case.options["finds"] in [one.code for one in found]
        assert all(one.missing for one in found)


PLAIN = [case for case in PAIRS if case.file == "plain"]


@pytest.mark.parametrize("case", PLAIN, ids=lambda case: case.id)
def test_plain_code_needs_no_helper_and_keeps_to_the_rules(case):
    assert "imageshim" not in case.after
    later = check(Source("program.py", case.after.encode()), case.settings)
    assert [one for one in later if not one.advice] == []


HELPED = """
import litellm
def ask(model):
    content = litellm.completion(model=model, messages=[]).choices[0].message.content
    if not content:
        return None
    if content.startswith("data:image"):
        return content
    return {content}
"""


CALL = (
    "import base64, re, litellm\nm = litellm.completion(model=x, messages=[]).choices[0].message\n"
)
WITHOUT_PLAIN = {
    "the text is asked about before, and an image alone has none": HELPED.format(content="content"),
    "there may be text around the image": (
        f"{CALL}text = m.content\nif 'data:image' in text:\n    show(text)\n"
    ),
    "a pattern": f"{CALL}show(re.findall('data:image/png;base64,[^ ]+', m.content))\n",
    "a handler for a text that is no image": (
        f"{CALL}try:\n    show(base64.b64decode(m.content.split(',')[1]))\n"
        "except IndexError:\n    pass\n"
    ),
}


@pytest.mark.parametrize("program", WITHOUT_PLAIN.values(), ids=WITHOUT_PLAIN)
def test_what_has_no_short_plain_form_gets_a_helper(program):
    source = Source("program.py", program.encode())
    assert b"legacy_content(" in fix(source, check(source, Settings()))


@pytest.mark.parametrize("case", PLAIN, ids=lambda case: case.id)
def test_helpers_are_written_where_they_are_asked_for(case):
    source = Source("program.py", case.before.encode())
    new = fix(source, check(source, Settings(style="helpers"))).decode()
    assert '[0].get("image_url"' not in new
    assert ":= getattr(" not in new


def test_there_are_as_many_cases_as_were_promised():
    assert len(PAIRS) >= 150
    assert len(NO_OPS) >= 150
    files = {case.file for case in CASES}
    modules = {
        rule.check.__module__.rpartition(".")[2]
        for rule in rules.load().values()
        if rule.code < "IMG010"
    }
    assert modules <= files


def test_content_without_a_sign_of_an_image_is_no_finding():
    program = (
        b"import json, litellm\n"
        b"def ask(model):\n"
        b"    m = litellm.completion(model=model, messages=[]).choices[0].message\n"
        b"    return json.loads(m.content)\n"
    )
    case = next(one for one in CASES if one.title == "nothing says that it is an image")

    assert check(Source("program.py", program), case.settings) == []
    assert check(Source("program.py", case.before.encode()), case.settings) == []
