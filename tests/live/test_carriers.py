"""The objects of real LiteLLM releases and of real OpenAI SDKs are carriers like dicts."""

from __future__ import annotations

import pytest

import captured

from . import environments, scenarios

pytestmark = pytest.mark.live

LITELLM = environments.LITELLM
OPENAI = environments.OPENAI


@pytest.mark.parametrize("version", LITELLM)
def test_litellms_own_replies_are_carriers(version, probe, upstream):
    process = probe(environments.litellm(version))
    found = {
        scenario: process.call("carriers.litellm", url=scenarios.url(upstream, scenario))
        for scenario in scenarios.SCENARIOS
    }
    assert not {scenario: faults for scenario, faults in found.items() if faults}


@pytest.mark.parametrize("major", OPENAI)
def test_replies_of_every_version_in_openais_objects(major, probe):
    process = probe(environments.openai_sdk(major))
    assert process.call("carriers.version").startswith(f"{major}.")
    found = {
        (version, scenario): process.call("carriers.openai", reply=reply)
        for version in captured.VERSIONS
        for scenario, reply in captured.replies(version).items()
    }
    assert not {key: faults for key, faults in found.items() if faults}
