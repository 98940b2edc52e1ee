"""The OpenAI-compatible answer, read by the real OpenAI SDK and by imageshim."""

import base64
import json

import openai
import pytest

from imageshim import read
from imageshim.testing.fake_gemini import (
    FORMATS,
    PICTURES,
    Blocked,
    Candidate,
    FunctionCall,
    HTTPFault,
    Image,
    Reply,
    Text,
    Thought,
    Usage,
    fake_gemini,
)

from .calling import CHAT, call, call_json, events

PNG, OTHER = PICTURES["png"].url, PICTURES["png-other"].url
BASE64 = base64.b64encode(PICTURES["png"].data).decode()
PARTS = [Text("First: "), Image("png"), Text(" Second: "), Image("png-other")]


def complete(answer, **options):
    with fake_gemini(answer, **options) as server:
        return call_json(f"{server.openai_url}/chat/completions", CHAT)


def stream(answer, body=None, **options):
    with fake_gemini(answer, **options) as server:
        asked = {**CHAT, "stream": True, **(body or {})}
        _, headers, data = call(f"{server.openai_url}/chat/completions", asked)
    assert headers["Content-Type"] == "text/event-stream"
    return events(data)


def message(answer, **options):
    return complete(answer, **options)["choices"][0]["message"]


def nested(url, index):
    return {"image_url": {"url": url, "detail": "auto"}, "index": index, "type": "image_url"}


def test_the_formats_are_those_of_the_litellm_versions():
    joined = "First:  Second: "

    assert message(PARTS, format="content") == {
        "role": "assistant",
        "content": f"First: {PNG} Second: {OTHER}",
    }
    assert message(PARTS, format="image") == {
        "role": "assistant",
        "content": joined,
        "image": {"url": PNG, "detail": "auto"},
    }
    assert message(PARTS) == {
        "role": "assistant",
        "content": joined,
        "images": [nested(PNG, 0), nested(OTHER, 1)],
    }
    assert message(PARTS, format="litellm")["images"] == [nested(PNG, 0), nested(OTHER, 0)]
    assert message(PARTS, format="parts")["content"] == [
        {"type": "text", "text": "First: "},
        {"type": "image_url", "image_url": {"url": PNG}},
        {"type": "text", "text": " Second: "},
        {"type": "image_url", "image_url": {"url": OTHER}},
    ]


@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("openrouter", {"type": "image_url", "image_url": {"url": PNG}}),
        ("flat", {"url": PNG, "detail": "auto"}),
        ("string", PNG),
        ("string_url", {"type": "image_url", "image_url": PNG}),
        ("camel_case", {"type": "image_url", "imageUrl": {"url": PNG}}),
        ("b64_json", {"b64_json": BASE64}),
        ("mime_type", {"data": BASE64, "mime_type": "image/png"}),
        ("raw_base64", BASE64),
    ],
)
def test_gateways_spell_items_in_their_own_ways(name, item):
    assert message([Image("png")], format=name)["images"] == [item]


def test_gateways_that_use_other_fields():
    parts = [Text("Here: "), Image("png")]

    assert message(parts, format="one_hub")["image"] == [{"data": BASE64}]
    assert message(parts, format="markdown")["content"] == f"Here: ![image]({PNG})"
    assert message(parts, format="content_blocks") == {
        "role": "assistant",
        "content": "Here: ",
        "content_blocks": [
            {"type": "text", "text": "Here: "},
            {"type": "image_url", "image_url": {"url": PNG}},
        ],
    }


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("inline_data", {"inline_data": {"mime_type": "image/png", "data": BASE64}}),
        (
            "anthropic",
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": BASE64},
            },
        ),
        ("langchain", {"type": "image", "base64": BASE64, "mime_type": "image/png"}),
        ("mcp", {"type": "image", "data": BASE64, "mimeType": "image/png"}),
    ],
)
def test_gateways_that_have_parts_of_their_own(name, part):
    written = message([Text("Here: "), Image("png")], format=name)
    assert written["content"] == [{"type": "text", "text": "Here: "}, part]


