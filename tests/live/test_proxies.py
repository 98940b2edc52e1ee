"""Real LiteLLM proxies start, and send what the captures say."""

from __future__ import annotations

import openai
import pytest

from . import environments, proxies

pytestmark = pytest.mark.live

PROXIES = proxies.PROXIES
CARRY = {"1.75.9": "content", "1.76.3": "image", "1.77.5": "images", "newest": "images"}


@pytest.mark.parametrize("version", PROXIES)
def test_a_proxy_sends_images_where_its_version_has_them(version, upstream):
    packages = environments.litellm_proxy(version)
    exact = environments.newest_litellm(proxy=True) if version == environments.NEWEST else version
    asked = {"model": "b_text_image", "messages": [{"role": "user", "content": "Draw."}]}
    with (
        proxies.proxy(packages, proxies.config(upstream)) as proxy,
        openai.OpenAI(base_url=f"{proxy.url}/v1", api_key=proxy.key) as client,
    ):
        raw = client.chat.completions.with_raw_response.create(**asked)
        chunks = list(client.chat.completions.create(**asked, stream=True))

    message = raw.parse().choices[0].message.to_dict()
    assert raw.headers["x-litellm-version"] == exact
    assert "data:image/png" in str(message[CARRY[version]])
    assert any("data:image/png" in str(chunk.choices[0].delta) for chunk in chunks)
