"""`pick="final"` in streams: the format that holds one image gets the last of its choice."""

import json

import pytest
from openai.types.chat import ChatCompletionChunk

import imageshim
from chunks_of_streams import BLUE, PHOTO, RED, chunk, deltas, item, texts
from imageshim import (
    LossyConversionError,
    SSEConverter,
    StreamConverter,
    collect,
    convert,
    convert_stream,
    normalize,
    read,
)
from imageshim.errors import ImageShimError, LossyConversionWarning
from imageshim.streaming.converter import ChunkMachine
from imageshim.streaming.fail_open import FailOpen


def says(*pieces):
    return texts(*pieces, finish=None)


END = chunk({}, finish="stop")
A, B, C = RED.url, BLUE.url, PHOTO.url

STREAMS = {
    "images": [chunk({"images": [item(A)]}), *says("one "), chunk({"images": [item(B)]}), END],
    "two in a chunk": [chunk({"content": "x", "images": [item(A), item(B, 1)]}), END],
    "one": [*says("a"), chunk({"images": [item(A)]}), *says("b"), END],
    "none": [*says("a", "b"), END],
    "in the last chunk": [
        chunk({"images": [item(A)]}), chunk({"images": [item(B)]}, finish="stop"),
    ],
    "content": [*says("draft ", A[:40], A[40:], " final ", B), END],
    "image": [chunk({"image": {"url": A, "detail": "auto"}}),
              chunk({"image": {"url": B, "detail": "low"}}), END],
    "parts": [chunk({"content": [{"type": "image_url", "image_url": {"url": A}},
                                 {"type": "text", "text": "and"}]}),
              chunk({"content": [{"type": "image_url", "image_url": {"url": B}}]}), END],
    "details": [chunk({"images": [item(A) | {"vendor": 1}]}), chunk({"images": [item(B)]}),
                chunk({"images": [item(C) | {"vendor": 3}]}), END],
    "no end": [chunk({"images": [item(A)]}), *says("x"), chunk({"images": [item(B)]})],
    "a gateway's own field": [
        chunk({"multi_mod_content": [{"inline_data": {"mime_type": "image/png",
                                                      "data": url.partition(",")[2]}}]})
        for url in (A, B)
    ] + [END],
}  # fmt: skip


def bare(reply):
    """The message without its stash, whatever the order of its fields."""
    message = dict(reply["choices"][0]["message"])
    specific = {**(message.pop("provider_specific_fields", None) or {})}
    specific.pop("imageshim", None)
    return message, specific


def urls(reply):
    return [image.url for image in read(reply).images]


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("pick", ["first", "final"])
def test_a_stream_comes_to_the_same_as_the_whole_reply(name, pick):
    chunks = STREAMS[name]
    before = json.dumps(chunks)
    streamed = collect(convert_stream(chunks, "image", pick=pick))
    whole = convert(collect(chunks), "image", pick=pick)
    assert bare(streamed) == bare(whole)
    assert urls(streamed) == urls(whole)
    assert urls(normalize(streamed)) == urls(whole)
    assert json.dumps(chunks) == before


@pytest.mark.parametrize("name", STREAMS)
def test_bytes_and_objects_go_as_dicts_do(name):
    chunks = STREAMS[name]
    made = list(convert_stream(chunks, "image", pick="final"))
    converter = SSEConverter("image", pick="final")
    body = b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in chunks)
    out = b"".join(converter.feed(body[at : at + 99]) for at in range(0, len(body), 99))
    out += converter.feed(b"data: [DONE]\n\n") + converter.finish()
    *events, done = [line[6:] for line in out.splitlines() if line]
    assert done == b"[DONE]"
    assert [json.loads(event) for event in events] == made
    objects = [ChatCompletionChunk.construct(**one) for one in chunks]
    fields = [one.model_dump(exclude_unset=True, warnings=False)
              for one in convert_stream(objects, "image", pick="final")]  # fmt: skip
    assert urls(collect(fields)) == urls(collect(made))


