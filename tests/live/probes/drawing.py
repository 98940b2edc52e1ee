"""What imageshim.testing draws and checks where LiteLLM is installed."""

from __future__ import annotations

import warnings
from typing import Any

import imageshim
from imageshim.testing import assert_reads_every_format

# LiteLLM's classes warn of values that are not of their declared types; that is not ours.
warnings.simplefilter("ignore")


def types(examples: int) -> dict[str, int]:
    """Draw of LiteLLM's types as a user's test does; gives how many images each had at most."""
    from hypothesis import given, settings
    from hypothesis import strategies as st
    from litellm.types.utils import ModelResponse, ModelResponseStream

    from imageshim.testing.hypothesis_plugin import register

    register()  # as Hypothesis does, where imageshim is installed
    seen = {"ModelResponse": 0, "ModelResponseStream": 0}

    @settings(max_examples=examples, database=None, deadline=None, derandomize=True)
    @given(st.from_type(ModelResponse), st.from_type(ModelResponseStream))
    def draw(reply: Any, chunk: Any) -> None:
        assert type(reply) is ModelResponse
        assert type(chunk) is ModelResponseStream
        images = sum(len(reading.images) for reading in imageshim.read_all(reply))
        seen["ModelResponse"] = max(seen["ModelResponse"], images)
        collected = imageshim.collect([chunk])
        images = sum(len(reading.images) for reading in imageshim.read_all(collected))
        seen["ModelResponseStream"] = max(seen["ModelResponseStream"], images)

    draw()
    return seen


def carriers() -> list[str]:
    """Check a right reader; gives the classes of what it was called with."""
    classes: set[str] = set()

    def whole(reply: Any, source: str | None = None) -> Any:
        classes.add(type(reply).__name__)
        return imageshim.read(reply, source=source).images

    def streamed(chunks: Any, source: str | None = None) -> Any:
        chunks = list(chunks)
        classes.update(type(chunk).__name__ for chunk in chunks)
        return imageshim.read(imageshim.collect(chunks, source=source), source=source).images

    assert_reads_every_format(whole, http=True, markdown=True, drafts=True)
    assert_reads_every_format(streamed, streamed=True)
    return sorted(classes)


def wrong_reader() -> str:
    """Check a reader that knows dicts only; gives what is said of it."""
    try:
        assert_reads_every_format(
            lambda reply: [item["image_url"]["url"] for item in
                           reply["choices"][0]["message"].get("images") or ()],
            carriers="litellm",
        )  # fmt: skip
    except AssertionError as error:
        return str(error)
    return ""
