"""Every way of calling real LiteLLM releases gives the same, whatever the release."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

import captured
from imageshim import Format, format_of

from . import environments, scenarios
from .expectations import Part, collected, form, given, seen, sent
from .test_replies import NEWEST_CAPTURED, VERSIONS

pytestmark = pytest.mark.live

EMITS = [member.value for member in Format]
STREAMED = ("stream", "astream", "Router stream", "Router astream")
WHOLE = (
    "completion", "acompletion", "Router.completion", "Router.acompletion", "batch_completion",
)  # fmt: skip
SCENARIOS = [
    "a_image_only", "b_text_image", "c_image_text", "d_text_image_text_image", "e_text_only",
    "f_two_images", "h_webp", "i2_n2_separate_chunks", "i_n2",
    "j2_thought_text_thoughtimage_image", "k3_pad_then_letters", "k_nopad_then_letters",
    "l_tool_image", "m_blocked_no_candidates", "m4_no_image_text", "o_text_with_literal_datauri",
    "q_empty_text_image", "r_svg_and_pdf", "s5_two_images_one_chunk",
]  # fmt: skip
PLAIN = ("completion", "acompletion", "stream", "astream")
FEW = [
    "b_text_image", "d_text_image_text_image", "e_text_only", "k_nopad_then_letters",
    "l_tool_image", "s5_two_images_one_chunk",
]  # fmt: skip
"""For the ways that lead to the same code."""
FEWER = ["b_text_image", "d_text_image_text_image", "e_text_only", "l_tool_image"]
TWO = ["images", "content"]
MODEL = "gemini/gemini-2.5-flash-image-preview"


def exact(version: str) -> str:
    """The version whose behaviour is known; the newest behaves as the newest that was captured."""
    return NEWEST_CAPTURED if version == environments.NEWEST else version


def ask(upstream, scenario: str, **more: Any) -> dict[str, Any]:
    url = scenarios.url(upstream, scenario)
    return {"model": MODEL, "api_base": url, "api_key": "any", **more}


def views(answer: Any, emit: str) -> list[Any]:
    """What is seen of each choice of a reply or a stream."""
    if "raised" in answer:
        return [answer["raised"]]
    if isinstance(answer, list):
        messages = collected(answer)
        return [seen(messages[index], emit) for index in sorted(messages)]
    return [seen(choice["message"], emit) for choice in answer["choices"]]


def expected(version: str, scenario: str, emit: str, *, streamed: bool) -> list[Any]:
    choices = given(exact(version), scenario, streamed=streamed)
    # A blocked reply has a choice with nothing in it.
    return [form(parts, emit) for parts in choices] or [form([], emit)]


def compare(
    answers: list[list[Any]],
    version: str,
    names: list[str],
    *,
    streamed: bool,
    emits: list[str] = EMITS,
):
    """The differences: the format and the scenario, what was seen, and what should be."""
    wrong = {}
    for emit, row in zip(emits, answers, strict=True):
        for scenario, answer in zip(names, row, strict=True):
            got = views(answer, emit)
            should = expected(version, scenario, emit, streamed=streamed)
            if got != should:
                wrong[emit, scenario] = (got, should)
    return wrong


@pytest.mark.parametrize("way", [*WHOLE, *STREAMED])
@pytest.mark.parametrize("version", VERSIONS)
def test_every_way_of_calling_gives_every_format(version, way, probe, upstream):
    process = probe(environments.litellm(version))
    names = SCENARIOS if way in PLAIN else FEW
    asks = [ask(upstream, scenario) for scenario in names]
    answers = process.call("wrapping.call", how="wrap", way=way, emits=EMITS, asks=asks)
    assert not compare(answers, version, names, streamed=way in STREAMED)


@pytest.mark.parametrize("version", VERSIONS)
def test_installed_every_way_of_calling_gives_every_format(version, probe, upstream):
    process = probe(environments.litellm(version))
    asks = [ask(upstream, scenario) for scenario in FEW]
    wrong = {}
    for way in (*WHOLE, *STREAMED):
        answers = process.call("wrapping.call", how="install", way=way, emits=EMITS, asks=asks)
        wrong[way] = compare(answers, version, FEW, streamed=way in STREAMED)
    assert not any(wrong.values()), wrong


@pytest.fixture(scope="session")
def service_account(upstream) -> str:
    """Vertex AI's credentials, whose tokens the fake Gemini gives out."""
    return json.dumps(upstream.service_account())


