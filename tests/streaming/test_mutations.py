"""Chunks of any shape: nothing raises but what is meant to, and text and images stay."""

import contextlib
import copy
import random

import pytest
from hypothesis import settings

from captured import VERSIONS, streams
from chunks_of_streams import RED, chunk, item
from imageshim import ImageShimError, SSEConverter, StreamConverter, collect

SEEDS = [chunks for version in VERSIONS for chunks in streams(version).values()]
SEEDS.append(
    [
        chunk(
            {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": ""}}]}
        ),
        chunk({"thinking_blocks": [{"type": "thinking", "thinking": "x"}], "audio": {"id": "x"}}),
        chunk({"content": [{"type": "text", "text": "x"}, {"type": "image_url", "image_url": {}}]}),
        chunk({"provider_specific_fields": {"imageshim": {"images": {"0": None}}}, "content": "x"}),
        chunk({"images": [item(RED.url, 3)]}, logprobs={"content": []}),
    ]
)
VALUES = [
    *(None, 0, 1, -1, 1.5, True, "", "x", "length", [], {}, [None], ["x"], [{}], {"x": {}}),
    *({"url": RED.url}, {"image_url": {"url": RED.url}}, RED.url, RED.url[:50], [{"text": 1}]),
    *({"imageshim": {"images": {"0": 1, "x": []}}}, {"imageshim": []}, [item(RED.url)]),
]
KEYS = ["index", "delta", "content", "images", "image", "provider_specific_fields", "choices",
        "finish_reason", "tool_calls", "usage", "logprobs", "role", "audio", "x"]  # fmt: skip


def mutate(value, rng):
    """Change one thing somewhere in a JSON value."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice(list(value))
        return {**value, key: mutate(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.9:
        place = rng.randrange(len(value))
        return [*value[:place], mutate(value[place], rng), *value[place + 1 :]]
    if isinstance(value, dict) and rng.random() < 0.5:
        return {**value, rng.choice(KEYS): rng.choice(VALUES)}
    return rng.choice(VALUES)


def fed(converter, one):
    try:
        return converter.feed(one)
    except ImageShimError:
        return [one]


ROUNDS = 2_500 if settings().max_examples >= 1_000 else 100


@pytest.mark.filterwarnings("ignore::imageshim.errors.UnreadableImageWarning")
@pytest.mark.parametrize("part", range(4))
def test_chunks_of_any_shape_are_converted_and_collected(part):
    rng = random.Random(part)  # noqa: S311  # the same chunks in every run
    for _ in range(ROUNDS):
        chunks = copy.deepcopy(rng.choice(SEEDS))
        for _ in range(rng.randint(1, 4)):
            chunks = mutate(chunks, rng) or [None]
            chunks = chunks if isinstance(chunks, list) else [chunks]
        before = copy.deepcopy(chunks)
        for to in ("content", "image", "images", "parts"):
            converter = StreamConverter(to, source=rng.choice([None, "content"]))
            made = [new for one in chunks for new in fed(converter, one)] + converter.finish()
            for stream in (chunks, made):
                with contextlib.suppress(ImageShimError):
                    collect(stream)
        assert chunks == before


def test_a_choice_of_any_index_is_a_choice():
    for index in ([], {}, None, "a", 1.5):
        converter = SSEConverter("images")
        body = b'data: {"choices":[{"index":%b,"delta":{"content":"x d"}}]}\n\n'
        text = {None: b"null", "a": b'"a"', 1.5: b"1.5"}.get(
            index if not isinstance(index, (list, dict)) else 0, str(index).encode()
        )
        made = converter.feed(body % text) + converter.finish()
        assert made.count(b'"content"') == 2
