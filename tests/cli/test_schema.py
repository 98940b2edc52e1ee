"""`imageshim schema`."""

import json

import pytest

from imageshim import Format
from imageshim.schema import json_schema


@pytest.mark.parametrize("name", Format)
def test_the_schema_is_printed(run, name):
    ended = run("schema", name)
    assert (ended.code, json.loads(ended.out)) == (0, json_schema(name))


@pytest.mark.parametrize("words", [(), ("pictures",), ("images", "image")])
def test_anything_else_is_bad_usage(run, words):
    ended = run("schema", *words)
    assert (ended.code, ended.out) == (2, b"")
