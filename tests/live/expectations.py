"""What a program should see of the captured scenarios: the upstream's truth, in each format.

Written without imageshim's own readers, so that one can be held against the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from imageshim import Format, format_of

from .scenarios import CANDIDATES, chunks_of

__all__ = ["Part", "collected", "form", "given", "seen", "sent"]

Part = tuple[str, str]
"""``("text", …)`` or ``("image", URL)``."""

_NO_IMAGES_STREAMED = "1.70.0"
"""It loses images in streams, as all before 1.72.2, shows thoughts and knows one candidate."""
_TEXT_STREAMED: dict[str, list[list[Part]]] = {
    "i2_n2_separate_chunks": [[("text", "one two ")]],
    "i_n2": [[("text", "one ")]],
    "j2_thought_text_thoughtimage_image": [[("text", "draft: final: ")]],
}


def _merged(parts: Iterable[Part]) -> list[Part]:
    """Join runs of text; the empty text is none."""
    out: list[Part] = []
    for kind, run in groupby(parts, key=lambda part: part[0]):
        if kind == "image":
            out += run
        elif text := "".join(text for _, text in run):
            out.append(("text", text))
    return out


def _shown(part: dict[str, Any], era: Format) -> Part | None:
    """What LiteLLM shows of a part of Gemini's; None: nothing, or elsewhere."""
    thought = part.get("thought")
    if inline := part.get("inlineData"):
        if thought and era is Format.CONTENT:
            return None  # in the reasoning
        kind = "image" if inline["mimeType"].startswith("image/") else "text"
        return kind, f"data:{inline['mimeType']};base64,{inline['data']}"
    return None if thought or "text" not in part else ("text", part["text"])


def given(version: str, scenario: str, *, streamed: bool) -> list[list[Part]]:
    """What a LiteLLM version gives of a scenario: the parts of each choice, in its order.

    That is the upstream's truth less what the version loses: of several
    images all but the first (1.76.1 to 1.76.3), the order (from 1.76.1 on, in streams within a
    chunk), images in streams (before 1.72.2), and whose a streamed image is (from 1.76.1 on).
    """
    if streamed and version == _NO_IMAGES_STREAMED and scenario in _TEXT_STREAMED:
        return _TEXT_STREAMED[scenario]
    era = format_of(version)
    in_order = streamed or era is Format.CONTENT
    whole = [(number, part) for number, of in enumerate(CANDIDATES[scenario]) for part in of]
    choices: list[list[Part]] = [[] for _ in CANDIDATES[scenario]]
    for chunk in chunks_of(scenario) if in_order else [whole]:
        held = chunk
        if streamed and version == _NO_IMAGES_STREAMED:
            held = [(number, part) for number, part in chunk if "inlineData" not in part]
        shown = [(number, _shown(part, era)) for number, part in held]
        parts = [(number, part) for number, part in shown if part is not None]
        if streamed and era is not Format.CONTENT:
            parts = _of_choice_0(parts, len(choices))
        for number, choice in enumerate(choices):
            choice += _of_one(number, parts, era)  # noqa: PLW2901  # the list itself grows
    return [_merged(choice) for choice in choices]


def _of_choice_0(parts: list[tuple[int, Part]], choices: int) -> list[tuple[int, Part]]:
    """Make images of a chunk those of choice 0; of several candidates one image stays."""
    texts = [(number, part) for number, part in parts if part[0] == "text"]
    images = [(0, part) for _, part in parts if part[0] == "image"]
    return texts + (images[:1] if choices > 1 else images)


def _of_one(number: int, parts: list[tuple[int, Part]], era: Format) -> list[Part]:
    """Take the parts of one choice out of a chunk or a whole reply."""
    own = [part for of, part in parts if of == number]
    if era is Format.CONTENT:
        return own
    images = [part for part in own if part[0] == "image"]
    texts = [part for part in own if part[0] == "text"]
    return texts + (images[:1] if era is Format.IMAGE else images)


def sent(spelled: str, scenario: str, *, streamed: bool) -> list[Part]:
    """What the fake OpenAI-compatible server sends of a scenario with one candidate.

    ``spelled`` is one of its formats.
    """
    shown = [_shown(part, Format.IMAGES) for part in CANDIDATES[scenario][0]]
    parts = [part for part in shown if part is not None]
    images = [part for part in parts if part[0] == "image"]
    if spelled == "image" and not streamed:
        parts = [part for part in parts if part not in images[1:]]
    if streamed or spelled in {"content", "parts"}:
        if spelled == "image":
            # One for each chunk.
            lost = [part for chunk in chunks_of(scenario) for part in _images_of(chunk)[1:]]
            parts = [part for part in parts if part not in lost]
        return _merged(parts)
    return _merged([part for part in parts if part[0] == "text"]) + [
        part for part in parts if part[0] == "image"
    ]


def _images_of(chunk: list[tuple[int, dict[str, Any]]]) -> list[Part]:
    shown = [_shown(part, Format.IMAGES) for _, part in chunk]
    return [part for part in shown if part is not None and part[0] == "image"]


def form(parts: list[Part], emit: str) -> Any:
    """What a program that knows one format reads of a message with these parts."""
    text = "".join(value for kind, value in parts if kind == "text")
    urls = [value for kind, value in parts if kind == "image"]
    return {
        "content": "".join(value for _, value in parts),
        "image": (text, urls[:1]),
        "images": (text, urls),
        "parts": _merged(parts),
    }[emit]


def seen(message: dict[str, Any] | None, emit: str) -> Any:
    """Read a message as code written for the format ``emit`` does."""
    message = message or {}
    content = message.get("content")
    if emit == "content":
        return content or ""
    if emit == "parts":
        listed = content if isinstance(content, list) else [{"type": "text", "text": content or ""}]
        return _merged(
            ("image", entry["image_url"]["url"])
            if entry["type"] == "image_url"
            else ("text", entry["text"])
            for entry in listed
        )
    if emit == "image":
        image = message.get("image")
        return content or "", [image["url"]] if image else []
    items = message.get("images") or []
    return content or "", [_canonical(item, index) for index, item in enumerate(items)]


def _canonical(item: dict[str, Any], index: int) -> Any:
    """The URL of an item that is as it should be."""
    inner = item.get("image_url")
    url = inner.get("url") if isinstance(inner, dict) else None
    written = {"image_url": {"url": url, "detail": "auto"}, "index": index, "type": "image_url"}
    return url if item == written else item


def collected(chunks: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Put the deltas of a stream together, choice by choice, as clients do."""
    messages: dict[int, dict[str, Any]] = {}
    for chunk in chunks:
        for choice in chunk["choices"]:
            message = messages.setdefault(choice["index"], {})
            delta = choice["delta"] or {}
            content = delta.get("content")
            if content:
                held = message.get("content")
                if isinstance(held, list) or isinstance(content, list):
                    message["content"] = [*_listed(held), *_listed(content)]
                else:
                    message["content"] = (held or "") + content
            if delta.get("images"):
                message["images"] = message.get("images", []) + delta["images"]
            if delta.get("image"):
                message.setdefault("image", delta["image"])
    return messages


def _listed(content: Any) -> list[Any]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return content or []
