"""A server that answers with text and two pictures, and clients of it."""

from __future__ import annotations

import sys
import types

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from imageshim.testing import pictures
from imageshim.testing.fake_gemini import FakeGemini, Image, Reply, Text, fake_gemini
from imageshim.wrapping import call_sites, content_sites

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
    monkeypatch.setattr(
        content_sites, "_state", content_sites._State(listeners=content_sites._state.listeners)
    )


@pytest.fixture
def request_():
    return REQUEST


@pytest.fixture
def fake_litellm(monkeypatch):
    """A library of that name with one function, so that no other is needed here."""

    def completion(*, model):
        message = {"content": "Here: ", "image": {"url": pictures.png().url}}
        return {"model": model, "choices": [{"index": 0, "message": message}]}

    completion.__module__ = "litellm.main"
    library = types.ModuleType("litellm")
    library.completion = completion
    monkeypatch.setitem(sys.modules, "litellm", library)
    return library


@pytest.fixture
def litellm_over_sdk(fake_litellm, client):
    """A LiteLLM that calls the OpenAI SDK in one of the ways that LiteLLM has done so."""

    def by_create(**asked):
        return client.chat.completions.with_raw_response.create(**REQUEST, **asked).parse()

    def by_post(*, stream=False):
        return client.post(
            "/chat/completions",
            body={**REQUEST, "stream": stream},
            cast_to=ChatCompletion,
            stream=stream,
            stream_cls=openai.Stream[ChatCompletionChunk],
        )

    seen = []

    def use(call):
        def completion(**asked):
            answer = call(**asked)
            if asked.get("stream"):
                answer = list(answer)
            seen.append(answer)
            return iter(answer) if asked.get("stream") else answer

        completion.__module__ = "litellm.main"
        fake_litellm.completion = completion
        return seen

    return {"create": lambda: use(by_create), "post": lambda: use(by_post)}
