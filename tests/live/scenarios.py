"""The captured scenarios as a script of the fake Gemini: the same upstream, live."""

from __future__ import annotations

import json
import re
from itertools import zip_longest
from pathlib import Path
from typing import Any

from imageshim.testing.fake_gemini import Answer, FakeGemini, Request, fake_gemini
from imageshim.testing.fake_gemini.script_file import read_script

__all__ = ["CANDIDATES", "SCENARIOS", "chunks_of", "serve", "url"]

_UPSTREAM = Path(__file__).parents[1] / "captures" / "gemini-upstream.jsonl"

# How the upstream cut its stream and ended, where it was not the usual way; the file has only
# the parts.
_WORDS: dict[str, dict[str, Any]] = {
    "i_n2": {"cut": [[0, 2], [1, 3]]},
    "s5_two_images_one_chunk": {"cut": [[0], [1, 2]]},
    "s7_image_then_finish_no_parts": {"finish": "separate"},
}
_FINISH_REASONS = {
    "m2_image_safety_no_content": "IMAGE_SAFETY",
    "m3_safety_empty_content": "SAFETY",
    "m4_no_image_text": "NO_IMAGE",
}
_WITHOUT_CONTENT = "m2_image_safety_no_content"


def _answer(row: dict[str, Any]) -> dict[str, Any]:
    name, candidates = row["scenario"], row["candidates"]
    if not candidates:
        return {"blocked": "SAFETY"}
    reason = _FINISH_REASONS.get(name, "STOP")
    written = [
        {"parts": None if name == _WITHOUT_CONTENT else parts, "finish_reason": reason}
        for parts in candidates
    ]
    return {"candidates": written, **_WORDS.get(name, {})}


_ROWS = [json.loads(line) for line in _UPSTREAM.read_text().splitlines()]
SCENARIOS = [row["scenario"] for row in _ROWS]
CANDIDATES: dict[str, list[list[dict[str, Any]]]] = {
    row["scenario"]: row["candidates"] for row in _ROWS
}
"""What the upstream sends: the parts of each candidate, in Gemini's words."""


def chunks_of(scenario: str) -> list[list[tuple[int, dict[str, Any]]]]:
    """How the upstream cuts its stream: the chunks, each with the parts of which candidates."""
    each = [[(number, part) for part in of] for number, of in enumerate(CANDIDATES[scenario])]
    cut = _WORDS.get(scenario, {}).get("cut")
    if cut is None:
        turns = zip_longest(*each)
        return [[pair] for turn in turns for pair in turn if pair is not None]
    counted = [pair for of in each for pair in of]
    return [[counted[place] for place in chunk] for chunk in cut]


def serve(folder: Path, image_format: str = "images") -> FakeGemini:
    """Make a server that plays each scenario at :func:`url`; ``folder`` is for its script.

    ``image_format`` is how its OpenAI-compatible answers carry images.
    """
    script = folder / "scenarios.json"
    script.write_text(json.dumps({"models": {row["scenario"]: _answer(row) for row in _ROWS}}))
    answers = read_script(script).models

    def play(request: Request) -> Answer:
        # LiteLLM up to 1.77.1 does not put the model into the URL, so the scenario stands before.
        named = re.search(r"/scenarios/(\w+)", request.path)
        return answers[named[1] if named else str(request.model)]

    return fake_gemini(play, format=image_format)


def url(server: FakeGemini, scenario: str) -> str:
    """The ``api_base`` at which a scenario is played."""
    return f"{server.url}/scenarios/{scenario}"
