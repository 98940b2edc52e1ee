"""The Gemini API: whole replies and streams, as the script says."""

import base64
import json

import pytest

from imageshim.testing.fake_gemini import (
    PICTURES,
    Blocked,
    Candidate,
    FunctionCall,
    Image,
    Reply,
    Text,
    Thought,
    Usage,
    fake_gemini,
)

from .calling import PROMPT, call, call_json, events

PNG = base64.b64encode(PICTURES["png"].data).decode()
TEXT_PART = {"text": "Here: "}
IMAGE_PART = {"inlineData": {"mimeType": "image/png", "data": PNG}}
MODEL = "/v1beta/models/gemini-2.5-flash-image"


def generate(*answers, url=f"{MODEL}:generateContent"):
    with fake_gemini(*answers) as server:
        return call_json(server.url + url, PROMPT)


def stream(*answers):
    with fake_gemini(*answers) as server:
        _, _, body = call(f"{server.url}{MODEL}:streamGenerateContent?alt=sse", PROMPT)
        return events(body)


def shape(chunks):
    """Per chunk: (candidate, its parts' kinds, its finish reason) of each candidate."""
    return [
        [
            (
                candidate["index"],
                [next(iter(part)) for part in candidate.get("content", {}).get("parts", [])],
                candidate.get("finishReason"),
            )
            for candidate in chunk.get("candidates", [])
        ]
        for chunk in chunks
    ]


def test_parts_come_in_the_order_of_the_script():
    reply = generate([Text("Here: "), Image("png"), Text(" Done.")])

    assert reply["candidates"] == [
        {
            "content": {"parts": [TEXT_PART, IMAGE_PART, {"text": " Done."}], "role": "model"},
            "finishReason": "STOP",
            "index": 0,
        }
    ]
    assert reply["modelVersion"] == "gemini-2.5-flash-image"


def test_every_kind_of_part_is_written_as_gemini_writes_it():
    reply = generate(
        [
            Thought(Text("hm")),
            Thought(Image("png")),
            FunctionCall("save", {"name": "x.png"}),
            Image(b"%PDF-1.4", "application/pdf", signature="c2ln"),
        ]
    )

    assert reply["candidates"][0]["content"]["parts"] == [
        {"text": "hm", "thought": True},
        {**IMAGE_PART, "thought": True},
        {"functionCall": {"name": "save", "args": {"name": "x.png"}}},
        {
            "inlineData": {"mimeType": "application/pdf", "data": "JVBERi0xLjQ="},
            "thoughtSignature": "c2ln",
        },
    ]


def test_the_media_type_of_bytes_is_found_in_them():
    for name, picture in PICTURES.items():
        parts = generate([Image(picture.data)])["candidates"][0]["content"]["parts"]
        assert parts[0]["inlineData"]["mimeType"] == picture.media_type, name


def test_candidates_have_their_own_parts_and_finish_reasons():
    reply = generate(
        [
            Candidate([Text("one")]),
            Candidate([], "SAFETY"),
            Candidate(None, "IMAGE_SAFETY"),
        ]
    )

    assert reply["candidates"] == [
        {
            "content": {"parts": [{"text": "one"}], "role": "model"},
            "finishReason": "STOP",
            "index": 0,
        },
        {"content": {"role": "model"}, "finishReason": "SAFETY", "index": 1},
        {"finishReason": "IMAGE_SAFETY", "index": 2},
    ]


def test_a_blocked_prompt_has_no_candidates():
    assert generate(Blocked("PROHIBITED_CONTENT"))["promptFeedback"] == {
        "blockReason": "PROHIBITED_CONTENT"
    }
    assert "candidates" not in generate(Blocked())
    (chunk,) = stream(Blocked("OTHER"))
    assert chunk["promptFeedback"] == {"blockReason": "OTHER"}
    assert "candidates" not in chunk


def test_usage_is_what_the_script_says_and_ends_a_stream():
    reply = Reply([Text("a"), Text("b")], usage=Usage(3, 5))
    usage = generate(reply)["usageMetadata"]
    chunks = stream(reply)

    assert usage["promptTokenCount"] == 3
    assert usage["candidatesTokenCount"] == 5
    assert usage["totalTokenCount"] == 8
    assert [chunk.get("usageMetadata") for chunk in chunks] == [None, usage]


