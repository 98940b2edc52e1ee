"""Where a reply comes from: what is read of it, and what says nothing."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from imageshim.messages.origin import (
    asks_for_images,
    format_of_version,
    is_from_cache,
    provider_of,
)
from imageshim.timeline import Format


def reply(provider=None, **hidden):
    return SimpleNamespace(_hidden_params=hidden, custom_llm_provider=provider)


@pytest.mark.parametrize(
    ("version", "expected"),
    [("1.76.0", Format.CONTENT), ("1.76.2", Format.IMAGE), ("1.80.0", Format.IMAGES),
     ("none", None), ("", None), (None, None)],
)  # fmt: skip
def test_a_version_says_the_format(version, expected):
    assert format_of_version(version) is expected


@pytest.mark.parametrize(
    ("modalities", "expected"),
    [(["image", "text"], True), (("image",), True), (["text"], False), ("image", False),
     (None, False), (7, False)],
)  # fmt: skip
def test_modalities_are_a_list_that_names_images(modalities, expected):
    assert asks_for_images(modalities) is expected


def test_what_litellm_hides_in_a_reply_outranks_its_attribute():
    assert provider_of(reply("openai", custom_llm_provider="gemini")) == "gemini"
    assert provider_of(reply("openai")) == "openai"


@pytest.mark.parametrize("odd", [{}, None, reply(7), SimpleNamespace(_hidden_params="x")])
def test_other_objects_have_no_provider(odd):
    assert provider_of(odd) is None
    assert not is_from_cache(odd)


def test_an_entry_of_the_cache_is_told():
    assert is_from_cache(reply("gemini", cache_hit=True))
    assert is_from_cache(reply("cached_response"))
    assert not is_from_cache(reply("gemini", cache_hit=False))
