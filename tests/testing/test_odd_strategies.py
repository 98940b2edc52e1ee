"""The odd messages: everything that is known is drawn, and nothing that was left out."""

import json

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

from imageshim import detect, read
from imageshim.image_data.data_uri import find_images
from imageshim.testing import strategies as shim
from imageshim.testing.odd_strategies import ITEMS, NO_IMAGES
from imageshim.testing.pictures import png

WIDE = settings(
    max_examples=5_000, database=None, derandomize=True, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
PLAIN = {"dialects": False, "non_images": False, "references": False, "quoted": False}
KINDS = {
    "dialects": lambda said: any(
        name in said
        for name in ("b64_json", "multi_mod_content", "custom_content", "content_blocks",
                     "input_image", "imageUrl", "inlineData")
    ),
    "non_images": lambda said: any(
        name in said for name in ("audio", "pdf", "video", "citation", "source-url", "_result")
    ),
    "references": lambda said: any(
        name in said for name in ("i.example.com", "files/", "sandbox:")
    ),
    "quoted": lambda said: any(name in said for name in ("```", "<img", "ICON=", "![a]", "Use ")),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_drawn(kind):
    find(shim.odd_messages(), lambda message: KINDS[kind](json.dumps(message)), settings=WIDE)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_that_is_left_out_is_not_drawn(kind):
    @settings(max_examples=60, database=None, derandomize=True)
    @given(shim.odd_messages(**{kind: False}))
    def look(message):
        assert not KINDS[kind](json.dumps(message))

    look()


@settings(max_examples=60)
@given(shim.odd_messages(**PLAIN))
def test_what_is_left_is_what_litellm_and_openrouter_write(message):
    for item in message.get("images") or ():
        assert item["image_url"]["url"].startswith("data:image/")
    if message.get("images"):
        assert detect(message) in {"images", "parts"}


@pytest.mark.parametrize("spell", ITEMS)
def test_each_spelling_is_the_image_that_it_was_made_of(spell):
    picture = png()
    for message in ({"images": [spell(picture.url)]}, {"content": [spell(picture.url)]}):
        assert [image.data for image in read(message).images] == [picture.data]


@pytest.mark.parametrize("other", NO_IMAGES)
def test_what_says_that_it_is_something_else_is_no_image(other):
    for message in ({"images": [other]}, {"content": [other]}):
        assert not read(message).images
        assert detect(message) is None


@pytest.mark.parametrize("field", ["content", "text part"])
def test_data_uris_stand_in_texts_and_in_parts(field):
    def has_one(message):
        content = message["content"]
        if field == "content":
            return isinstance(content, str) and bool(find_images(content, trusted=False))
        texts = [part.get("text", "") for part in content or () if isinstance(part, dict)]
        return isinstance(content, list) and any("data:image/" in text for text in texts)

    find(shim.odd_messages(), has_one, settings=WIDE)
