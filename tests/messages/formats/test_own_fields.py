"""Fields of their own: read where nothing else is an image, kept in replies, gone in history."""

import json
from types import SimpleNamespace

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from chunks_of_streams import BASE, chunk
from imageshim import (
    SSEConverter,
    collect,
    convert,
    convert_bytes,
    convert_stream,
    detect,
    first_image_url,
    normalize,
    prepare_messages,
    read,
    to_message,
)
from imageshim.messages import carriers
from imageshim.messages.walk import message_of
from imageshim.testing.pictures import jpeg, png

PNG, JPEG = png().url, jpeg().url
RAW = PNG.partition(",")[2]
FORMATS = ("content", "image", "images", "parts")
OTHER = {"type": "image_url", "image_url": {"url": JPEG}}

FIELDS = {
    "AiHubMix": {"multi_mod_content": [
        {"text": "t", "inline_data": {"data": "", "mime_type": ""}},
        {"text": "", "inline_data": {"data": RAW, "mime_type": "image/png"}},
    ]},
    "Yunwu": {"multi_mod_content": [
        {}, {"text": "t"}, {"inlineData": {"mimeType": "image/png", "data": RAW}},
    ]},
    "Portkey": {"content_blocks": [
        {"type": "text", "text": "t"}, {"type": "image_url", "image_url": {"url": PNG}},
    ]},
    "DIAL": {"custom_content": {"state": {"k": 1}, "attachments": [
        {"type": "text/markdown", "data": "x"}, {"type": "image/png", "title": "a", "data": RAW},
    ]}},
}  # fmt: skip
URL_FIELDS = {
    "DIAL": {"custom_content": {"attachments": [{"type": "image/png", "url": "files/a/b.png"}]}},
    "Portkey": {"content_blocks": [
        {"type": "image_url", "image_url": {"url": "https://i.example.com/a.png"}},
    ]},
}  # fmt: skip
NO_IMAGES = {
    "text": {"multi_mod_content": [{"text": "t"}, {}]},
    "a sound": {"multi_mod_content": [
        {"inline_data": {"data": "UklGRiQ", "mime_type": "audio/wav"}},
    ]},
    "a document": {"custom_content": {"attachments": [
        {"type": "application/pdf", "url": "files/a"},
    ]}},
    "a link": {"content_blocks": [{"url": "https://n.example.com/a"}]},
    "no list": {"multi_mod_content": "x", "custom_content": 5, "content_blocks": {"a": 1}},
    "state": {"custom_content": {"state": {"k": 1}}},
}  # fmt: skip
every_field = pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)


def reply(message):
    return {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}


def sdk_reply(message):
    made = reply({"role": "assistant", **message})
    return ChatCompletion.construct(
        **{"id": "1", "created": 1, "model": "m", "object": "chat.completion", **made}
    )


def urls(carrier):
    return [image.url for image in read(carrier).images]


@every_field
@pytest.mark.parametrize("content", ["Here", "", None, [{"type": "text", "text": "Here"}]])
def test_the_field_stays_and_images_beside_it_are_canonical(field, content):
    before = {"role": "assistant", "content": content, **field}
    assert detect(before) == "images"
    assert urls(before) == [PNG]
    assert read(before).text == ("Here" if content else "")
    assert first_image_url(before) == PNG
    after = normalize(before)
    assert [one["image_url"]["url"] for one in after["images"]] == [PNG]
    assert after.items() >= field.items()
    assert normalize(after) is after
    assert json.loads(convert_bytes(json.dumps(reply(before)).encode(), "images")) == reply(after)


@every_field
@pytest.mark.parametrize("on_loss", ["stash", "drop"])
def test_no_conversion_makes_a_double(field, on_loss):
    before = {"role": "assistant", "content": "Here", **field}
    for to in FORMATS:
        there = convert(before, to, on_loss=on_loss)
        assert detect(there) == to
        assert urls(there) == [PNG]
        assert there.items() >= field.items()
        assert convert(there, to) is there
        assert urls(normalize(there)) == [PNG]
        assert normalize(there)["content"] == "Here"
    after = normalize(before)
    for to in FORMATS:
        assert normalize(convert(after, to)) == after


@every_field
def test_objects_and_the_providers_fields_are_read(field):
    whole = sdk_reply({"content": "Here", **field})
    assert detect(whole) == "images"
    after = normalize(whole)
    assert type(after) is ChatCompletion
    assert urls(after) == [PNG]
    assert carriers.get(message_of(after), next(iter(field))) is not None
    specific = {"content": "Here", "provider_specific_fields": field}
    for carrier in (specific, SimpleNamespace(**specific)):
        assert detect(carrier) == "images"
        assert urls(carrier) == urls(normalize(carrier)) == [PNG]
        assert carriers.get(normalize(carrier), "provider_specific_fields") == field
    assert normalize(normalize(specific)) == normalize(specific)


