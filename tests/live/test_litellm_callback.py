"""Real LiteLLM proxies with the callback: every client gets the format it asks for."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
import yaml

import captured
from imageshim import Format, collect, detect, read
from imageshim.testing.fake_gemini import FakeGemini

from . import environments, node, proxies

pytestmark = pytest.mark.live

VERSIONS = proxies.PROXIES
FORMATS = [str(member) for member in Format]
TEXT_AND_IMAGE, TWO = "b_text_image", "f_two_images"

# Releases up to 1.90.7 look for callbacks beside config.yaml only.
BESIDE = "from imageshim.server.litellm_callback import image_formats\n"
AUTH = """
from litellm.proxy._types import UserAPIKeyAuth

METADATA = {
    "sk-content-key": {"metadata": {"image_format": "content"}},
    "sk-image-team": {"team_metadata": {"image_format": "image"}},
    "sk-aliased": {"key_alias": "reports"},
    "sk-misspelt": {"metadata": {"image_format": "pictures"}},
}


async def authenticate(request, api_key):
    return UserAPIKeyAuth(api_key=api_key, **METADATA.get(api_key, {}))
"""
RULES = """
sunset = 2030-03-01

[[rules]]
format = "parts"
key_alias = "reports"

[[rules]]
format = "image"
user_agent = "OldClient/*"
"""


@contextmanager
def running(version: str, upstream: FakeGemini) -> Iterator[proxies.Proxy]:
    old = version != environments.NEWEST
    name = "image_formats" if old else "imageshim.server.litellm_callback"
    settings = proxies.config(
        upstream,
        litellm_settings={"callbacks": f"{name}.image_formats"},
        general_settings={"custom_auth": "keys.authenticate"},
    )
    files = {"keys.py": AUTH, "rules.toml": RULES, **({"image_formats.py": BESIDE} if old else {})}
    environ = {"IMAGESHIM_RULES": "rules.toml"}
    with proxies.proxy(environments.litellm_proxy(version), settings, files, environ) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def proxy_of(upstream) -> Iterator[Any]:
    """The proxy of a version, started once."""
    started: dict[str, tuple[Any, proxies.Proxy]] = {}

    def of(version: str) -> proxies.Proxy:
        if version not in started:
            manager = running(version, upstream)
            started[version] = manager, manager.__enter__()
        return started[version][1]

    yield of
    for manager, _ in started.values():
        manager.__exit__(None, None, None)


def ask(proxy: proxies.Proxy, scenario: str, headers: dict[str, str] | None = None, **body: Any):
    asked = {"model": scenario, "messages": [{"role": "user", "content": "Draw."}], **body}
    sent = {"Authorization": f"Bearer {proxy.key}", **(headers or {})}
    url = f"{proxy.url}/v1/chat/completions"
    return httpx.post(url, json=asked, headers=sent, timeout=60)


def deltas_of(text: str) -> list[dict[str, Any]]:
    lines = [line[6:] for line in text.split("\n") if line.startswith("data: {")]
    return [json.loads(line) for line in lines]


def seen(message: dict[str, Any], source: str) -> tuple[str, list[str]]:
    reading = read(message, source=source)
    return reading.text, [image.url for image in reading.images]


def truth(scenario: str) -> tuple[str, list[str]]:
    (one,) = captured.upstream()[scenario]
    return one.text, one.images


@pytest.mark.parametrize("wanted", FORMATS)
@pytest.mark.parametrize("version", VERSIONS)
class TestEveryFormat:
    def test_whole_replies(self, version, wanted, proxy_of):
        answer = ask(proxy_of(version), TEXT_AND_IMAGE, {"X-Image-Format": wanted})
        message = answer.json()["choices"][0]["message"]
        assert answer.headers["x-image-format"] == wanted
        assert str(detect(message, wanted)) == wanted
        assert seen(message, wanted) == truth(TEXT_AND_IMAGE)

    def test_streams(self, version, wanted, proxy_of):
        answer = ask(proxy_of(version), TWO, {"X-Image-Format": wanted}, stream=True)
        chunks = deltas_of(answer.text)
        found = [detect(chunk["choices"][0]["delta"], wanted) for chunk in chunks]
        whole = collect(chunks, source=wanted)["choices"][0]["message"]
        assert answer.headers["x-image-format"] == wanted
        assert answer.text.endswith("data: [DONE]\n\n")
        assert {str(one) for one in found if one} == {wanted}
        assert seen(whole, wanted) == truth(TWO)

    def test_old_formats_say_that_they_are_going(self, version, wanted, proxy_of):
        for more in ({}, {"stream": True}):
            headers = ask(proxy_of(version), TEXT_AND_IMAGE, {"X-Image-Format": wanted}, **more)
            told = {name for name in ("deprecation", "sunset", "link") if name in headers.headers}
            old = wanted in {"content", "image"}
            assert told == ({"deprecation", "sunset", "link"} if old else set())
        if old:
            assert headers.headers["sunset"] == "Fri, 01 Mar 2030 00:00:00 GMT"


@pytest.mark.parametrize("version", VERSIONS)
class TestNegotiation:
    def test_without_a_wish_it_is_images(self, version, proxy_of):
        answer = ask(proxy_of(version), TEXT_AND_IMAGE)
        assert detect(answer.json()["choices"][0]["message"]) is Format.IMAGES

    def test_the_body_s_metadata_asks_and_the_upstream_never_sees_it(
        self, version, proxy_of, upstream
    ):
        before = len(upstream.requests)
        metadata = {"image_format": "content", "other": "kept"}
        answer = ask(proxy_of(version), TEXT_AND_IMAGE, metadata=metadata)
        assert answer.headers["x-image-format"] == "content"
        assert "data:image/png" in answer.json()["choices"][0]["message"]["content"]
        assert all("image_format" not in str(one.body) for one in upstream.requests[before:])

    @pytest.mark.parametrize(
        ("key", "agent", "expected"),
        [
            ("sk-content-key", "any", "content"),
            ("sk-image-team", "any", "image"),
            ("sk-aliased", "any", "parts"),
            ("sk-misspelt", "any", "images"),
            ("sk-other", "OldClient/3.1", "image"),
        ],
    )
    def test_keys_teams_and_rules_decide(self, version, key, agent, expected, proxy_of):
        headers = {"Authorization": f"Bearer {key}", "User-Agent": agent}
        answer = ask(proxy_of(version), TEXT_AND_IMAGE, headers)
        assert answer.headers["x-image-format"] == expected
        assert str(detect(answer.json(), expected)) == expected

    @pytest.mark.parametrize("stream", [False, True])
    def test_an_unknown_format_is_refused_as_openai_refuses(self, version, stream, proxy_of):
        answer = ask(
            proxy_of(version), TEXT_AND_IMAGE, {"X-Image-Format": "pictures"}, stream=stream
        )
        error = answer.json()["error"]
        assert answer.status_code == 400
        assert error["type"] == "invalid_request_error"
        assert error["param"] == "X-Image-Format"
        assert all(name in error["message"] for name in FORMATS)


@pytest.mark.parametrize("version", VERSIONS)
class TestTheReportedCases:
    def test_the_guide_s_snippet_for_the_proxy(self, version, proxy_of):
        proxy = proxy_of(version)
        client = openai.OpenAI(
            base_url=proxy.url, api_key=proxy.key, default_headers={"User-Agent": "OldClient/1"}
        )
        with client:
            response = client.chat.completions.create(
                model=TEXT_AND_IMAGE,
                messages=[{"role": "user", "content": "Generate an image of a cat"}],
                extra_body={"modalities": ["image", "text"]},
            )
        assert response.choices[0].message.image["url"] == truth(TEXT_AND_IMAGE)[1][0]

    def test_the_guide_s_curl_call(self, version, proxy_of):
        proxy = proxy_of(version)
        body = {
            "model": TEXT_AND_IMAGE,
            "messages": [{"role": "user", "content": "Generate an image of a cat"}],
            "modalities": ["image", "text"],
        }
        done = subprocess.run(
            [
                "curl", "--silent", "--fail", "-X", "POST", f"{proxy.url}/v1/chat/completions",
                "-H", "Content-Type: application/json", "-H", f"Authorization: Bearer {proxy.key}",
                "-H", "X-Image-Format: content", "-d", json.dumps(body),
            ],
            capture_output=True, check=True,
        )  # fmt: skip
        content = json.loads(done.stdout)["choices"][0]["message"]["content"]
        assert content == "".join([truth(TEXT_AND_IMAGE)[0], *truth(TEXT_AND_IMAGE)[1]])


@pytest.mark.parametrize("version", VERSIONS)
class TestOtherClients:
    @pytest.mark.parametrize("major", environments.OPENAI)
    def test_the_openai_sdk_of_python(self, version, major, proxy_of, probe):
        proxy = proxy_of(version)
        process = probe(environments.openai_sdk(major))
        words = {"url": proxy.url, "key": proxy.key, "model": TWO}
        for wanted in FORMATS:
            headers = {"X-Image-Format": wanted}
            whole = process.call(
                "openai_client.create", **{**words, "model": TEXT_AND_IMAGE}, headers=headers
            )
            assert whole["headers"]["x-image-format"] == wanted
            assert seen(whole["message"], wanted) == truth(TEXT_AND_IMAGE)
            deltas = process.call("openai_client.stream", **words, headers=headers)
            found = {str(one) for one in (detect(delta, wanted) for delta in deltas) if one}
            assert found == {wanted}
        helped = process.call("openai_client.stream_helper", **words, headers={})
        assert [item["image_url"]["url"] for item in helped["images"]] == truth(TWO)[1]

    @pytest.mark.parametrize("wanted", FORMATS)
    def test_the_openai_sdk_of_node(self, version, wanted, proxy_of):
        proxy = proxy_of(version)
        words = {"url_": proxy.url, "key": proxy.key, "format": wanted}
        told = node.run("openai_sdk.mjs", **words, model=TEXT_AND_IMAGE)
        assert told["format"] == wanted
        assert seen(told["message"], wanted) == truth(TEXT_AND_IMAGE)
        found = {str(one) for one in (detect(d, wanted) for d in told["deltas"]) if one}
        assert found == {wanted}

    def test_fetch(self, version, proxy_of):
        proxy = proxy_of(version)
        for wanted in FORMATS:
            words = {"url_": proxy.url, "key": proxy.key, "format": wanted}
            told = node.run("fetch.mjs", **words, model=TEXT_AND_IMAGE)
            assert told["format"] == wanted
            assert seen(told["message"], wanted) == truth(TEXT_AND_IMAGE)
            found = {str(one) for one in (detect(d, wanted) for d in told["deltas"]) if one}
            assert found == {wanted}

    @pytest.mark.parametrize(
        ("client", "wanted"),
        [("1.75.9", "content"), ("1.76.3", "content"), ("1.77.0", "images"), ("newest", "images")],
    )
    def test_litellm_of_another_version_swallows_no_image(
        self, version, client, wanted, proxy_of, probe
    ):
        proxy = proxy_of(version)
        process = probe(environments.litellm(client))
        words = {
            "url": f"{proxy.url}/v1", "key": proxy.key, "headers": {"X-Image-Format": wanted},
        }  # fmt: skip
        whole = process.call("replies.through", **words, model=TEXT_AND_IMAGE)
        chunks = process.call("replies.through", **words, model=TWO, stream=True)
        assert seen(whole["choices"][0]["message"], wanted) == truth(TEXT_AND_IMAGE)
        assert seen(collect(chunks, source=wanted), wanted) == truth(TWO)


@pytest.mark.parametrize("version", VERSIONS)
class TestTheHooksThemselves:
    @pytest.fixture
    def call(self, version, probe):
        process = probe(environments.litellm_proxy(version))
        return lambda name, **words: process.call(f"callback.{name}", **words)

    def test_the_wish_is_kept_from_the_upstream_in_all_its_copies(self, call):
        assert call("decided") == {
            "state": {"format": "content", "source": "metadata"}, "told": False,
        }  # fmt: skip

    def test_a_subclass_has_the_hooks_as_its_own(self, call):
        assert len(call("subclass_hooks")) == 4

    def test_a_failure_lets_the_reply_pass_with_a_line_in_the_log(self, call):
        told = call("failing", strict=False)
        assert told["same reply"]
        assert told["same chunks"]
        assert len(told["log"]) == 2  # one for the reply, one for the whole stream
        assert "of no use" in told["log"][0]

    def test_strict_raises(self, call):
        told = call("failing", strict=True)
        assert (told["reply"], told["stream"]) == ("of no use", "of no use")

    def test_what_a_cache_holds_may_be_of_any_release(self, version, call):
        without, with_cache = call("cached")
        own = {"1.75.9": "content", "1.76.3": "image"}.get(version, "images")
        assert (without, with_cache) == (own, None)

    def test_what_litellm_logs_is_left_alone_where_it_takes_what_is_returned(self, version, call):
        assert call("logged") is (version == environments.NEWEST)

    def test_one_layer_at_the_most_adds_headers(self, version, call):
        assert call("layers") == (-1 if version == environments.NEWEST else 1)


@pytest.mark.parametrize("version", [VERSIONS[0], VERSIONS[-1]])
def test_the_configuration_of_the_migration_guide_runs_as_it_is_printed(version, upstream):
    guide = (Path(__file__).parents[2] / "MIGRATION.md").read_text()
    written, module, rules = (
        re.findall(rf"```{language}\n(.*?{word}.*?)```", guide, re.DOTALL)[-1]
        for language, word in (
            ("yaml", "model_list"), ("python", "server.litellm_callback"), ("toml", "default"),
        )
    )  # fmt: skip
    config = yaml.safe_load(written)
    base = proxies.config(upstream)["model_list"][0]["litellm_params"]["api_base"]
    config["model_list"][0]["litellm_params"]["api_base"] = base
    files = {"image_formats.py": module.rpartition("```python\n")[2], "rules.toml": rules}
    environ = {"IMAGESHIM_RULES": "rules.toml", "GEMINI_API_KEY": "any"}
    with proxies.proxy(environments.litellm_proxy(version), config, files, environ) as proxy:
        for headers, wanted in (({}, "content"), ({"X-Image-Format": "images"}, "images")):
            with openai.OpenAI(base_url=f"{proxy.url}/v1", api_key=proxy.key) as client:
                reply = client.chat.completions.create(
                    model="gemini-image-gen",
                    messages=[{"role": "user", "content": "Generate an image of a cat"}],
                    extra_body={"modalities": ["image", "text"]},
                    extra_headers=headers,
                )
            assert detect(reply) == wanted
