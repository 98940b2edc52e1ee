"""Images through providers that LiteLLM reads itself, without the OpenAI SDK: ``openrouter/``."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

import imageshim
from imageshim.testing import pictures
from imageshim.wrapping import handlers

from . import environments, openrouter
from .expectations import collected

pytestmark = pytest.mark.live

VERSIONS = ("1.75.9", "1.76.3", "1.77.0", "1.80.0", environments.NEWEST)
PNG, JPEG = pictures.png().url, pictures.jpeg().url
SCRIPT = Path(__file__).parent / "scripts" / "own_handlers.py"
ROOT = environments.ROOT
PATH = os.pathsep.join(map(str, (ROOT / "src", ROOT / "tests", ROOT / "tests/live/loopback")))
REMOTE = "https://a.example/cat.png"


def documented(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def untyped(url: str) -> dict[str, Any]:
    return {"image_url": {"url": url}}


ANSWERS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "text": ({"content": "Here"}, []),
    "index": ({"content": "Here", "images": [{**documented(PNG), "index": 0}]}, [PNG]),
    "documented": ({"content": "Here", "images": [documented(PNG)]}, [PNG]),
    "untyped": ({"content": "Here", "images": [untyped(PNG)]}, [PNG]),
    "remote": ({"content": "Here", "images": [documented(REMOTE)]}, [REMOTE]),
    "untyped-remote": ({"content": "Here", "images": [untyped(REMOTE)]}, [REMOTE]),
    "flat": ({"content": "Here", "images": [{"url": PNG}]}, [PNG]),
    "string": ({"content": "Here", "images": [PNG]}, [PNG]),
    "several": (
        {"content": "Here", "images": [documented(PNG), untyped(JPEG), documented(REMOTE)]},
        [PNG, JPEG, REMOTE],
    ),
    "image-alone": ({"content": "", "images": [documented(PNG)]}, [PNG]),
    "parts": ({"content": [{"type": "text", "text": "Here"}, documented(PNG)]}, [PNG]),
}
WAYS = ("completion", "acompletion", "stream", "astream")


def message_of(answer: Any) -> dict[str, Any]:
    if isinstance(answer, list):
        return collected(answer)[0]
    return answer["choices"][0]["message"]


@pytest.mark.parametrize("how", ["wrap", "install"])
@pytest.mark.parametrize("version", VERSIONS)
def test_every_answer_of_openrouter_gives_its_images(version, how, probe):
    process = probe(environments.litellm(version))
    wrong = {}
    with openrouter.serve({name: message for name, (message, _) in ANSWERS.items()}) as url:
        asks = [
            {"model": "openrouter/google/painter", "api_base": f"{url}/{name}", "api_key": "any",
             "num_retries": 0}
            for name in ANSWERS
        ]  # fmt: skip
        for way in WAYS:
            (answers,) = process.call(
                "wrapping.call", how=how, way=way, emits=["images"], asks=asks
            )
            for (name, (message, urls)), answer in zip(ANSWERS.items(), answers, strict=True):
                if "raised" in answer:
                    wrong[way, name] = answer
                    continue
                got = message_of(answer)
                images = got.get("images") or []
                spelled = [
                    {"image_url": {"url": one, "detail": "auto"}, "index": i, "type": "image_url"}
                    for i, one in enumerate(urls)
                ]
                text = "Here" if message["content"] else ""
                if (got.get("content") or "", images) != (text, spelled):
                    wrong[way, name] = got
    assert not wrong, "\n".join(f"{k} {str(v)[:400]}" for k, v in wrong.items())


def test_providers_with_handlers_of_their_own_give_images_or_are_told_to_lose_them(tmp_path):
    """Those that answer chat completions at all; of the others nothing is known."""
    run = subprocess.run(
        [environments.environment(environments.litellm(environments.NEWEST)), SCRIPT],
        env={**environments.clean_environ(tmp_path), "PYTHONPATH": PATH},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = {line.split()[0]: line[29:] for line in run.stdout.splitlines()}
    told = {name: loses for name, loses in handlers._LOSES.items() if name in found}
    assert {"openrouter", "databricks", "groq", "hosted_vllm"} <= found.keys()
    for name, line in found.items():
        whole, streamed = line[:34].strip(), line[35:69].strip()
        loses = told.get(name)
        assert (whole == "image") is (loses != handlers._ALL), (name, line)
        assert (streamed == "image") is (loses is None), (name, line)


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_stays_behind(version, probe):
    process = probe(environments.litellm(version))
    assert process.call("handlers.watched") == [False, True, False]


def test_an_image_reads_the_same_as_openrouter_sends_it():
    for message, urls in ANSWERS.values():
        assert [image.url for image in imageshim.read(message).images] == urls
