"""Every way of calling the OpenAI SDK gives the same, whatever its version and the server's."""

from __future__ import annotations

import pytest

from . import environments, scenarios
from .expectations import form, sent
from .test_wrapping import EMITS, FEWER, TWO, views

pytestmark = pytest.mark.live

SDKS = environments.OPENAI
STREAMED = ("stream", "raw stream", "stream helper")
SYNC = ("create", "stream", "parse", "stream helper", "raw", "streaming response", "with_options")
WAYS = (*SYNC, *(f"async {way}" for way in SYNC), "raw stream", "raw client", "copy")


@pytest.mark.parametrize("how", ["wrap", "install"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("major", SDKS)
def test_every_way_of_calling_gives_every_format(major, way, how, probe, gateways):
    process = probe(environments.openai_sdk(major))
    streamed = way.removeprefix("async ") in STREAMED
    emits = EMITS if (how, way) in {("wrap", "create"), ("wrap", "stream")} else TWO
    wrong = {}
    for spelled, server in gateways.items():
        asks = [
            {
                "base_url": f"{scenarios.url(server, scenario)}/v1",
                "model": "painter",
                "messages": [{"role": "user", "content": "Draw a picture."}],
                "extra_body": {"modalities": ["image", "text"]},
            }
            for scenario in FEWER
        ]
        answers = process.call("clients.call", how=how, way=way, emits=emits, asks=asks)
        for emit, row in zip(emits, answers, strict=True):
            for scenario, answer in zip(FEWER, row, strict=True):
                if (spelled, scenario) == ("parts", "e_text_only"):
                    continue  # no image, so nothing to convert: the list stays one
                got = views(answer, emit)
                should = [form(sent(spelled, scenario, streamed=streamed), emit)]
                if got != should:
                    wrong[spelled, emit, scenario] = got, should
    assert not wrong
