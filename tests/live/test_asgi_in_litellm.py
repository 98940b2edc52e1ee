"""The ASGI middleware around LiteLLM's own application, beside the middleware that it has."""

from __future__ import annotations

import openai
import pytest

from imageshim import read

from . import environments, proxies

pytestmark = pytest.mark.live

VERSIONS = ("1.75.9", "newest")
SHIMMED = """
from litellm.proxy.proxy_server import app
from imageshim.server.asgi import ImageFormatMiddleware

app.add_middleware(ImageFormatMiddleware, default="image")
"""
ASKED = {"model": "f_two_images", "messages": [{"role": "user", "content": "Draw."}]}


@pytest.mark.parametrize("version", VERSIONS)
def test_each_client_of_litellms_application_gets_its_format(version, upstream):
    packages = environments.litellm_proxy(version)
    with (
        proxies.proxy(
            packages, proxies.config(upstream), {"shimmed.py": SHIMMED}, app="shimmed:app"
        ) as proxy,
        openai.OpenAI(base_url=f"{proxy.url}/v1", api_key=proxy.key) as client,
    ):
        create = client.chat.completions.with_raw_response.create
        # The SDK accepts gzip, and newer proxies pack what they send.
        by_default = create(**ASKED)
        asked = create(**ASKED, extra_headers={"X-Image-Format": "images"})
        in_body = create(**ASKED, extra_body={"metadata": {"image_format": "content"}})
        with pytest.raises(openai.BadRequestError, match="choose one of content, image"):
            create(**ASKED, extra_headers={"X-Image-Format": "webp"})
        with client.chat.completions.stream(
            **ASKED, extra_headers={"X-Image-Format": "images"}
        ) as stream:
            streamed = stream.get_final_completion()

    for raw, name in ((by_default, "image"), (asked, "images"), (in_body, "content")):
        assert raw.headers["x-image-format"] == name
        assert ("deprecation" in raw.headers) == (name != "images")
    urls = [image.url for image in read(asked.parse()).images]
    assert len(set(urls)) == 2
    assert by_default.parse().choices[0].message.image["url"] == urls[0]
    assert in_body.parse().choices[0].message.content == "".join(urls)
    assert [item["image_url"]["url"] for item in streamed.choices[0].message.images] == urls
