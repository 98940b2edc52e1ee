"""What is no reply says what it is, to those who read it; conversions pass it on."""

import json
from types import SimpleNamespace

import pytest

from imageshim import (
    MalformedReplyError,
    convert,
    convert_bytes,
    detect,
    normalize,
    read,
    read_all,
    to_message,
)
from imageshim.testing.pictures import png

RAW = png().url.partition(",")[2]
BODIES = {
    "an error of OpenRouter": ({"error": {"message": "No endpoints", "code": 404}}, "No endpoints"),
    "an error that is text": ({"error": "overloaded", "choices": None}, "an error: overloaded"),
    "an error without a message": ({"error": {"code": 404}}, "an error: {'code': 404}"),
    "a long error": ({"error": "x" * 5000}, "x…;"),
    "the Images API": ({"created": 1, "data": [{"b64_json": RAW}]}, "Images API"),
    "the Images API, URLs": ({"data": [{"url": "https://a.example.com/1"}]}, "Images API"),
    "the Responses API": ({"id": "resp_1", "object": "response"}, "Responses API"),
    "the Responses API's output": ({"output": [{"type": "message"}]}, "Responses API"),
    "Gemini": ({"candidates": [{"content": {"parts": [{"text": "a"}]}}]}, "Gemini's own"),
    "Gemini, blocked": ({"promptFeedback": {"blockReason": "SAFETY"}}, "Gemini's own"),
    "an error of FastAPI": ({"detail": "Not Found"}, "an error: Not Found"),
    "errors of a request": ({"detail": [{"msg": "no model"}]}, "an error: [{'msg': 'no model'}]"),
    "an error of Bedrock": (
        {"message": "Too many requests", "__type": "ThrottlingException"},
        "an error: Too many requests",
    ),
    "an error of AWS": ({"Message": "User is not authorized"}, "an error: User is not authorized"),
    "an error of Azure": ({"statusCode": 429, "message": "Rate limit is exceeded."}, "Rate limit"),
    "an error of DashScope": (
        {"code": "InvalidApiKey", "message": "No API-key provided.", "request_id": "x"},
        "No API-key provided",
    ),
    "an error of an older vLLM": (
        {"object": "error", "message": "no model", "type": "NotFoundError", "code": 404},
        "an error: no model",
    ),
    "an error of Cloudflare": (
        {"result": None, "success": False, "errors": [{"code": 7003, "message": "No route"}]},
        "No route",
    ),
    "an error of Apigee": ({"fault": {"faultstring": "Invalid ApiKey"}}, "Invalid ApiKey"),
    "an error of one-api": ({"code": 401, "msg": "no token", "data": None}, "an error: no token"),
    "an error of MiniMax": (
        {"base_resp": {"status_code": 1004, "status_msg": "login fail"}},
        "an error: login fail",
    ),
    "DashScope's own": (
        {"output": {"choices": [{"message": {"content": [{"image": "https://a.example.com"}]}}]}},
        "a reply of the provider's own API",
    ),
    "Bedrock's own": (
        {"output": {"message": {"content": [{"text": "a"}]}}, "stopReason": "end_turn"},
        "a reply of Bedrock's own API",
    ),
    "Vertex AI's own": ({"predictions": [{"bytesBase64Encoded": RAW}]}, "Vertex AI's own API"),
    "Stability's own": ({"artifacts": [{"base64": RAW}]}, "Stability's own API"),
    "Cloudflare's own": ({"result": {"image": RAW}, "success": True}, "the provider's own API"),
    "models or embeddings": ({"object": "list", "data": [{"id": "m"}]}, "another endpoint"),
    "a text completion": (
        {"choices": [{"text": "Hi", "index": 0}]},
        "completions API, which is text",
    ),
    "an object": (SimpleNamespace(object="response", output=[]), "Responses API"),
}
TABLE = pytest.mark.parametrize(("body", "named"), BODIES.values(), ids=BODIES)


@TABLE
@pytest.mark.parametrize("function", [read, read_all, to_message])
def test_readers_name_what_it_looks_like(function, body, named):
    with pytest.raises(MalformedReplyError) as raised:
        function(body)
    assert type(raised.value) is MalformedReplyError
    assert str(raised.value).startswith(f"{function.__name__}() takes a chat completion; ")
    assert named in str(raised.value)


@pytest.mark.parametrize("body", [body for body, _ in BODIES.values()], ids=BODIES)
def test_conversions_pass_it_on(body):
    assert normalize(body) is body
    assert detect(body) is None
    assert convert(body, "content") is body
    if isinstance(body, dict):
        raw = json.dumps(body).encode()
        assert convert_bytes(raw, "images") == raw


@pytest.mark.parametrize(
    "reply",
    [
        {"choices": [], "error": {"message": "no"}}, {"role": "assistant", "error": {"a": 1}},
        {"content": "x", "data": [1]}, {"error": None, "content": None}, {}, {"error": {}},
        {"message": {"content": "x"}, "error": "e"}, {"message": "x", "content": "y"},
        {"message": {"content": "x"}, "detail": "e"}, {"role": "assistant", "message": "e"},
        {"errors": []}, {"message": ""}, {"role": "assistant", "detail": "x"},
        {"choices": [{"text": "x", "message": {"content": "x"}}]},
        {"images": [], "object": "response"},
    ],
    ids=str,
)  # fmt: skip
def test_a_reply_with_an_error_in_it_is_read(reply):
    assert read(reply).images == ()
    assert len(read_all(reply)) <= 1
