"""How gateways spell one image."""

from types import SimpleNamespace

import pytest

from imageshim import convert, detect, first_image, normalize, read
from imageshim.messages.formats import dialects
from imageshim.testing.pictures import jpeg, png

PNG, JPEG = png().url, jpeg().url
RAW = PNG.partition(",")[2]


def canonical(url, index=0, detail="auto", **more):
    return {
        "image_url": {"url": url, "detail": detail},
        "index": index,
        "type": "image_url",
        **more,
    }


LITELLM = {
    "LiteLLM": canonical(PNG),
    "OpenRouter, no index, no detail": {"type": "image_url", "image_url": {"url": PNG}},
    "OpenRouter, no type": {"image_url": {"url": PNG}},
    "LiteLLM's guide, flat": {"url": PNG, "detail": "auto"},
    "flat, without detail": {"url": PNG},
    "an object of the SDK": SimpleNamespace(image_url=SimpleNamespace(url=PNG, detail="auto")),
}
ANY = {
    "string": PNG,
    "image_url as a string": {"type": "image_url", "image_url": PNG},
    "b64_json": {"b64_json": RAW},
    "data and mime_type": {"data": RAW, "mime_type": "image/png"},
    "data and mimeType": {"data": RAW, "mimeType": "image/png"},
    "imageUrl, OpenRouter's TypeScript SDK": {"type": "image_url", "imageUrl": {"url": PNG}},
    "Gemini's inline_data": {"inline_data": {"mime_type": "image/png", "data": RAW}},
    "Gemini's inlineData": {"inlineData": {"mimeType": "image/png", "data": RAW}},
    "Anthropic": {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": RAW},
    },
    "Anthropic, a URL": {"type": "image", "source": {"type": "url", "url": PNG}},
    "LangChain": {"type": "image", "base64": RAW, "mime_type": "image/png"},
    "LangChain, a URL": {"type": "image", "url": PNG},
    "a resource of MCP": {
        "type": "resource",
        "resource": {"uri": "x://a", "mimeType": "image/png", "blob": RAW},
    },
    "the AI SDK": {"type": "image", "image": PNG, "mediaType": "image/png"},
    "raw base64": RAW,
    "data that has a prefix": {"data": PNG},
}
RAW_NESTED = {
    "raw base64 in image_url.url": {"image_url": {"url": RAW}},
    "raw base64 in url": {"url": RAW},
}


@pytest.mark.parametrize("item", [*LITELLM.values(), *ANY.values()], ids=[*LITELLM, *ANY])
def test_every_spelling_is_read(item):
    before = {"content": "Here", "images": [item]}
    assert normalize(before)["images"] == [canonical(PNG)]
    assert detect(before) == "images"
    assert [image.url for image in read(before).images] == [PNG]
    assert first_image(before) == {"url": PNG, "detail": "auto"}


@pytest.mark.parametrize("item", RAW_NESTED.values(), ids=RAW_NESTED)
def test_raw_base64_gets_its_prefix(item):
    before = {"content": None, "images": [item]}
    assert normalize(before)["images"] == [canonical(PNG)]
    assert read(before).images[0].data == png().data


def test_what_is_no_image_stays_an_item_beside_one():
    before = {"content": None, "images": [canonical(JPEG), {"b64_json": "AAEC"}]}
    after = convert(before, "parts")
    assert [part["image_url"]["url"] for part in after["content"]] == [JPEG]
    assert after["provider_specific_fields"]["imageshim"]["others"] == [{"b64_json": "AAEC"}]
    assert convert(after, "images") == before


@pytest.mark.parametrize(
    "item",
    [
        {"source": "newspaper"}, {"resource": {"uri": "x://a", "text": "t"}}, {"image": "python:3"},
        {"type": "image", "source": {"type": "file", "file_id": "1"}}, {"imageUrl": {"alt": "x"}},
        {"type": "resource", "resource": {"mimeType": "audio/wav", "blob": "UklGRiQ"}},
        {"type": "resource_link", "uri": "file:///a.txt", "mimeType": "text/plain"},
        {"type": "resource_link", "uri": "file:///a.png"},
        {"fileData": {"fileUri": "gs://a/b.mp4", "mimeType": "video/mp4"}},
    ],
    ids=str,
)  # fmt: skip
def test_a_part_without_an_image_in_it_stays(item):
    message = {"role": "assistant", "content": [item]}
    assert detect(message) is None
    assert normalize(message) is message


@pytest.mark.parametrize(
    "item",
    [
        {"type": "resource_link", "uri": "gs://a/b.png", "mimeType": "image/png"},
        {"fileData": {"fileUri": "gs://a/b.png", "mimeType": "image/png"}},
        {"file_data": {"file_uri": "gs://a/b.png", "mime_type": "image/png"}},
    ],
    ids=str,
)
@pytest.mark.parametrize("field", ["content", "images"])
def test_a_reference_that_says_that_it_is_an_image_is_one(item, field):
    message = {"role": "assistant", "content": "x", field: [item]}
    assert first_image(message) == {"url": "gs://a/b.png", "detail": "auto"}
    (image,) = read(message).images
    assert image.is_remote
    assert read(convert(normalize(message), "parts")).images[0].url == "gs://a/b.png"


def test_one_hub_sends_a_list_in_image():
    before = {"content": "x", "image": [{"data": RAW, "mime_type": "image/png"}, {"url": JPEG}]}
    after = normalize(before)
    assert after["images"] == [canonical(PNG), canonical(JPEG, 1)]
    assert "image" not in after