@pytest.mark.parametrize("version", VERSIONS)
def test_vertex_ai(version, probe, upstream, service_account):
    process = probe(environments.litellm(version))
    vertex = {
        "model": MODEL.replace("gemini/", "vertex_ai/"),
        "vertex_credentials": service_account,
        "vertex_project": "fake-project",
        "vertex_location": "us-central1",
    }
    asks = [ask(upstream, scenario, **vertex) for scenario in FEWER]
    wrong = {}
    for way in PLAIN:
        answers = process.call("wrapping.call", how="wrap", way=way, emits=TWO, asks=asks)
        wrong[way] = compare(answers, version, FEWER, streamed=way in STREAMED, emits=TWO)
    assert not any(wrong.values()), wrong


PROVIDERS = ("openrouter", "litellm_proxy")
_STREAMED = {("images", "stream"), ("openrouter", "stream")}
LOST = {
    "1.70.0": {("image", "stream"), *_STREAMED},
    "1.75.9": {("image", "stream"), *_STREAMED},
    "1.76.1": {("image", "completion"), *_STREAMED},
    "1.76.3": {("image", "completion"), *_STREAMED},
    "1.77.0": {("image", "stream")},
    "1.80.0": {("image", "stream")},
    environments.NEWEST: {("image", "stream")},
}
"""How servers spell images of which LiteLLM with the OpenAI SDK leaves nothing to be converted.

With ``install()`` the SDK is mended too; what LiteLLM's own handlers read, ``wrap()`` mends too.
"""
REFUSED = {("litellm_proxy", "1.77.0"), ("litellm_proxy", "1.80.0")}
RAISED = ["InternalServerError", "RateLimitError"]
"""What these raise of a good reply whose images have no index, as OpenRouter sends them: the second
where the reply, which the error's text holds, has the digits 429 somewhere, as in the time that it
was made (is_error_str_rate_limit in litellm_core_utils/exception_mapping_utils.py)."""


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("version", VERSIONS)
def test_openai_compatible_answers(version, provider, probe, gateways):
    process = probe(environments.litellm(version))
    wrong = {}
    for spelled in ("content", "image", "images", "openrouter"):
        server = gateways[spelled]
        asks = [ask(server, name, model=f"{provider}/painter") for name in FEWER]
        for way in ("completion", "stream"):
            answers = process.call("wrapping.call", how="wrap", way=way, emits=TWO, asks=asks)
            for emit, row in zip(TWO, answers, strict=True):
                for scenario, answer in zip(FEWER, row, strict=True):
                    parts = sent(spelled, scenario, streamed=way == "stream")
                    texts = [part for part in parts if part[0] == "text"]
                    should = [[form(parts, emit)]]
                    # 1.70.0 leaves nothing in a stream of its own handlers either.
                    loses = provider == "litellm_proxy" or version == "1.70.0"
                    if loses and (spelled, way) in LOST[version]:
                        should.append([form(texts, emit)])
                    if (spelled, way) == ("openrouter", "completion") and len(texts) < len(parts):
                        refused = (provider, version) in REFUSED
                        should += [[error] for error in RAISED if refused]
                    got = views(answer, emit)
                    if got not in should:
                        wrong[spelled, way, emit, scenario] = got, should
    assert not wrong


ENTRIES = ("1.75.9", "1.76.3", "1.77.0", NEWEST_CAPTURED)
IMAGE_ERA = ("1.76.1", "1.76.3")
"""They read an entry's ``image`` and forget it."""
UNBUILT = (*IMAGE_ERA, "1.77.0", "1.80.0")
"""Their ``stream_chunk_builder`` gives their cache no images; what plays an entry back to
``acompletion`` gives none either, whatever the entry has."""


def cached_by(version: str) -> environments.PackageSet:
    """The newest release needs what its proxy has to read its own cache."""
    is_newest = version == environments.NEWEST
    return environments.litellm_proxy(version) if is_newest else environments.litellm(version)


@pytest.mark.parametrize("how", ["wrap", "install"])
@pytest.mark.parametrize("version", VERSIONS)
def test_entries_of_any_version_in_the_cache(version, how, probe):
    process = probe(cached_by(version))
    wrong = {}
    entries = [(by, scenario) for by in ENTRIES for scenario in FEW]
    replies = [captured.replies(by)[scenario] for by, scenario in entries]
    for emit in EMITS:
        answers = process.call("wrapping.cached", how=how, emit=emit, entries=replies)
        for (by, scenario), answer in zip(entries, answers, strict=True):
            (parts,) = given(by, scenario, streamed=False)
            if version in IMAGE_ERA and by in IMAGE_ERA:
                parts = without_images(parts)
            got, should = views(answer, emit), [form(parts, emit)]
            if got != should:
                wrong[by, emit, scenario] = got, should
    assert not wrong


