"""The captures, and the upstream truth that they are held against."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parents[1] / "captures"
VERSIONS = (
    "1.65.4", "1.70.0", "1.75.9", "1.76.0", "1.76.1", "1.76.3", "1.77.0", "1.80.0", "1.81.6",
    "1.109.1",
)  # fmt: skip
PROXIES = ("1.75.9", "1.76.3", "1.109.1")


class Truth(NamedTuple):
    """What the upstream sent for one candidate."""

    text: str
    images: list[str]
    """Data URIs, drafts included, in order."""
    drafts: list[str]


def _truth(parts: list[dict[str, Any]]) -> Truth:
    text, images, drafts = "", [], []
    for part in parts:
        inline = part.get("inlineData")
        if inline:
            url = f"data:{inline['mimeType']};base64,{inline['data']}"
            if not inline["mimeType"].startswith("image/"):
                text += url  # LiteLLM leaves what is no image in the text, every version
                continue
            images.append(url)
            if part.get("thought"):
                drafts.append(url)
        elif not part.get("thought"):
            text += part.get("text", "")
    return Truth(text, images, drafts)


@cache
def upstream() -> dict[str, list[Truth]]:
    lines = (FOLDER / "gemini-upstream.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    return {row["scenario"]: [_truth(parts) for parts in row["candidates"]] for row in rows}


class Fresh(Mapping[str, Any]):
    """What a version gave, by scenario: made anew each time, since a test may change it."""

    def __init__(self, version: str, mode: str, field: str) -> None:
        lines = (FOLDER / f"litellm-{version}.jsonl").read_text().splitlines()
        rows = [row for row in map(json.loads, lines) if row["mode"] == mode]
        self._json = {row["scenario"]: json.dumps(row[field]) for row in rows}

    def __getitem__(self, scenario: str) -> Any:
        return json.loads(self._json[scenario])

    def __iter__(self) -> Iterator[str]:
        return iter(self._json)

    def __len__(self) -> int:
        return len(self._json)


@cache
def replies(version: str) -> Fresh:
    """Whole replies by scenario."""
    return Fresh(version, "completion", "response")


@cache
def streams(version: str) -> Fresh:
    """Lists of chunks by scenario."""
    return Fresh(version, "stream", "chunks")


def expected(version: str, scenario: str) -> list[Truth]:
    """The truth, less what whole replies of that version lost upstream."""
    truth = upstream()[scenario]
    if version == "1.65.4" and scenario.startswith("j"):
        # Thoughts were not told from the answer yet: their text is in the content.
        thoughts = {
            "j_thought_image": "thinking hard",
            "j2_thought_text_thoughtimage_image": "draft: ",
        }
        return [Truth(thoughts[scenario] + truth[0].text, truth[0].images, [])]
    if version == "1.76.1":
        return [Truth(t.text, t.images[:1], t.drafts[:1]) for t in truth]
    if version == "1.76.3" and not scenario.startswith("j"):
        # Of several images the first only; a signed one is in the thinking blocks.
        return [Truth(t.text, t.images[:1], t.drafts) for t in truth]
    return truth


def expected_stream(version: str, scenario: str) -> list[tuple[str, list[str]]]:
    """Text and images of each choice, less what streams of that version lost upstream."""
    if version in {"1.65.4", "1.70.0"}:  # streams had no images yet
        texts: dict[int, str] = {}
        for one in streams(version)[scenario]:
            for choice in one["choices"]:
                said = choice["delta"].get("content") or ""
                texts[choice["index"]] = texts.get(choice["index"], "") + said
        return [(text, []) for text in texts.values()]
    sent = [(one.text, one.images) for one in upstream()[scenario]]
    if version in {"1.75.9", "1.76.0"}:
        return sent
    if version in {"1.76.1", "1.76.3"} and scenario == "s5_two_images_one_chunk":
        return [(text, images[:1]) for text, images in sent]
    if len(sent) == 2:  # image chunks are labelled with the choice 0; of one chunk, the first stays
        (first, images), (second, others) = sent
        both = images if scenario == "i_n2" else images + others
        return [(first, both), (second, [])]
    return sent
