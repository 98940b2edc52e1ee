"""Real LiteLLM releases and OpenAI SDKs send the images of earlier replies, each exactly once."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest

import captured
from imageshim.testing.fake_gemini import FORMATS, FunctionCall, Image, Text, fake_gemini
from imageshim.testing.pictures import Picture

from . import environments, scenarios
from .test_replies import NEWEST_CAPTURED, VERSIONS

pytestmark = pytest.mark.live

FORMS = (
    "object", "dump", "content", "image", "images", "parts", "message", "message, later",
    "wrapped", "wrapped, dump",
)  # fmt: skip
WAYS = [
    *((form, "installed") for form in FORMS), ("object", None), ("dump", None), ("message", None),
]  # fmt: skip
SCENARIOS = [
    "a_image_only", "b_text_image", "d_text_image_text_image", "e_text_only", "f_two_images",
    "h_webp", "j2_thought_text_thoughtimage_image", "j_thought_image", "k_nopad_then_letters",
    "l_tool_image", "o_text_with_literal_datauri", "q_empty_text_image", "r_svg_and_pdf",
    "s5_two_images_one_chunk",
]  # fmt: skip
SDKS = environments.OPENAI


def urls(request: Any) -> list[str]:
    return [f"data:{media_type};base64,{data}" for media_type, data in request.images]


def data_uri(image: Image) -> str:
    return Picture(image.media_type, image.data).url


def faults(contents: list[dict[str, Any]]) -> list[str]:
    """What is wrong with the order of Gemini's turns.

    The user begins and ends, the two take turns, and the results of functions, to which older
    releases give no role, follow their calls.
    """
    kinds = []
    for turn in contents:
        results = any("function_response" in p or "functionResponse" in p for p in turn["parts"])
        calls = any("function_call" in p or "functionCall" in p for p in turn["parts"])
        kinds.append("results" if results else "calls" if calls else turn["role"])
    found = [] if kinds[0] == kinds[-1] == "user" else [f"begins or ends with {kinds}"]
    follows = {
        "user": {"model", "calls"}, "model": {"user"}, "calls": {"results"}, "results": {"user"},
    }  # fmt: skip
    return found + [f"{b} after {a}" for a, b in pairwise(kinds) if b not in follows[a]]


@pytest.mark.parametrize("version", VERSIONS)
def test_litellm_sends_each_image_once(version, probe, upstream):
    process = probe(environments.litellm(version))
    known = NEWEST_CAPTURED if version == environments.NEWEST else version
    wrong = {}
    for scenario in SCENARIOS:
        truth = captured.expected(known, scenario)[0]
        before = len(upstream.requests)
        process.call(
            "history.litellm_turns",
            first=scenarios.url(upstream, scenario),
            second=scenarios.url(upstream, "e_text_only"),
            ways=WAYS,
        )
        asked = upstream.requests[before + 1 :]
        assert len(asked) == len(WAYS)
        for way, request in zip(WAYS, asked, strict=True):
            if scenario == "l_tool_image" and way[0] == "message":
                continue  # one message cannot bring both, and warns of it
            texts = "".join(request.texts)
            got = (
                sorted(urls(request)),
                truth.text in texts and texts.endswith("In blue."),
                texts.count(";base64,"),
                faults(request.body["contents"]),
            )
            expected = (sorted(truth.images), True, truth.text.count(";base64,"), [])
            if got != expected:
                wrong[(scenario, *way)] = (got, expected)
    assert not wrong


@pytest.mark.parametrize("major", SDKS)
def test_the_openai_sdk_sends_each_image_once(major, probe):
    process = probe(environments.openai_sdk(major))
    call = FunctionCall("save", {"name": "x.png"})
    drawn = [Text("Here: "), Image("png"), Text("and "), Image("jpeg")]
    wrong = {}
    for name in FORMATS:
        for parts in (drawn, [*drawn, call], [Image("png-unpadded")]):
            shown = [part for part in parts if isinstance(part, Image)]
            # Some formats hold one image, and LiteLLM's has no place for the order.
            images = sorted(map(data_uri, shown[:1] if name == "image" else shown))
            with fake_gemini(parts, format=name) as server:
                url = server.openai_url
                process.call(
                    "history.openai_turns",
                    first=url,
                    second=url,
                    ways=[(form, None) for form in FORMS],
                )
                asked = server.requests[1:]
            assert len(asked) == len(FORMS)
            for form, request in zip(FORMS, asked, strict=True):
                if form == "message" and call in parts:
                    continue
                roles = [message["role"] for message in request.body["messages"]]
                texts = "".join(request.texts)
                got = (
                    sorted(urls(request)),
                    texts,
                    "tool" in roles,
                    json.dumps(request.body).count(";base64,"),
                )
                said = "Here: and " if drawn[0] in parts else ""
                results = "done" if call in parts else ""
                expected = (
                    images,
                    f"Draw a picture.{said}{results}In blue.",
                    call in parts,
                    len(images),
                )
                if got != expected:
                    wrong[(name, len(parts), form)] = (got, expected)
    assert not wrong
