"""What `litellm.stream_chunk_builder` builds has the images of the chunks, in an installed process.

LiteLLM's own function loses them, as these stand-ins for it do; tests/live has the real ones.
"""

from __future__ import annotations

import warnings

import pytest

from imageshim import LossyConversionWarning, UnknownFormatError, read
from imageshim.testing.pictures import png
from imageshim.testing.strategies import write_message
from imageshim.wrapping import chunk_builder
from imageshim.wrapping.policy import policy
from imageshim.wrapping.reentrancy import INSIDE

URL = png().url


def options(*, strict=False):
    return policy("images", None, "stash", history=True, keep_images=None, strict=strict)


def chunks(name, count=1):
    parts = ["Here: ", *[png()] * count] if name == "images" else ["Here: ", png()]
    deltas = [write_message((part,), name) for part in parts]
    return [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]


def losing(chunks, messages=None):
    """Join the text; as LiteLLM 1.76.1 to 1.81.5."""
    del messages
    text = "".join(one["choices"][0]["delta"].get("content") or "" for one in chunks)
    return {"choices": [{"index": 0, "message": {"role": "assistant", "content": text}}]}


def built(given, *, wrapped=losing, strict=False, inside=None, named=False):
    token = INSIDE.set(inside)
    try:
        args, kwargs = ((), {"chunks": given}) if named else ((given, None), {})
        return chunk_builder.build(options(strict=strict), "litellm", wrapped, args, kwargs)
    finally:
        INSIDE.reset(token)


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("name", ["image", "images", "parts"])
def test_the_images_of_the_chunks_are_in_what_is_built(name, named):
    reading = read(built(chunks(name), named=named))
    assert (reading.text, [image.url for image in reading.images]) == ("Here: ", [URL])


@pytest.mark.parametrize("name", ["image", "images"])
def test_litellms_own_use_of_it_has_them_too(name):
    message = built(chunks(name), inside="litellm")["choices"][0]["message"]
    assert [item["image_url"]["url"] for item in message["images"]] == [URL]


def test_what_has_its_images_stays_as_litellm_built_it():
    whole = losing(chunks("images"))
    whole["choices"][0]["message"]["images"] = kept = [{"image_url": {"url": URL}}]
    assert built(chunks("images"), wrapped=lambda *_: whole, inside="litellm") is whole
    assert whole["choices"][0]["message"]["images"] is kept


@pytest.mark.parametrize("given", [None, [], [{"choices": [{"delta": {"content": "x"}}]}]])
def test_where_no_chunk_has_an_image_nothing_is_done(given):
    reply = {"choices": [{"index": 0, "message": {"content": "x"}}]}
    assert built(given, wrapped=lambda *_: reply, inside="litellm") is reply
    assert reply == {"choices": [{"index": 0, "message": {"content": "x"}}]}


@pytest.mark.parametrize("step", ["convert_stream", "collect"])
def test_what_fails_gives_what_litellm_built(monkeypatch, step):
    def broken(*_args, **_options):
        raise UnknownFormatError("broken")

    monkeypatch.setattr(chunk_builder, step, broken)
    given = chunks("parts") if step == "convert_stream" else chunks("images")
    reply = {"choices": [{"index": 0, "message": {"content": "x"}}]}
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert built(given, wrapped=lambda *_: reply, inside="litellm") is reply
    assert any("stream_chunk_builder" in str(one.message) for one in told)
    with pytest.raises(Exception, match="broken"):
        built(given, wrapped=lambda *_: reply, strict=True)


@pytest.mark.parametrize("step", ["convert_stream", "collect"])
def test_a_warning_that_the_user_made_an_error_is_the_users(monkeypatch, step):
    def warned(*_args, **_options):
        raise LossyConversionWarning

    monkeypatch.setattr(chunk_builder, step, warned)
    given = chunks("parts") if step == "convert_stream" else chunks("images")
    with pytest.raises(LossyConversionWarning):
        built(given, wrapped=lambda *_: losing([]))
