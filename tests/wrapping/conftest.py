"""A server that answers with text and two pictures, and clients of it."""

from __future__ import annotations

import pytest
from openai import AsyncOpenAI, OpenAI

from imageshim.testing.fake_gemini import FakeGemini, Image, Reply, Text, fake_gemini
from imageshim.wrapping import call_sites

REQUEST = {"model": "m", "messages": [{"role": "user", "content": "Draw."}]}


@pytest.fixture
def server():
    with fake_gemini(Reply([Text("Two: "), Image("png"), Image("jpeg")])) as running:
        yield running


@pytest.fixture
def client(server: FakeGemini):
    with OpenAI(base_url=server.openai_url, api_key="any", max_retries=0) as made:
        yield made


@pytest.fixture
async def async_client(server: FakeGemini):
    async with AsyncOpenAI(base_url=server.openai_url, api_key="any", max_retries=0) as made:
        yield made


@pytest.fixture(autouse=True)
def _fresh_process(monkeypatch):
    """Let each test be a process of its own, as far as warnings and sites go."""
    state = call_sites._State()
    state.umbrella = True
    monkeypatch.setattr(call_sites, "_state", state)


@pytest.fixture
def request_():
    return REQUEST
