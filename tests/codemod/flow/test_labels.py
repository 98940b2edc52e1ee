"""What is not known is called by what it comes from: URLs, clients, settings."""

import ast

import pytest

from imageshim.codemod.flow import values as v
from imageshim.codemod.flow.hooks import Given
from imageshim.codemod.flow.interpreter import Interpreter
from imageshim.codemod.flow.labels import asked_for, labelled, names_of, put_together
from imageshim.codemod.knowledge import known
from imageshim.codemod.knowledge.reads import Reads


def interpreter(*, tracks=True):
    at = Interpreter(ast.parse(""), "a.py", "", (), None, known(), Reads())
    at.tracks = tracks
    at.env["url"] = v.Const("http://proxy/v1")
    return at


def expression(text):
    return ast.parse(text, mode="eval").body


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("post(url)", {"post", "url", "http://proxy/v1"}),
        ("session.post(PROXY_URL)",
         {"session", "post", "session.post", "PROXY_URL"}),
        ("request('GET', url)", {"request", "url", "http://proxy/v1"}),
        ("Client(base_url=url)", {"Client", "url", "http://proxy/v1"}),
        ("ask(prompt, model=url)", {"ask"}),
        ("ask('text')", {"ask"}),
    ],
)  # fmt: skip
def test_a_call_is_called_by_its_function_and_its_place(text, labels):
    at, node = interpreter(), expression(text)
    assert isinstance(node, ast.Call)
    keywords = {one.arg: at.value(one.value) for one in node.keywords if one.arg}
    given = Given(node, [at.value(one) for one in node.args], keywords)

    assert labelled(at, node, given).labels == labels


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("self.client.create", {"self", "client", "create", "self.client", "self.client.create"}),
        ("replies[0].choices", {"replies", "choices", "replies.choices"}),
        ("'text'", {"text"}),
        ("ask()", set()),
    ],
)
def test_an_object_has_the_names_of_all_its_parts(text, names):
    assert names_of(interpreter(), expression(text)) == names


def test_a_text_that_may_be_a_url_is_called_by_its_parts():
    at = interpreter()

    assert put_together(at, expression("f'{BASE_URL}/v1'")) == v.Maybe(
        frozenset({"BASE_URL", "/v1"})
    )
    assert put_together(at, expression("name + 'x'")) is v.UNKNOWN
    assert put_together(interpreter(tracks=False), expression("BASE_URL + 'x'")) is v.UNKNOWN


@pytest.mark.parametrize(
    ("text", "key"),
    [("a.get('k')", "k"), ("a.get(k)", None), ("get('k')", None), ("a.get()", None)],
)
def test_a_key_is_asked_for_by_get(text, key):
    node = expression(text)
    assert isinstance(node, ast.Call)
    assert asked_for(node) == key
