"""Calls and streams that do not end well are as they are without imageshim, in every release."""

from __future__ import annotations

import pytest

from imageshim.testing.fake_gemini import (
    Drop,
    HalfJSON,
    HTTPFault,
    Image,
    Reply,
    Stall,
    Text,
    fake_gemini,
)

from . import environments
from .test_replies import VERSIONS

pytestmark = pytest.mark.live

PARTS = [Text("Here: "), Image("png"), Text("and "), Image("jpeg")]
FAULTS = {
    "429": HTTPFault(429),
    "500": HTTPFault(500),
    "half": HalfJSON(),
    "drop": Drop(after_chunks=2),
}


@pytest.mark.parametrize("version", VERSIONS)
def test_streams_that_are_left_early_are_closed(version, probe):
    process = probe(environments.litellm(version))
    # Nothing more comes after the first chunk: the server waits until the client leaves.
    stalling = Reply(PARTS, fault=Stall(after_chunks=1))
    for how in ("plain", "wrap"):
        with fake_gemini(stalling) as server:
            found = process.call("lives.ends", how=how, url=server.gemini_url)
            server.wait_idle()
        assert found == {
            "break": "nothing", "raise": "_BoomError", "interrupt": "KeyboardInterrupt",
            "drop": "nothing",
        }  # fmt: skip
        with fake_gemini(stalling) as server:
            found = process.call("lives.async_ends", how=how, url=server.gemini_url)
        assert found == {"break": "nothing", "raise": "_BoomError", "cancel": "CancelledError"}


@pytest.mark.parametrize("version", VERSIONS)
def test_what_litellm_raises_passes_unchanged(version, probe):
    process = probe(environments.litellm(version))
    for fault in FAULTS.values():
        with fake_gemini(Reply(PARTS, fault=fault)) as server:
            plain, wrapped = (
                process.call("lives.faults", how=how, url=server.gemini_url)
                for how in ("plain", "wrap")
            )
        assert wrapped == plain


@pytest.mark.parametrize("version", VERSIONS)
def test_loggers_get_what_litellm_made(version, probe):
    process = probe(environments.litellm(version))
    with fake_gemini(PARTS) as server:
        plain, *others = (
            process.call("lives.logged", how=how, emit=emit, url=server.gemini_url)
            for how, emit in (
                ("plain", "images"), ("wrap", "content"), ("install", "content"),
                ("install", "images"),
            )
        )  # fmt: skip
    assert len(plain) == 1
    assert "base64" in str(plain)
    assert others == [plain] * 3


@pytest.mark.parametrize("how", ["wrap", "install"])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_call_for_an_old_format_is_seen_at_its_line(version, how, probe):
    process = probe(environments.litellm(version))
    with fake_gemini(PARTS) as server:
        told = process.call("lives.places", how=how, url=server.gemini_url)
    expected = {**dict.fromkeys("12345678", 1), "9": 2}
    if version == "1.70.0":  # it streams no images
        del expected["5"], expected["7"]
    assert told == expected


@pytest.mark.parametrize("version", VERSIONS)
def test_the_responses_api_is_left_alone(version, probe):
    process = probe(environments.litellm(version))
    with fake_gemini(PARTS) as server:
        plain, installed = (
            process.call("lives.responses", how=how, url=server.gemini_url)
            for how in ("plain", "install")
        )
    assert installed == plain
