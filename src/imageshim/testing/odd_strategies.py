"""Messages in every spelling that is known, beside what is not an image (extra ``testing``).

The other strategies draw what LiteLLM writes. Here are the spellings of other gateways, references
to files, audio and PDF and citations among the images, data URIs that a text only quotes, and text
in parts; in any field, and in several at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from imageshim.errors import MissingExtraError

from .pictures import KINDS

try:
    from hypothesis import strategies as st
except ImportError:
    raise MissingExtraError("imageshim.testing.strategies", "testing") from None

__all__ = ["ITEMS", "NO_IMAGES", "odd_messages"]

Message = dict[str, Any]
Drawn = st.SearchStrategy[Any]


def _raw(url: str) -> str:
    return url.partition(",")[2]


def _typed(url: str) -> str:
    return url[5:].partition(";")[0]


_LITELLM: tuple[Callable[[str], Any], ...] = (
    lambda url: {"image_url": {"url": url, "detail": "auto"}, "index": 0, "type": "image_url"},
    lambda url: {"type": "image_url", "image_url": {"url": url}},  # OpenRouter's
)
_DIALECTS: tuple[Callable[[str], Any], ...] = (
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
)
ITEMS = _LITELLM + _DIALECTS
"""What writes an image as an item or a part, by its data URI: each spelling that is known."""

NO_IMAGES: tuple[Message, ...] = (
    {"type": "audio", "data": "UklGRiQAAABXQVZF", "mimeType": "audio/wav"},
    {"type": "input_audio", "input_audio": {"data": "UklGRiQAAABXQVZF", "format": "wav"}},
    {"type": "file", "mediaType": "application/pdf", "data": "JVBERi0xLjQKJSVFT0YK"},
    {"type": "document", "source": {"type": "base64", "media_type": "application/pdf",
                                    "data": "JVBERi0xLjQKJSVFT0YK"}},
    {"inline_data": {"mime_type": "video/mp4", "data": "AAAAGGZ0eXBtcDQy"}},
    {"type": "video", "url": "https://v.example.com/a.mp4"},
    {"type": "source-url", "url": "https://n.example.com/a"},
    {"type": "web_search_result", "url": "https://n.example.com/a"},
    {"type": "citation", "image_url": {"url": "https://n.example.com/a.png"}},
)  # fmt: skip
"""Items and parts that say that they are something else."""

_REFERENCES = (
    "https://i.example.com/a.png", "/v1/files/image/abcd", "files/a/b.png", "sandbox:/a.png",
)  # fmt: skip
_PLAIN = ("", "Here you go", "Look: ", "a | b")
_GLUED: tuple[Callable[[str], str], ...] = (lambda url: f"Look: {url}",)
_QUOTED: tuple[Callable[[str], str], ...] = (
    lambda url: f"```\n{url}\n```",
    lambda url: f"ICON={url}\n",
    lambda url: f"Use {url} there.",
    lambda url: f'<img src="{url}">',
    lambda url: f"![a]({url})",
)
_OWN_FIELDS: tuple[Callable[[str], Message], ...] = (
    lambda url: {"content_blocks": [ITEMS[1](url)]},
    lambda url: {"multi_mod_content": [
        {"text": "x"}, {"inline_data": {"mime_type": _typed(url), "data": _raw(url)}},
    ]},
    lambda url: {"custom_content": {"attachments": [
        {"type": _typed(url), "title": "a", "data": _raw(url)},
        {"type": "text/plain", "data": "x"},
    ]}},
)  # fmt: skip


def _urls() -> st.SearchStrategy[str]:
    makers = [make for name, make in KINDS.items() if name != "svg"]
    return st.builds(
        lambda make, filling: make(filling=filling).url, st.sampled_from(makers), st.integers(0, 3)
    )


def _made(makers: tuple[Callable[[str], Any], ...], urls: Drawn) -> Drawn:
    return st.builds(lambda make, url: make(url), st.sampled_from(makers), urls)


def odd_messages(
    *,
    dialects: bool = True,
    non_images: bool = True,
    references: bool = True,
    quoted: bool = True,
) -> st.SearchStrategy[Message]:
    """Messages of the assistant in any spelling, with images in any of their fields, or in several.

    :func:`imageshim.read` tells what each holds. What your program does not have to know is left
    out by the options:

    Args:
        dialects: spellings and fields of other gateways than LiteLLM and OpenRouter.
        non_images: audio, video, PDF, citations and search results among the images.
        references: images that are URLs or references to files, and hold no bytes.
        quoted: texts that quote a data URI, in code, a setting, a sentence, HTML or Markdown.

    """
    urls = _urls()
    items = [_made(ITEMS if dialects else _LITELLM, urls)] * 2
    items += [_made(_LITELLM, st.sampled_from(_REFERENCES))] if references else []
    items += [st.sampled_from(NO_IMAGES)] if non_images else []
    texts = st.one_of(st.sampled_from(_PLAIN), _made(_GLUED + (_QUOTED if quoted else ()), urls))
    own_fields = st.one_of(
        _made(_OWN_FIELDS, urls),
        st.lists(st.one_of(items), max_size=2).map(lambda found: {"content_blocks": found}),
    )
    return _odd_messages(st.one_of(items), texts, own_fields if dialects else st.just({}))


@st.composite
def _odd_messages(draw: st.DrawFn, items: Drawn, texts: Drawn, own_fields: Drawn) -> Message:
    text_parts = texts.map(lambda text: {"type": "text", "text": text})
    contents = st.one_of(texts, st.none(), st.lists(st.one_of(text_parts, items), max_size=3))
    message: Message = {"role": "assistant", "content": draw(contents)}
    if draw(st.booleans()):
        message["images"] = draw(st.lists(items, max_size=3))
    # Nothing of it is in the smallest case.
    if draw(st.integers(0, 3)) == 3:
        message["image"] = draw(st.one_of(_urls().map(lambda url: {"url": url}), st.none()))
    if draw(st.integers(0, 2)) == 2:
        message.update(draw(own_fields))
    if draw(st.integers(0, 5)) == 5:
        message["reasoning_content"] = draw(texts)
    return message