def test_text_flows_while_an_image_waits_for_the_next():
    converter = StreamConverter("image", pick="final")
    assert converter.feed(chunk({"images": [item(A)]})) == []
    assert deltas(converter.feed(chunk({"content": "Better:"}))) == [{"content": "Better:"}]
    (draft,) = deltas(converter.feed(chunk({"images": [item(B)]})))
    assert draft == {"provider_specific_fields": {"imageshim": {"images": {"0": item(A)}}}}
    last, end = converter.feed(END)
    assert last["choices"][0]["delta"] == {"image": {"url": B, "detail": "auto"}}
    assert last["choices"][0]["finish_reason"] is None
    assert end == END
    assert converter.finish() == []


def test_the_final_image_comes_once_where_its_stream_has_no_end():
    converter = StreamConverter("image", pick="final")
    usage = {"completion_tokens": 3}
    (said,) = converter.feed({**chunk({"images": [item(A)]}), "usage": usage})
    assert said["usage"] == usage
    (last,) = converter.finish()
    assert last["choices"][0]["delta"] == {"image": {"url": A, "detail": "auto"}}
    assert last.get("usage") is None  # clients add them up
    assert converter.finish() == []


def test_each_choice_has_a_final_image_of_its_own():
    def both(first, second):
        return {**END, "choices": [
            {"index": 0, "delta": first, "finish_reason": None},
            {"index": 1, "delta": second, "finish_reason": None},
        ]}  # fmt: skip

    chunks = [both({"images": [item(A)]}, {"images": [item(B)]}),
              both({"images": [item(C)]}, {"content": "x"}), END]  # fmt: skip
    reply = collect(convert_stream(chunks, "image", pick="final"))
    assert [choice["message"]["image"]["url"] for choice in reply["choices"]] == [C, B]


def test_an_image_behind_the_end_of_its_choice_comes_too_late():
    chunks = [chunk({"images": [item(A)]}), chunk({"images": [item(B)]}), END,
              chunk({"images": [item(C)]})]  # fmt: skip
    made = list(convert_stream(chunks, "image", pick="final"))
    assert [one["image"]["url"] for one in deltas(made) if "image" in one] == [B]
    reply = collect(made)
    assert reply["choices"][0]["message"]["image"]["url"] == B
    assert urls(reply) == [A, B, C]
    alone = [*says("x"), END, chunk({"images": [item(C)]})]
    reply = collect(convert_stream(alone, "image", pick="final"))
    assert reply["choices"][0]["message"]["image"]["url"] == C


def test_a_draft_that_is_dropped_is_told():
    with pytest.warns(LossyConversionWarning, match="more than one image: image 0"):
        made = list(convert_stream(STREAMS["images"], "image", pick="final", on_loss="drop"))
    assert urls(collect(made)) == [B]


def test_nothing_is_lost_where_a_loss_raises():
    chunks = STREAMS["images"]
    with pytest.raises(LossyConversionError):
        list(convert_stream(chunks, "image", pick="final", on_loss="raise"))
    stream = FailOpen(ChunkMachine("image", pick="final", on_loss="raise"))
    out = [made for one in chunks for made in stream.feed(one)]
    assert isinstance(stream.fault, LossyConversionError)
    assert deltas(out) == [
        {"content": "one "}, {"image": {"url": A, "detail": "auto"}}, {"images": [item(B)]}, {},
    ]  # fmt: skip


@pytest.mark.parametrize("to", ["content", "images", "parts"])
def test_formats_that_hold_all_images_wait_for_none(to):
    chunks = STREAMS["images"]
    first = list(convert_stream(chunks, to, pick="first"))
    assert list(convert_stream(chunks, to, pick="final")) == first


def test_a_word_that_there_is_not_is_told():
    with pytest.raises(ImageShimError, match="pick is 'last'"):
        StreamConverter("image", pick="last")


@pytest.mark.filterwarnings("ignore::imageshim.LegacyImageFormatWarning", "ignore::FutureWarning")
@pytest.mark.parametrize(("pick", "url"), [("first", A), ("final", B)])
def test_a_wrapped_call_gives_the_image_that_is_asked_for(pick, url):
    chunks = STREAMS["images"]
    streamed = imageshim.wrap(lambda **_asked: iter(chunks), emit="image", pick=pick)(stream=True)
    assert collect(streamed)["choices"][0]["message"]["image"]["url"] == url
    whole = imageshim.wrap(lambda: collect(chunks), emit="image", pick=pick)()
    assert whole["choices"][0]["message"]["image"]["url"] == url
    with pytest.raises(ImageShimError, match="pick is 'last'"):
        imageshim.install(pick="last")