def test_each_part_is_a_chunk_and_the_last_one_finishes():
    chunks = stream([Text("Here: "), Image("png")])

    assert shape(chunks) == [[(0, ["text"], None)], [(0, ["inlineData"], "STOP")]]
    assert chunks[1]["candidates"][0]["content"]["parts"] == [IMAGE_PART]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"cut": "whole"}, [[(0, ["text", "inlineData", "text"], "STOP")]]),
        (
            {"cut": [[0, 1], [2]]},
            [[(0, ["text", "inlineData"], None)], [(0, ["text"], "STOP")]],
        ),
        (
            {"cut": "whole", "finish": "separate"},
            [[(0, ["text", "inlineData", "text"], None)], [(0, [], "STOP")]],
        ),
        (
            {"cut": "whole", "finish": "empty_text"},
            [[(0, ["text", "inlineData", "text"], None)], [(0, ["text"], "STOP")]],
        ),
    ],
)
def test_a_stream_is_cut_as_the_script_says(options, expected):
    assert shape(stream(Reply([Text("a"), Image("png"), Text("b")], **options))) == expected


def test_candidates_take_turns_in_a_stream_or_share_chunks():
    candidates = [Candidate([Text("one"), Image()]), Candidate([Text("two"), Image("jpeg")])]

    assert shape(stream(candidates)) == [
        [(0, ["text"], None)],
        [(1, ["text"], None)],
        [(0, ["inlineData"], "STOP")],
        [(1, ["inlineData"], "STOP")],
    ]
    assert shape(stream(Reply(candidates, cut=[[0, 2], [1, 3]]))) == [
        [(0, ["text"], None), (1, ["text"], None)],
        [(0, ["inlineData"], "STOP"), (1, ["inlineData"], "STOP")],
    ]


def test_a_candidate_without_content_has_one_chunk_that_finishes():
    (chunk,) = stream(Candidate(None, "IMAGE_SAFETY"))

    assert chunk["candidates"] == [{"finishReason": "IMAGE_SAFETY", "index": 0}]


def test_without_alt_sse_a_stream_is_one_json_array():
    with fake_gemini([Text("a"), Image()]) as server:
        _, headers, body = call(f"{server.url}{MODEL}:streamGenerateContent", PROMPT)

    assert headers["Content-Type"].startswith("application/json")
    assert shape(json.loads(body)) == [[(0, ["text"], None)], [(0, ["inlineData"], "STOP")]]


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/v1beta:generateContent", None),
        ("/v1beta/models/m:generateContent", "m"),
        ("/v1/models/m:generateContent", "m"),
        ("/models/m:generateContent", "m"),
        ("/v1beta/models/old/models/m:generateContent", "m"),
        ("/v1/projects/p/locations/us/publishers/google/models/m:generateContent", "m"),
        ("/v1beta1/projects/p/locations/us/publishers/google/models/m:generateContent", "m"),
        ("/v1beta/models/m:generateContent?key=secret", "m"),
    ],
)
def test_every_url_that_clients_make_is_understood(path, model):
    with fake_gemini([Text("hi")]) as server:
        reply = call_json(server.url + path, PROMPT)
        call_json(server.url + path.replace(":generate", ":streamGenerate"), PROMPT)

    assert reply["candidates"][0]["content"]["parts"] == [{"text": "hi"}]
    assert [request.model for request in server.requests] == [model, model]
    assert [request.stream for request in server.requests] == [False, True]


def test_models_are_listed():
    with fake_gemini(models={"gemini-a": [Text("a")], "gemini-b": [Text("b")]}) as server:
        listed = call_json(f"{server.url}/v1beta/models")
        one = call_json(f"{server.url}/v1beta/models/gemini-a")

    assert [model["name"] for model in listed["models"]] == ["models/gemini-a", "models/gemini-b"]
    assert one["name"] == "models/gemini-a"
