"""Real LiteLLM releases give what the captures say, from the same upstream."""

from __future__ import annotations

from typing import Any

import pytest

import captured

from . import environments, scenarios

pytestmark = pytest.mark.live

VERSIONS = environments.LITELLM
MODES = ("complete", "stream")


_CARRY_IMAGES = ("content", "image", "images")
NEWEST_CAPTURED = "1.109.1"


def plain(reply: dict[str, Any]) -> list[dict[str, Any]]:
    """The choices of a reply or a chunk, without what is new in each call."""
    choices = []
    for choice in reply["choices"]:
        name = "message" if "message" in choice else "delta"
        message = {key: value for key, value in choice[name].items() if value not in (None, [])}
        for call in message.get("tool_calls") or ():
            call.pop("id")
        choices.append(
            {"index": choice["index"], "finish_reason": choice["finish_reason"], name: message}
        )
    return choices


def as_captured(version: str, scenario: str, mode: str) -> Any:
    if mode == "complete":
        return plain(captured.replies(version)[scenario])
    return [plain(chunk) for chunk in captured.streams(version)[scenario]]


def fields(choices: Any) -> Any:
    """Of ``plain()`` what carries text and images."""
    if isinstance(choices, list):
        return [fields(choice) for choice in choices]
    message = choices.get("message") or choices.get("delta") or {}
    return choices["index"], {key: message[key] for key in _CARRY_IMAGES if key in message}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("version", VERSIONS)
def test_every_scenario_is_as_captured(version, mode, probe, upstream):
    process = probe(environments.litellm(version))
    is_newest = version == environments.NEWEST
    different = {}
    for scenario in scenarios.SCENARIOS:
        got = process.call(f"replies.{mode}", url=scenarios.url(upstream, scenario))
        live = plain(got) if mode == "complete" else [plain(chunk) for chunk in got]
        known = as_captured(NEWEST_CAPTURED if is_newest else version, scenario, mode)
        if is_newest:
            # The newest may be newer than the capture: other fields may have come.
            live, known = fields(live), fields(known)
        if live != known:
            different[scenario] = (live, known)
    assert not different


@pytest.mark.parametrize("version", VERSIONS)
def test_the_release_is_the_one_that_was_asked_for(version, probe):
    exact = environments.newest_litellm() if version == environments.NEWEST else version
    assert probe(environments.litellm(version)).call("replies.version") == exact