def without_images(parts: list[Part]) -> list[Part]:
    return [part for part in parts if part[0] == "text"]


def is_lost_in_cache(version: str, way: str, how: str) -> bool:
    """Tell whether LiteLLM loses the images between its cache and the caller."""
    if way == "stream":
        return version in UNBUILT and how == "wrap"
    return version in (UNBUILT if way == "astream" else IMAGE_ERA)


@pytest.mark.parametrize("how", ["wrap", "install"])
@pytest.mark.parametrize("version", VERSIONS)
def test_the_second_answer_comes_from_the_cache(version, how, probe, upstream):
    process = probe(cached_by(version))
    wrong = {}
    asks = [ask(upstream, scenario) for scenario in FEWER]
    keeps_text = format_of(exact(version)) is not Format.CONTENT
    for way in PLAIN:
        # Newer releases cut what they play back at blanks, and all images come with the first.
        for emit in TWO[:1] if way in STREAMED else TWO:
            answers = process.call("wrapping.hits", how=how, way=way, emit=emit, asks=asks)
            for scenario, (first, second, held) in zip(FEWER, answers, strict=True):
                (parts,) = given(exact(version), scenario, streamed=way in STREAMED)
                left = without_images(parts) if is_lost_in_cache(version, way, how) else parts
                got = views(first, emit), views(second, emit)
                if got != ([form(parts, emit)], [form(left, emit)]):
                    wrong[way, emit, scenario] = got, form(parts, emit)
                # What is cached is LiteLLM's own, never the old format that a caller asked for.
                messages = [choice["message"] for entry in held for choice in entry["choices"]]
                if keeps_text and "base64" in str([message["content"] for message in messages]):
                    wrong[way, emit, scenario, "held"] = messages
    assert not wrong


@pytest.mark.parametrize("version", VERSIONS)
def test_what_wrapping_does_not_change(version, probe, upstream):
    process = probe(environments.litellm(version))
    found = process.call("wrapping.shapes", asks=[ask(upstream, "b_text_image")])
    assert found["wrapped"] == found["plain"]


@pytest.mark.parametrize("version", VERSIONS)
def test_stream_chunk_builder_keeps_the_images(version, probe, upstream):
    process = probe(environments.litellm(version))
    names = [name for name in FEW if name != "l_tool_image"]
    asks = [ask(upstream, scenario) for scenario in names]
    way, wrong = "stream_chunk_builder", {}
    answers = process.call("wrapping.call", how="install", way=way, emits=EMITS, asks=asks)
    for emit, row in zip(EMITS, answers, strict=True):
        for scenario, answer in zip(names, row, strict=True):
            (parts,) = given(exact(version), scenario, streamed=True)
            if emit != "content":  # the order stays in a text only
                parts = sorted(parts, key=lambda part: part[0], reverse=True)
            got, should = views(answer, emit), [form(parts, emit)]
            if got != should:
                wrong[emit, scenario] = got, should
    assert not wrong


def test_what_is_expected_of_each_version_is_what_was_captured_of_it():
    """Without imageshim, in the format of the version."""
    wrong = {}
    for version in (*environments.LITELLM[:-1], NEWEST_CAPTURED):
        emit = format_of(version).value
        for streamed, answers in (
            (False, captured.replies(version)), (True, captured.streams(version)),
        ):  # fmt: skip
            for scenario in SCENARIOS:
                got = views(numbered(answers[scenario]), emit)
                should = expected(version, scenario, emit, streamed=streamed)
                if got != should:
                    wrong[version, streamed, scenario] = (got, should)
    assert not wrong


def numbered(answer: Any) -> Any:
    """LiteLLM gives every image the index 0."""
    copied = copy.deepcopy(answer)
    counts: dict[int, int] = {}
    for reply in copied if isinstance(copied, list) else [copied]:
        for choice in reply["choices"]:
            message = choice.get("message") or choice.get("delta") or {}
            for item in message.get("images") or ():
                item["index"] = counts.get(choice["index"], 0)
                counts[choice["index"]] = item["index"] + 1
    return copied