def test_gateways_that_have_a_field_of_their_own():
    parts = [Text("Here: "), Image("png")]
    assert message(parts, format="multi_mod_content") == {
        "role": "assistant",
        "content": "Here: ",
        "multi_mod_content": [
            {"text": "Here: "},
            {"inline_data": {"mime_type": "image/png", "data": BASE64}},
        ],
    }
    assert message(parts, format="dial")["custom_content"] == {
        "attachments": [{"type": "image/png", "title": "image", "data": BASE64}]
    }


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_one_that_read_understands(name):
    reading = read(complete([Text("Here: "), Image("png")], format=name))

    assert reading.text == "Here: "
    assert [image.data for image in reading.images] == [PICTURES["png"].data]


@pytest.mark.parametrize("name", FORMATS)
def test_a_reply_without_images_is_plain_in_every_format(name):
    written = message([Text("No.")], format=name)

    assert written.pop("content") in ("No.", [{"type": "text", "text": "No."}])
    assert written.keys() <= {"role", "content_blocks", "multi_mod_content"}


def test_an_image_alone_leaves_no_text():
    assert message([Image("png")])["content"] is None


def test_a_reply_can_have_a_format_of_its_own():
    with fake_gemini(Reply([Image()], format="image"), [Image()], format="flat") as server:
        url = f"{server.openai_url}/chat/completions"
        first, second = (call_json(url, CHAT)["choices"][0]["message"] for _ in range(2))
    assert "image" in first
    assert second["images"] == [{"url": PNG, "detail": "auto"}]


def test_tool_calls_thoughts_and_finish_reasons():
    reply = complete(
        [
            Candidate([Thought(Text("hm")), Text("a"), FunctionCall("save", {"x": 1})]),
            Candidate([Thought(Image("png")), Image("png-other")], "MAX_TOKENS"),
            Candidate(None, "IMAGE_SAFETY"),
        ]
    )
    first, second, third = reply["choices"]

    assert first["message"] == {
        "role": "assistant",
        "content": "a",
        "reasoning_content": "hm",
        "tool_calls": [
            {
                "id": "call_0_0",
                "type": "function",
                "function": {"name": "save", "arguments": '{"x": 1}'},
            }
        ],
    }
    assert [nested["image_url"]["url"] for nested in second["message"]["images"]] == [PNG, OTHER]
    assert third["message"] == {"role": "assistant", "content": None}
    assert [choice["finish_reason"] for choice in reply["choices"]] == [
        "tool_calls",
        "length",
        "content_filter",
    ]


def test_a_blocked_prompt_is_one_empty_choice():
    (choice,) = complete(Blocked())["choices"]
    assert choice["finish_reason"] == "content_filter"
    assert choice["message"]["content"] is None

    (chunk, done) = stream(Blocked())
    assert chunk["choices"][0]["finish_reason"] == "content_filter"
    assert done == "[DONE]"


def test_a_stream_numbers_images_through_its_chunks():
    *chunks, done = stream(PARTS)
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]

    assert deltas == [
        {"role": "assistant", "content": "First: "},
        {"images": [nested(PNG, 0)]},
        {"content": " Second: "},
        {"images": [nested(OTHER, 1)]},
        {},
    ]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None] * 4 + ["stop"]
    assert done == "[DONE]"


def test_a_stream_can_finish_with_its_last_part():
    *chunks, _ = stream(Reply(PARTS, cut="whole", finish="last"))
    (chunk,) = chunks
    assert chunk["choices"][0]["finish_reason"] == "stop"
    assert len(chunk["choices"][0]["delta"]["images"]) == 2


def test_a_stream_can_finish_with_an_empty_text():
    *chunks, _ = stream(Reply([Image()], finish="empty_text"))
    assert chunks[-1]["choices"][0]["delta"] == {"content": ""}


def test_usage_is_streamed_where_it_is_asked_for():
    reply = Reply([Text("a")], usage=Usage(2, 3))
    usage = {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5}

    assert complete(reply)["usage"] == usage
    assert not any("usage" in chunk for chunk in stream(reply)[:-1])
    *_, last, _ = stream(reply, {"stream_options": {"include_usage": True}})
    assert (last["choices"], last["usage"]) == ([], usage)