def test_portkey_s_content_blocks():
    blocks = [
        {"type": "text", "text": "Here"},
        {"type": "image_url", "image_url": {"url": PNG}},
    ]
    before = {"content": "Here", "content_blocks": blocks}
    after = normalize(before)
    assert after["images"] == [canonical(PNG)]
    assert after["content"] == "Here"
    assert after["content_blocks"] is blocks
    without = {"content": "Here", "content_blocks": blocks[:1]}
    assert normalize(without) is without
    assert normalize(after) is after


@pytest.mark.parametrize("more", [{"content": None}, {}])
def test_portkey_s_content_blocks_of_an_image_alone(more):
    before = {**more, "content_blocks": [{"type": "image_url", "image_url": {"url": PNG}}]}
    after = normalize(before)
    assert after["images"] == [canonical(PNG)]
    assert after.get("content") is None


def test_vllm_omni_s_list_of_parts():
    before = {"content": [{"type": "image_url", "image_url": {"url": PNG}}]}
    assert normalize(before)["images"] == [canonical(PNG)]
    anthropic = {"content": [{"type": "image", "data": RAW, "mime_type": "image/png"}]}
    assert normalize(anthropic)["images"][0]["image_url"]["url"] == PNG


@pytest.mark.parametrize("alt", ["image", "", "a [b]"])
def test_markdown_of_new_api_and_resellers(alt):
    before = {"content": f"![{alt}]({PNG})"}
    assert normalize(before) is before
    after = normalize(before, markdown=True)
    assert after["images"] == [canonical(PNG)]


@pytest.mark.parametrize(
    "item",
    [
        None, 5, True, [], {}, "", {"url": 5}, {"url": ""}, {"image_url": {"url": None}},
        {"image_url": []}, {"b64_json": ""}, {"b64_json": 5}, {"data": None},
        {"url": "data:application/pdf;base64,JVBE"}, {"image_url": {"url": "data:audio/wav,x"}},
        {"url": "data:no comma"}, "data:text/plain,hello", {"data": "AAECAwQF"},
        {"data": "AAECAwQF", "mime_type": 5}, {"data": "AAECAwQF", "mime_type": "text/plain"},
        {"data": "AAECAwQF", "mime_type": "application/octet-stream"},
        {"type": "image", "data": "AAECAwQF"}, {"url": "data:;base64,AAECAwQF"},
        {"url": "data:image;base64,AAECAwQF"},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_image(item):
    assert dialects.read_item(item) is None


@pytest.mark.parametrize(
    ("payload", "claimed", "url"),
    [
        (RAW, None, PNG),
        (RAW, "image/jpeg", PNG),  # the bytes know better
        ("AAECAwQF", "image/jxl", "data:image/jxl;base64,AAECAwQF"),
        ("https://example.org/a.png", None, "https://example.org/a.png"),
        (PNG, "image/gif", PNG),
    ],
)
def test_a_media_type_for_bare_base64(payload, claimed, url):
    image = dialects.read_item({"data": payload, "mime_type": claimed})
    assert image.url == url


def test_keys_that_are_not_known_are_kept():
    before = {"content": None, "images": [{"url": PNG, "detail": "low", "vendor": {"a": 1}}]}
    (after,) = normalize(before)["images"]
    assert after == canonical(PNG, 0, "low", vendor={"a": 1})


@pytest.mark.parametrize(
    "items",
    [
        (canonical(PNG),), [{}], [None], [canonical(PNG, 1)], [canonical(PNG, True)],
        [canonical(PNG, 0, None)], [canonical("")], [{**canonical(PNG), "type": "image"}],
        [{**canonical(PNG), "image_url": PNG}], [canonical(PNG), canonical(PNG)],
        [canonical("data:application/pdf;base64,JVBE")], [canonical(5)],
        [{**canonical(PNG), "mime_type": "audio/wav"}],
    ],
    ids=lambda items: str(items)[:30],
)  # fmt: skip
def test_what_is_not_canonical(items):
    assert not dialects.is_canonical(items)


def test_what_is_canonical():
    assert dialects.is_canonical([])
    assert dialects.is_canonical([canonical(PNG), canonical("https://a/b", 1, "low", vendor=1)])


def test_base64_without_a_prefix_is_not_canonical_however_complete_its_item_is():
    raw = png().url.partition(",")[2]
    item = {"type": "image_url", "index": 0, "image_url": {"url": raw, "detail": "auto"}}
    (made,) = normalize({"content": "", "images": [item]})["images"]
    assert made["image_url"]["url"] == png().url


@pytest.mark.parametrize("among_images", [True, False], ids=["in images", "in content"])
@pytest.mark.parametrize(
    "item",
    [
        canonical(PNG),
        canonical(PNG, index=7),
        canonical("data:image/png"),
        canonical("https://example.org/a.png"),
        canonical("data:audio/wav;base64,AAAA"),
        canonical(None),
        canonical(PNG, detail="high"),
        canonical(PNG, detail=None),
        canonical(PNG, more=1),
        {**canonical(PNG), "type": "file"},
        {**canonical(PNG), "type": None},
        {**canonical(PNG), "image_url": PNG},
        dict(reversed(canonical(PNG).items())),
        {"url": PNG, "detail": "auto"},
        {"url": PNG, "detail": ""},
        {"detail": "auto", "url": PNG},
        {"url": RAW, "detail": "auto"},
        {"url": 1, "detail": "auto"},
        {},
    ],
)
def test_the_short_way_gives_what_all_readers_give(item, among_images, monkeypatch):
    short = dialects.read_item(item, among_images=among_images)
    monkeypatch.setattr(dialects, "read_default", lambda _: None)
    assert short == dialects.read_item(item, among_images=among_images)


def test_nearly_all_items_are_read_the_short_way():
    assert dialects.read_default(canonical(PNG)) is not None
    assert dialects.read_default({"url": PNG, "detail": "auto"}) is not None
