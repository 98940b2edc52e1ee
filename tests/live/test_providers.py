"""What real LiteLLM releases send to Claude, Bedrock and Gemini of images in a conversation."""

from __future__ import annotations

import json
from typing import Any

import pytest

from imageshim.messages.receivers import receiver
from imageshim.testing import pictures

from . import environments
from .recording import Recorder, record
from .test_replies import NEWEST_CAPTURED

pytestmark = pytest.mark.live

VERSIONS = ("1.75.9", "1.76.3", "1.77.0", "1.80.0", environments.NEWEST)
JPEG, PNG = pictures.jpeg().url.partition(",")[2], pictures.png().url.partition(",")[2]
CALL = {"id": "call_1", "type": "function", "function": {"name": "plot", "arguments": "{}"}}
TOOL = {"type": "function", "function": {"name": "plot", "parameters": {"type": "object"}}}
VERTEX = {"vertex_project": "fake-project", "vertex_location": "us-central1"}
MODELS: dict[str, dict[str, Any]] = {
    "anthropic/claude-sonnet-4-20250514": {},
    "vertex_ai/claude-sonnet-4@20250514": VERTEX,
    "bedrock/us.anthropic.claude-sonnet-4-20250514-v1:0": {"aws_region_name": "us-east-1"},
    "gemini/gemini-2.5-flash-image": {},
    "gemini/gemini-3-pro-image-preview": {},
    "gemini/gemini-pro-latest": {},
}


def mislabelled(payload: str) -> dict[str, Any]:
    """A picture under a media type that it has not, as image models send them."""
    return {"type": "image_url", "image_url": {"url": f"data:image/jpg;base64,{payload}"}}


DRAWN = [
    {"role": "user", "content": "Draw."},
    {"role": "assistant", "content": "Here", "images": [{**mislabelled(PNG), "index": 0}]},
    {"role": "user", "content": "In blue."},
]
PLOTTED = [
    {"role": "user", "content": "Plot."},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "call_1", "content": [mislabelled(JPEG)]},
]


def models(version: str) -> list[str]:
    """Older releases ask for Google's and Amazon's own SDKs before they speak to Claude there."""
    is_newest = version == environments.NEWEST
    return [name for name, more in MODELS.items() if is_newest or "claude" not in name or not more]


def asks(
    server: Recorder, account: str, messages: list[Any], names: list[str]
) -> list[dict[str, Any]]:
    common = {
        "api_base": f"{server.url}/m", "messages": messages, "tools": [TOOL],
        "aws_bedrock_runtime_endpoint": server.url,
    }  # fmt: skip
    return [
        {
            "model": name, **MODELS[name], **common,
            **({"vertex_credentials": account} if MODELS[name] is VERTEX else {"api_key": "any"}),
        }
        for name in names
    ]  # fmt: skip


def images(body: Any) -> list[tuple[str, str]]:
    """The media type and the payload of each image, however the provider wants it written."""
    if isinstance(body, list):
        return [found for item in body for found in images(item)]
    if not isinstance(body, dict):
        return []
    if isinstance(body.get("format"), str):  # Bedrock's
        return [(f"image/{body['format']}", body["source"]["bytes"])]
    if isinstance(body.get("data"), str):
        named = (body.get(name) for name in ("media_type", "mime_type", "mimeType"))
        return [(next(filter(None, named)), body["data"])]
    return [found for value in body.values() for found in images(value)]


@pytest.fixture
def account(upstream) -> str:
    """Vertex AI's credentials, whose tokens the fake Gemini gives out."""
    return json.dumps(upstream.service_account())


@pytest.mark.parametrize("version", VERSIONS)
def test_each_provider_gets_each_image_with_its_own_media_type(version, probe, account):
    process, names = probe(environments.litellm(version)), models(version)
    with record() as server:
        for messages, expected in ((DRAWN, ("image/png", PNG)), (PLOTTED, ("image/jpeg", JPEG))):
            server.bodies.clear()
            ends = process.call(
                "history.send", how="wrap", asks=asks(server, account, messages, names)
            )
            assert ends == ["Nice."] * len(names)
            for model, body in zip(names, server.bodies, strict=True):
                assert images(body) == [expected], model


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_known_of_providers_is_what_litellm_sends(version, probe, account):
    """Without imageshim: the images of tools arrive where the table says so, and only there."""
    process, names = probe(environments.litellm(version)), models(version)
    exact = NEWEST_CAPTURED if version == environments.NEWEST else version
    with record() as server:
        image = {"type": "image_url", "image_url": {"url": pictures.jpeg().url}}
        messages = [*PLOTTED[:-1], {**PLOTTED[-1], "content": [image]}]
        process.call("history.send", how="plain", asks=asks(server, account, messages, names))
        for model, body in zip(names, server.bodies, strict=True):
            assert bool(images(body)) is receiver(exact, model).tool_results, model


@pytest.mark.parametrize("version", ["1.76.3", environments.NEWEST])
def test_only_the_last_generated_images_are_sent(version, probe, account):
    process, names = probe(environments.litellm(version)), models(version)
    messages = [*DRAWN, {**DRAWN[1], "images": [{**mislabelled(JPEG), "index": 0}]}, DRAWN[2]]
    with record() as server:
        sent = asks(server, account, messages, names)
        assert set(process.call("history.send", how="wrap", asks=sent, keep_images=1)) == {"Nice."}
        for model, body in zip(names, server.bodies, strict=True):
            assert images(body) == [("image/jpeg", JPEG)], model
            assert "Here [A generated image stood here.]" in json.dumps(body), model
