"""Strategies and checks of imageshim.testing, on the classes of real LiteLLM releases."""

from __future__ import annotations

import pytest

from . import environments

pytestmark = pytest.mark.live

VERSIONS = ("1.76.3", "1.80.0", environments.NEWEST)


@pytest.fixture(params=VERSIONS)
def process(request, probe):
    return probe(environments.drawing(request.param))


def test_litellms_types_are_drawn(process):
    seen = process.call("drawing.types", examples=40)
    assert all(images > 0 for images in seen.values())


def test_a_reader_is_called_with_litellms_objects_too(process):
    classes = process.call("drawing.carriers")
    assert classes == [
        "ChatCompletion", "ChatCompletionChunk", "ModelResponse", "ModelResponseStream", "dict",
    ]  # fmt: skip


def test_what_a_reader_does_not_read_is_said_of_litellms_objects(process):
    said = process.call("drawing.wrong_reader")
    assert "content" in said
    assert len(said) < 4000
