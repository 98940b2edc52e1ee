"""What says that it is something else stays what it is, wherever it stands."""

from types import SimpleNamespace

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from chunks_of_streams import BASE, chunk
from imageshim import (
    collect,
    convert,
    convert_stream,
    detect,
    normalize,
    prepare_messages,
    read,
    to_message,
)
from imageshim.messages import carriers
from imageshim.messages.formats.claims import Claim, claim_of
from imageshim.messages.formats.dialects import is_canonical
from imageshim.messages.walk import message_of
from imageshim.testing.pictures import png

PNG = png().url
RAW = PNG.partition(",")[2]
WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA="
PDF = "JVBERi0xLjQKJSVFT0YK"
FORMATS = ("content", "image", "images", "parts")

OTHERS = {
    "audio of MCP": {"type": "audio", "data": WAV, "mimeType": "audio/wav"},
    "audio, by its media type alone": {"data": WAV, "mime_type": "audio/wav"},
    "audio, by its type alone": {"type": "output_audio", "data": WAV},
    "audio as a data URI": {"type": "audio", "url": f"data:audio/wav;base64,{WAV}"},
    "audio in image_url": {"type": "image_url", "image_url": {"url": f"data:audio/wav,{WAV}"}},
    "a PDF of the AI SDK": {"type": "file", "mediaType": "application/pdf", "data": PDF},
    "a PDF that nothing names": {"data": PDF},
    "a PDF that is called bytes": {"data": PDF, "mimeType": "application/octet-stream"},
    "a file's URL": {"type": "file", "url": "https://f.example.com/a"},
    "a file that calls itself a PDF beside image_url": {
        "type": "image_url", "image_url": {"url": "https://f.example.com/a"},
        "mime_type": "application/pdf",
    },
    "a video": {"type": "video", "url": "https://v.example.com/a.mp4"},
    "a video's image_url": {"type": "video", "image_url": {"url": "https://v.example.com/a.mp4"}},
    "a citation": {"type": "source-url", "sourceId": "1", "url": "https://n.example.com/a"},
    "a citation with a preview": {"type": "citation", "image_url": {"url": PNG}},
    "a search result": {"type": "web_search_result", "url": "https://n.example.com/a"},
    "a camel-cased search result": {"type": "webSearchResult", "url": "https://n.example.com/a"},
    "an image search's result": {"type": "image_search_result", "url": PNG},
    "a tool's result": {"type": "tool_result", "url": PNG},
    "a document": {"type": "document", "data": RAW, "media_type": "image/png"},
    "a type that is a media type": {"type": "text/markdown", "data": RAW},
    "a sound whose bytes are a picture's": {"type": "audio", "data": RAW},
    "redacted thinking": {"type": "redacted_thinking", "data": "EmwKAhgB"},
    "an object": SimpleNamespace(type="video", url="https://v.example.com/a.mp4"),
}  # fmt: skip
ONLY_IN_CONTENT = {
    "a link that nothing names": {"url": "https://n.example.com/a", "title": "A"},
    "bytes elsewhere": {"data": "https://n.example.com/a"},
}
IN_CONTENT = {**OTHERS, **ONLY_IN_CONTENT}
IMAGES = {
    "a file of the AI SDK": {"type": "file", "mediaType": "image/png", "data": RAW},
    "a file with a data URI": {"type": "file", "url": PNG},
    "a type that nobody knows": {"type": "output", "data": RAW},
    "bytes called bytes": {"data": RAW, "mimeType": "application/octet-stream"},
    "a half media type": {"type": "image", "data": RAW, "mimeType": "image/*"},
    "a type that is a media type": {"type": "image/png", "data": RAW},
    "a media type with a parameter": {"data": RAW, "mime_type": "IMAGE/PNG; x=1"},
    "an image's URL": {"type": "image", "url": "https://i.example.com/a"},
}


def reply(message):
    return {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}


def sdk_reply(message):
    made = reply({"role": "assistant", "content": "", **message})
    return ChatCompletion.model_construct(
        **{"id": "1", "created": 1, "model": "m", "object": "chat.completion", **made}
    )


@pytest.mark.parametrize("part", IN_CONTENT.values(), ids=IN_CONTENT)
def test_a_part_that_is_something_else_stays_in_content(part):
    message = {"role": "assistant", "content": [{"type": "text", "text": "t"}, part]}
    for carrier in (message, reply(message), sdk_reply(message)):
        assert detect(carrier) is None
        assert read(carrier).images == ()
        for to in FORMATS:
            assert convert(carrier, to) is carrier


