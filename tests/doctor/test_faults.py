"""The table of known faults."""

from __future__ import annotations

import pytest

from imageshim.doctor import FAULTS, faults_of
from imageshim.timeline import is_at_least


def whats(**versions):
    return [fault.what for fault in faults_of(versions)]


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.before])
def test_a_fault_ends_with_the_release_that_mends_it(fault):
    assert not is_at_least(fault.since, fault.before)
    assert fault in faults_of({fault.library: fault.since})
    assert fault not in faults_of({fault.library: fault.before})
    assert fault not in faults_of({fault.library: f"{fault.before}.1"})


def test_each_version_has_its_own():
    assert any("only the first is kept" in what for what in whats(litellm="1.76.3"))
    assert not any("only the first is kept" in what for what in whats(litellm="1.77.0"))
    assert any("Chunk too big" in what for what in whats(aiohttp="3.12.15"))
    assert whats(aiohttp="3.14.1") == []


def test_a_fault_says_what_mends_it_and_how_it_is_known():
    assert all(fault.mend and fault.source for fault in FAULTS)


def test_what_is_not_installed_or_no_version_has_none():
    assert whats() == []
    assert whats(litellm="of our own") == []
