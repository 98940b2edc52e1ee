"""Whatever comes in: a clear error, or a reply that is as good as before; never anything else."""

from __future__ import annotations

import contextlib
import json
import random
import warnings
from collections import Counter

import pytest
from hypothesis import settings

from imageshim import (
    Format,
    ImageShimError,
    convert,
    convert_bytes,
    detect,
    first_image,
    first_image_url,
    legacy_content,
    normalize,
    read,
    read_all,
)
from imageshim.schema import problems
from mutated import CYCLIC_PNG, body_of, mutated, nested
from ropes import long_is, no_ropes

THOROUGH = settings().max_examples >= 300
COUNT = 10_000 if THOROUGH else 500
BATCH = 125
ACCESSORS = {"legacy_content", "first_image", "first_image_url"}
"""They are in migrated code, so they never raise."""
SOURCES = (None, None, *Format, "1.75.9", "1.80.0")


def words(seed):
    """Options of a call."""
    rng = random.Random(seed)  # noqa: S311  # no secret
    return {
        "source": rng.choice(SOURCES),
        "markdown": rng.choice((False, True)),
    }, {
        "drafts": rng.choice(("keep", "images")),
        "on_loss": rng.choice(("stash", "stash", "drop", "raise")),
    }


def use(reading):
    """Ask for all that a reading and its images have."""
    assert isinstance(reading.text, str)
    assert reading.final_image is None or not reading.final_image.is_draft
    repr(reading)
    for image in reading.images:
        assert (image.mime_type, image.extension, image.width, image.height) is not None
        image._repr_mimebundle_()
        with contextlib.suppress(ImageShimError):
            assert image.size_in_bytes == len(image.data)


def images(reply, how):
    return Counter(image.url for reading in read_all(reply, **how) for image in reading.images)


def converted(reply, to, how, what):
    after = convert(reply, to, **how, **what)
    assert type(after) is type(reply)
    if detect(reply, how["source"], markdown=how["markdown"]) is None and what["drafts"] == "keep":
        assert after is reply
    elif after is not reply and what["on_loss"] == "stash" and "'imageshim'" not in repr(reply):
        # An edited stash may say anything of a message; without one, no image gets lost.
        before, there = images(reply, how), images(after, {**how, "source": to})
        assert not before - there, (before - there, after)
    return after


def over_the_wire(body, to, how, what):
    """Bytes become the same bytes whether long text in them is copied or left where it is."""
    with no_ropes():
        usual = refusal_or(lambda: convert_bytes(body, to, **how, **what))
    with long_is(8):
        roped = refusal_or(lambda: convert_bytes(body, to, **how, **what))
    assert roped == usual
    if isinstance(usual, bytes):
        json.loads(usual)


def refusal_or(call):
    """Give what a call gives, or the text of the clear error that it raises."""
    try:
        return call()
    except ImageShimError as error:
        return str(error)


def check(reply, seed):
    """Call every function of the core on the reply."""
    how, what = words(seed)
    calls = {
        **{to: lambda to=to: converted(reply, to, how, what) for to in Format},
        "normalize": lambda: normalize(normalize(reply, **how, **what), source="images"),
        "detect": lambda: detect(reply, how["source"], markdown=how["markdown"]),
        "read": lambda: use(read(reply, **how)),
        "read_all": lambda: [use(reading) for reading in read_all(reply, **how)],
        "legacy_content": lambda: legacy_content(reply),
        "first_image": lambda: first_image(reply),
        "first_image_url": lambda: first_image_url(reply),
        "convert_bytes": lambda: over_the_wire(body_of(reply), list(Format)[seed % 4], how, what),
        "problems": lambda: [str(found) for to in Format for found in problems(reply, to)],
    }
    before = repr(reply)
    for name, call in calls.items():
        outcome(call, f"mutated({seed}), {name}", may_refuse=name not in ACCESSORS)
    assert repr(reply) == before, f"mutated({seed}) was changed"