def test_tool_calls_are_numbered_through_a_stream():
    *chunks, _ = stream([FunctionCall("f"), FunctionCall("g")])
    calls = [chunk["choices"][0]["delta"].get("tool_calls") for chunk in chunks]
    assert [(call[0]["index"], call[0]["function"]["name"]) for call in calls[:-1]] == [
        (0, "f"),
        (1, "g"),
    ]


@pytest.mark.parametrize(
    "path",
    ["/v1/chat/completions", "/chat/completions", "/api/v1/chat/completions",
     "/openai/deployments/m/chat/completions?api-version=2024-10-21"],
)  # fmt: skip
def test_every_url_that_clients_make_is_understood(path):
    with fake_gemini([Text("hi")]) as server:
        reply = call_json(server.url + path, CHAT)
    assert reply["choices"][0]["message"]["content"] == "hi"
    assert server.requests[0].model == "m"


def test_the_real_sdk_reads_replies_streams_models_and_errors():
    script = [PARTS, PARTS, HTTPFault(429, "slow down", {"Retry-After": "1"})]
    with fake_gemini(*script) as server:
        client = openai.OpenAI(base_url=server.openai_url, api_key="any", max_retries=0)
        with client:
            asked = {"model": "m", "messages": [{"role": "user", "content": "Draw."}]}
            reply = client.chat.completions.create(**asked)
            with client.chat.completions.create(**asked, stream=True) as chunks:
                deltas = [chunk.choices[0].delta for chunk in chunks]
            models = [model.id for model in client.models.list()]
            with pytest.raises(openai.RateLimitError, match="slow down"):
                client.chat.completions.create(**asked)

    assert [item["image_url"]["url"] for item in reply.choices[0].message.images] == [PNG, OTHER]
    assert [delta.images[0]["index"] for delta in deltas if hasattr(delta, "images")] == [0, 1]
    assert models == ["gemini-2.5-flash-image"]


def test_the_real_sdks_stream_helper_keeps_images_apart():
    with fake_gemini(PARTS) as server:
        client = openai.OpenAI(base_url=server.openai_url, api_key="any")
        asked = {"model": "m", "messages": [{"role": "user", "content": "Draw."}]}
        with client, client.chat.completions.stream(**asked) as chunks:
            reply = chunks.get_final_completion()
    images = reply.choices[0].message.images
    assert [item["image_url"]["url"] for item in images] == [PNG, OTHER]


def test_arguments_are_json():
    (call,) = message([FunctionCall("f", {"a": [1, "b"]})])["tool_calls"]
    assert json.loads(call["function"]["arguments"]) == {"a": [1, "b"]}


ENDS = {
    "a picture": ([Image("png")], "stop", "STOP"),
    "a call": ([FunctionCall("save", {})], "tool_calls", "STOP"),
    "a filter": (Candidate(None, finish_reason="IMAGE_SAFETY"), "content_filter", "IMAGE_SAFETY"),
    "a blocked prompt": (Blocked("SAFETY"), "content_filter", "SAFETY"),
}


@pytest.mark.parametrize(("answer", "finish", "native"), ENDS.values(), ids=ENDS)
def test_openrouter_says_who_answered_and_why_it_ended(answer, finish, native):
    whole = complete(Reply(answer), format="openrouter")
    chunks = stream(Reply(answer), format="openrouter")[:-1]

    for body in (whole, *chunks):
        assert body["provider"] == "Google AI Studio"
        assert body["system_fingerprint"] == "fp_fake"
    choices = [choice for body in chunks for choice in body["choices"]]
    for choice in (whole["choices"][0], choices[-1]):
        assert (choice["finish_reason"], choice["native_finish_reason"]) == (finish, native)
    assert all(choice["native_finish_reason"] is None for choice in choices[:-1])
    assert not {"provider", "native_finish_reason"} & set(complete(Reply(answer), format="images"))