@pytest.mark.parametrize("part", OTHERS.values(), ids=OTHERS)
def test_an_item_that_is_something_else_stays_in_images(part):
    message = {"role": "assistant", "content": "t", "images": [part]}
    assert detect(message) is None
    assert read(message).images == ()
    assert normalize(message) is message
    assert not is_canonical([part])


@pytest.mark.parametrize("part", IN_CONTENT.values(), ids=IN_CONTENT)
def test_beside_an_image_it_stays_beside_the_image(part):
    content = [part, {"type": "image_url", "image_url": {"url": PNG}}]
    before = {"role": "assistant", "content": content}
    after = normalize(before)
    assert [item["image_url"]["url"] for item in after["images"]] == [PNG]
    assert convert(after, "parts") == before


@pytest.mark.parametrize("part", IN_CONTENT.values(), ids=IN_CONTENT)
def test_history_does_not_show_it_to_the_model_as_a_picture(part):
    message = {"role": "assistant", "content": [{"type": "text", "text": "t"}, part]}
    messages = [message, {"role": "user", "content": "next"}]
    assert prepare_messages(messages) is messages
    assert to_message(message)["role"] == "assistant"
    message["content"].append({"type": "image_url", "image_url": {"url": PNG}})
    assistant, user = prepare_messages(messages)
    assert assistant["content"][-1] is part
    shown = [said for said in user["content"] if said["type"] == "image_url"]
    assert [said["image_url"]["url"] for said in shown] == [PNG]


@pytest.mark.parametrize("part", IN_CONTENT.values(), ids=IN_CONTENT)
def test_streamed_it_stays_in_content(part):
    made = chunk({"content": [part]})
    sdk = ChatCompletionChunk.model_construct(**{**BASE, **made})
    for carrier in (made, sdk):
        for to in FORMATS:
            assert list(convert_stream([carrier], to)) == [carrier]
        whole = collect([carrier])
        assert detect(whole) is None
        assert carriers.get(message_of(whole), "content") == [part]


@pytest.mark.parametrize("item", IMAGES.values(), ids=IMAGES)
def test_an_image_is_one_by_its_media_type_or_its_bytes(item):
    url = item.get("url", PNG)
    for message in ({"content": [item]}, {"content": None, "images": [item]}):
        assert [image.url for image in read(message).images] == [url]
        assert normalize(message)["images"][0]["image_url"]["url"] == url


@pytest.mark.parametrize(
    "head", ["data:application/octet-stream;base64,", "data:image;base64,", "data:;base64,"]
)
def test_a_data_uri_of_no_type_is_settled_by_its_bytes(head):
    item = {"type": "image_url", "image_url": {"url": head + RAW, "detail": "auto"}, "index": 0}
    message = {"role": "assistant", "content": "x", "images": [item]}
    assert [image.data for image in read(message).images] == [png().data]
    assert normalize(message) is message
    for to in FORMATS:
        assert normalize(convert(message, to)) == message
    item["image_url"]["url"] = head + PDF
    assert read(message).images == ()
    assert detect(message) is None


@pytest.mark.parametrize(
    ("item", "claim"),
    [
        ({"type": "image_url", "image_url": {}}, Claim.IMAGE),
        ({"type": "image_url", "image_url": {}, "index": 0}, Claim.IMAGE),
        ({"type": "image_url", "index": 0, "mime_type": "audio/wav"}, Claim.OTHER),
        ({"type": "generatedImage"}, Claim.IMAGE), ({"type": "input_image"}, Claim.IMAGE),
        ({"type": "imageResult"}, Claim.NEVER), ({"type": "x" * 1000}, Claim.NOTHING),
        ({"type": "application/octet-stream"}, Claim.NOTHING), ({"type": 5}, Claim.NOTHING),
        ({}, Claim.NOTHING), (None, Claim.NOTHING), ("text", Claim.NOTHING),
        ({"mimeType": ""}, Claim.NOTHING), ({"mime_type": 5, "mimeType": "image/png"}, Claim.IMAGE),
    ],
)  # fmt: skip
def test_what_an_item_says(item, claim):
    assert claim_of(item) is claim
