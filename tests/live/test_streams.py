"""Streams of real LiteLLM releases, in every format, collected: as the upstream sent them."""

from __future__ import annotations

import pytest

import captured
from imageshim import Format, format_of

from . import environments, scenarios

pytestmark = pytest.mark.live

# 1.70.0 has no images in streams yet.
RELEASES = [version for version in environments.LITELLM if version != "1.70.0"]
VERSIONS = RELEASES
SCENARIOS = ("d_text_image_text_image", "k_nopad_then_letters", "l_tool_image", "e_text_only")


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("version", VERSIONS)
def test_streams_in_every_format_say_what_the_upstream_sent(version, is_async, probe, upstream):
    process = probe(environments.litellm(version))
    for scenario in SCENARIOS:
        truth = [(one.text, one.images) for one in captured.upstream()[scenario]]
        for to in Format:
            made = process.call(
                "streams.converted",
                url=scenarios.url(upstream, scenario), to=to.value, is_async=is_async,
            )  # fmt: skip
            assert made["chunks"] == ["ModelResponseStream"]
            assert made["reply"] == "ModelResponse"
            assert [(text, urls) for text, urls in made["said"]] == truth, (scenario, to)
            assert made["finish"] == ["tool_calls" if _calls(version, scenario) else "stop"]
            calls = made["dump"]["choices"][0]["message"].get("tool_calls") or []
            assert [call["function"]["name"] for call in calls] == (
                ["save_image"] if scenario == "l_tool_image" else []
            )


def _calls(version, scenario):
    """Whether that release says that the model has called (it gave ``stop`` up to 1.81.6)."""
    return scenario == "l_tool_image" and version == environments.NEWEST


def test_every_era_is_among_the_releases():
    known = {format_of(version) for version in RELEASES if version != environments.NEWEST}
    assert known == {Format.CONTENT, Format.IMAGE, Format.IMAGES}
