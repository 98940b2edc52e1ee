"""What is handed to the engine is what it asks for."""

import ast
import inspect

import pytest

from imageshim.codemod.flow import values as v
from imageshim.codemod.flow.hooks import Given, Libraries, Neighbours, Watcher
from imageshim.codemod.flow.project_index import ProjectIndex
from imageshim.codemod.knowledge.libraries import Known
from imageshim.codemod.knowledge.reads import Reads


@pytest.mark.parametrize(
    ("protocol", "made"), [(Libraries, Known), (Watcher, Reads), (Neighbours, ProjectIndex)]
)
def test_what_is_handed_in_takes_what_the_protocol_says(protocol, made):
    asked = {
        name: one
        for name, one in vars(protocol).items()
        if inspect.isfunction(one) and not name.startswith("_")
    }
    assert asked
    for name, one in asked.items():
        assert list(inspect.signature(getattr(made, name)).parameters) == list(
            inspect.signature(one).parameters
        )


def test_the_arguments_of_a_call():
    node = ast.parse("f(1, b=2)", mode="eval").body
    assert isinstance(node, ast.Call)
    one, other = v.Const("one"), v.Const("other")
    given = Given(node, [one], {"b": other})

    assert given.first() is one
    assert given.all() == [one, other]
    assert Given(node, [], {}).first() is v.UNKNOWN
    assert not given.spread