def outcome(call, where, *, may_refuse):
    """Make a call; only a clear error may come out of it instead of a result."""
    refused = ""
    try:
        call()
    except ImageShimError as error:
        refused = str(error) or "nothing"
    except Exception as error:
        raise AssertionError(f"{where}: {error!r}") from error
    assert refused != "nothing", where
    assert may_refuse or not refused, f"{where}: {refused}"


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("first", range(0, COUNT, BATCH))
def test_a_mutated_reply_gives_a_clear_error_or_a_reply(first):
    for seed in range(first, first + BATCH):
        check(mutated(seed), seed)


def test_mutations_reach_every_outcome():
    """The mutations would prove nothing if all of them were refused, or none had images."""
    seen = Counter()
    for seed in range(COUNT):
        reply = mutated(seed)
        try:
            there = normalize(reply)
        except ImageShimError:
            seen["refused"] += 1
            continue
        seen["unchanged" if there is reply else "converted"] += 1
    assert seen["refused"] >= COUNT / 200
    assert min(seen["unchanged"], seen["converted"]) >= COUNT / 5


SOME = 5_000 if THOROUGH else 100
HOSTILE = {
    "prefixes": "data:image/png;base64,",
    "prefixes with some payload": "data:image/png;base64,iVBORw0KGgo ",
    "beginnings of JPEG": "data:image/jpeg;base64,/9j/4AAQ",
    "beginnings of SVG": "data:image/svg+xml;base64,PHN2Zz48",
    "openings of Markdown": "![](data:image/png;base64,AAAA",
    "half URLs of Markdown": "![](https://a/(",
    "cyclic chunk lengths": f"data:image/png;base64,{CYCLIC_PNG}",
    "lone surrogates": "\udc00data:image/png;base64,iVBO\ud800",
    "colons": ":" * 20,
    "colons before i": ":i" * 10,
    "commas": "data:image/png,",
    "quotes": 'data:image/png;base64,"',
    "parameters": "data:image/png;a=b;c=d;",
}
LONG = {
    "cyclic chunk lengths": "data:image/png;base64," + CYCLIC_PNG * SOME,
    "parameters": "data:image/png" + ";a=b" * SOME,
    "white space": "data:image/png;base64," + "\n" * SOME * 100,
    "padding": "data:image/png;base64," + "=" * SOME * 100,
    "escapes": "data:image/png;base64," + "%41" * SOME * 10,
    "raw": CYCLIC_PNG * SOME,
    **{f"{SOME} {name}": text * SOME for name, text in HOSTILE.items()},
}


@pytest.mark.parametrize("name", LONG)
def test_hostile_text_ends(name):
    text = LONG[name]
    check({"choices": [{"message": {"content": text, "reasoning_content": text}}]}, 0)
    check({"images": [{"image_url": {"url": text}}], "content": "x"}, 1)


@pytest.mark.parametrize("source", [None, "content"])
def test_fake_prefixes_by_the_thousand_end(source):
    reply = {"content": "data:image/png;base64," * SOME * 20}
    assert convert(reply, "images", source=source) is reply
    assert read(reply, source=source).text == reply["content"]


@pytest.mark.parametrize("seed", range(8))
def test_nesting_and_nan_pass_through(seed):
    reply = {
        "choices": [{"message": {"content": nested(), "n": float("nan"), "deep": nested()}}],
        "usage": nested(),
    }
    check(reply, seed)


def test_brackets_without_end_are_no_json():
    for body in (b"[" * 1_000_000, b'{"choices":' * 100_000, b'{"a":' * 100_000):
        with pytest.raises(ImageShimError):
            convert_bytes(body, "images")


@pytest.mark.parametrize("text", ["data:", "data:image/png;base64,"])
def test_64_mib_end(text):
    size = 64 * 2**20 if THOROUGH else 2**20
    filled = text * (size // len(text)) if text == "data:" else text + "A" * size
    reply = {"content": filled}
    assert normalize(reply) is reply
    assert legacy_content(reply) is filled
    assert detect(reply, "content") in {None, Format.CONTENT}