@pytest.mark.parametrize("field", URL_FIELDS.values(), ids=URL_FIELDS)
def test_references_are_remote(field):
    (image,) = read({"content": "Here", **field}).images
    assert image.is_remote


@pytest.mark.parametrize("field", NO_IMAGES.values(), ids=NO_IMAGES)
def test_what_is_no_image_stays_alone(field):
    message = {"role": "assistant", "content": "Here", **field}
    assert detect(message) is None
    for to in FORMATS:
        assert convert(message, to) is message
        made = chunk({"content": "Here", **field})
        assert list(convert_stream([made], to)) == [made]
    messages = [message, {"role": "user", "content": "next"}]
    assert prepare_messages(messages) is messages


@every_field
@pytest.mark.parametrize(
    "own",
    [
        {"content": "t", "images": [OTHER]},
        {"content": "t", "image": OTHER["image_url"]},
        {"content": [OTHER]},
        {"content": JPEG},
    ],
    ids=["images", "image", "parts", "content"],
)
def test_beside_an_image_of_the_message_it_is_not_read(field, own):
    assert urls({**own, **field}) == [JPEG]
    assert urls(normalize({**own, **field})) == [JPEG]


@every_field
@pytest.mark.parametrize("to", FORMATS)
@pytest.mark.parametrize("on_loss", ["stash", "drop"])
def test_in_deltas(field, to, on_loss):
    deltas = [{"role": "assistant", "content": "Well. "}, {"content": "Here", **field}]
    chunks = [chunk(delta) for delta in deltas]
    for carriers_of in (
        chunks,
        [ChatCompletionChunk.construct(**{**BASE, **one}) for one in chunks],
    ):
        assert urls(collect(carriers_of)) == [PNG]
        made = list(convert_stream(carriers_of, to, on_loss=on_loss))
        again = list(convert_stream(made, to, on_loss=on_loss))
        for stream in (made, again):
            whole = collect(stream)
            assert (detect(whole), urls(whole)) == (to, [PNG])
            assert read(whole).text == "Well. Here"
            held = carriers.get(message_of(whole), next(iter(field)))
            assert held == next(iter(field.values()))


@every_field
def test_in_an_event_stream(field):
    frames = [
        b"data: " + json.dumps(chunk(delta), separators=spaces).encode() + b"\n\n"
        for delta in ({"content": "Well"}, {"content": "", **field}, field)
        for spaces in (None, (",", ":"))
    ]
    for frame in frames:
        converter = SSEConverter("images")
        out = converter.feed(frame) + converter.finish()
        assert (b'"images"' in out) == (b'"Well"' not in frame)


def test_in_a_delta_it_is_not_read_after_an_image_of_another_field():
    field = FIELDS["AiHubMix"]
    chunks = [chunk({"images": [OTHER]}), chunk({"content": "", **field})]
    assert list(convert_stream(chunks, "images"))[1] == chunks[1]
    assert urls(collect(convert_stream(chunks, "images"))) == [JPEG]
    text = [chunk({"content": JPEG, **field})]
    assert urls(collect(convert_stream(text, "images"))) == [JPEG]


@every_field
def test_in_history_it_is_gone(field):
    name = next(iter(field))
    user = {"role": "user", "content": "next"}
    for message in (
        {"role": "assistant", "content": "Here", **field},
        normalize({"role": "assistant", "content": "Here", **field}),
        {"role": "assistant", "content": "Here", "provider_specific_fields": field},
    ):
        for version in (None, "1.82.0"):
            said, *_ = prepare_messages([message, user], version=version)
            assert RAW not in json.dumps(
                {key: value for key, value in said.items() if key != "images"}
            )
            assert said["content"] == "Here"
            if name == "custom_content" and name in message:
                assert said[name]["state"] == {"k": 1}
            else:
                assert name not in said
        assert json.dumps(to_message(message)).count(RAW) == 1
    fields = {"role": "assistant", "content": "Here", **URL_FIELDS["DIAL"]}
    assert "custom_content" not in prepare_messages([fields, user])[0]


@pytest.mark.parametrize(
    "inner",
    [{"detail": "high"}, {"detail": "high", "x": 1}, {"x": 1}],
    ids=["detail", "both", "key"],
)
def test_what_an_entry_says_of_its_image_goes_with_it(inner):
    entry = {"type": "image_url", "image_url": {"url": PNG, **inner}}
    message = {"role": "assistant", "content": "t", "content_blocks": [entry]}
    (item,) = convert(reply(message), "images")["choices"][0]["message"]["images"]
    assert item["image_url"] == {"url": PNG, "detail": "auto", **inner}
