"""Messages in every spelling that is known, beside what is no image; for laws."""

from __future__ import annotations

from hypothesis import strategies as st

from imageshim.testing.pictures import KINDS

urls = st.builds(
    lambda kind, filling: KINDS[kind](filling=filling).url,
    st.sampled_from(sorted(set(KINDS) - {"svg"})), st.integers(0, 3),
)  # fmt: skip
references = st.sampled_from(
    ["https://i.example.com/a.png", "/v1/files/image/abcd", "files/a/b.png", "sandbox:/a.png"]
)


def _raw(url):
    return url.partition(",")[2]


def _typed(url):
    return url[5:].partition(";")[0]


ITEMS = (
    lambda url: {"type": "image_url", "image_url": {"url": url}},
    lambda url: {"image_url": {"url": url, "detail": "auto"}, "index": 0, "type": "image_url"},
    lambda url: {"type": "input_image", "image_url": url},
    lambda url: {"type": "image_url", "imageUrl": {"url": url}},
    lambda url: {"type": "image", "data": _raw(url), "mimeType": _typed(url)},
    lambda url: {"type": "image", "base64": _raw(url), "mime_type": _typed(url)},
    lambda url: {"type": "image", "url": url},
    lambda url: {
        "type": "image",
        "source": {"type": "base64", "media_type": _typed(url), "data": _raw(url)},
    },
    lambda url: {"type": "image", "image": url, "mediaType": _typed(url)},
    lambda url: {
        "type": "resource",
        "resource": {"uri": "x://a", "mimeType": _typed(url), "blob": _raw(url)},
    },
    lambda url: {"inline_data": {"mime_type": _typed(url), "data": _raw(url)}},
    lambda url: {"inlineData": {"mimeType": _typed(url), "data": _raw(url)}},
    lambda url: {"b64_json": _raw(url)},
    lambda url: {"data": _raw(url), "mime_type": "application/octet-stream"},
    lambda url: {"type": "file", "mediaType": _typed(url), "data": _raw(url)},
)  # fmt: skip
NO_IMAGES = (
    {"type": "audio", "data": "UklGRiQAAABXQVZF", "mimeType": "audio/wav"},
    {"type": "file", "mediaType": "application/pdf", "data": "JVBERi0xLjQKJSVFT0YK"},
    {"type": "video", "url": "https://v.example.com/a.mp4"},
    {"type": "source-url", "url": "https://n.example.com/a"},
    {"type": "web_search_result", "url": "https://n.example.com/a"},
    {"type": "citation", "image_url": {"url": "https://n.example.com/a.png"}},
)
image_items = st.one_of(
    st.builds(lambda make, url: make(url), st.sampled_from(ITEMS), urls),
    st.builds(lambda make, url: make(url), st.sampled_from(ITEMS[:2]), references),
)
items = st.one_of(image_items, image_items, st.sampled_from(NO_IMAGES))
texts = st.one_of(
    st.sampled_from(["", "Here you go", "Look: ", "a | b"]),
    urls.map(lambda url: f"Look: {url}"),
    urls.map(lambda url: f"```\n{url}\n```"),
    urls.map(lambda url: f"ICON={url}\n"),
    urls.map(lambda url: f"Use {url} there."),
    urls.map(lambda url: f'<img src="{url}">'),
    urls.map(lambda url: f"![a]({url})"),
)
text_parts = texts.map(lambda text: {"type": "text", "text": text})
own_fields = st.one_of(
    st.lists(items, max_size=2).map(lambda found: {"content_blocks": found}),
    urls.map(lambda url: {"multi_mod_content": [
        {"text": "x"}, {"inline_data": {"mime_type": _typed(url), "data": _raw(url)}},
    ]}),
    urls.map(lambda url: {"custom_content": {"attachments": [
        {"type": _typed(url), "title": "a", "data": _raw(url)},
        {"type": "text/plain", "data": "x"},
    ]}}),
)  # fmt: skip
contents = st.one_of(texts, st.none(), st.lists(st.one_of(text_parts, items), max_size=3))


@st.composite
def messages(draw):
    """Draw a message of the assistant, in any spelling."""
    message = {"role": "assistant", "content": draw(contents)}
    if draw(st.booleans()):
        message["images"] = draw(st.lists(items, max_size=3))
    if draw(st.integers(0, 3)) == 0:
        message["image"] = draw(st.one_of(urls.map(lambda url: {"url": url}), st.none()))
    if draw(st.integers(0, 2)) == 0:
        message.update(draw(own_fields))
    if draw(st.integers(0, 5)) == 0:
        message["reasoning_content"] = draw(texts)
    return message
