"""Scripts as JSON files: what they can say, and where a mistake stands."""

import base64
import json

import pytest

from imageshim import ImageShimError
from imageshim.testing.fake_gemini import (
    PICTURES,
    Blocked,
    Candidate,
    Drop,
    FunctionCall,
    HalfJSON,
    HTTPFault,
    Image,
    Reply,
    Stall,
    Text,
    Thought,
    Usage,
)
from imageshim.testing.fake_gemini.script_file import read_script

PNG = PICTURES["png"].data
BASE64 = base64.b64encode(PNG).decode()


def script(tmp_path, value):
    file = tmp_path / "script.json"
    file.write_text(value if isinstance(value, str) else json.dumps(value))
    return read_script(file)


def test_every_part_can_be_written(tmp_path):
    (tmp_path / "cat.png").write_bytes(PNG)
    parts = [
        {"text": "a"},
        {"text": "b", "signature": "c2ln"},
        {"image": "jpeg"},
        {"image": {"file": "cat.png"}},
        {"image": {"base64": "JVBERi0xLjQ=", "mime_type": "application/pdf"}},
        {"function_call": {"name": "f", "args": {"x": 1}}},
        {"thought": {"image": "png"}},
    ]

    assert script(tmp_path, [parts]).answers == [
        [
            Text("a"),
            Text("b", signature="c2ln"),
            Image("jpeg"),
            Image(PNG),
            Image(b"%PDF-1.4", "application/pdf"),
            FunctionCall("f", {"x": 1}),
            Thought(Image("png")),
        ]
    ]


def test_parts_as_gemini_writes_them_are_read(tmp_path):
    parts = [
        {"text": "hm", "thought": True},
        {"inlineData": {"mimeType": "image/png", "data": BASE64}, "thoughtSignature": "c2ln"},
        {"functionCall": {"name": "f", "args": {}}},
    ]

    assert script(tmp_path, [parts]).answers == [
        [Thought(Text("hm")), Image(PNG, "image/png", signature="c2ln"), FunctionCall("f")]
    ]


def test_every_word_of_a_reply_can_be_written(tmp_path):
    answer = {
        "parts": [{"text": "a"}, {"text": "b"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2},
        "cut": [[0, 1]],
        "finish": "separate",
        "delay": 0.5,
        "chunk_delay": 0.1,
        "format": "flat",
    }

    assert script(tmp_path, [answer]).answers == [
        Reply(
            [Text("a"), Text("b")],
            usage=Usage(1, 2),
            cut=[[0, 1]],
            finish="separate",
            delay=0.5,
            chunk_delay=0.1,
            format="flat",
        )
    ]


def test_candidates_and_blocked_prompts_can_be_written(tmp_path):
    candidates = [{"parts": [{"text": "a"}]}, {"finish_reason": "IMAGE_SAFETY"}]

    assert script(tmp_path, [{"candidates": candidates}, {"blocked": "OTHER"}]).answers == [
        Reply([Candidate([Text("a")]), Candidate(None, "IMAGE_SAFETY")]),
        Reply(Blocked("OTHER")),
    ]


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("half_json", HalfJSON()),
        ({"http": 429}, HTTPFault(429)),
        (
            {"http": 503, "message": "no", "headers": {"Retry-After": "1"}},
            HTTPFault(503, "no", {"Retry-After": "1"}),
        ),
        ({"drop": {"after_bytes": 3}}, Drop(after_bytes=3)),
        ({"drop": {}}, Drop()),
        ({"stall": {"after_chunks": 2}}, Stall(2)),
    ],
)
def test_faults_can_be_written(tmp_path, written, fault):
    (alone,) = script(tmp_path, [{"fault": written}]).answers
    (beside,) = script(tmp_path, [{"parts": [{"text": "a"}], "fault": written}]).answers

    assert alone == Reply((), fault=fault)
    assert beside == Reply([Text("a")], fault=fault)


def test_models_and_the_format_stand_beside_the_answers(tmp_path):
    written = {"answers": [[{"text": "a"}]], "models": {"m": [{"text": "b"}]}, "format": "image"}

    assert script(tmp_path, written) == ([[Text("a")]], {"m": [Text("b")]}, "image")


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("[", "Expecting value"),
        ("7", "a script is an object, not int"),
        ({"replies": []}, "a script has no 'replies'; choose one of answers, models, format"),
        ({"format": "picture"}, "format is 'picture'; choose one of content,"),
        ([[], [{"text": "a"}, {"txt": "b"}]], r"answers\[1\]: parts\[1\]: a part has no 'txt'"),
        ([[{"image": "jpg"}]], r"answers\[0\]: parts\[0\]: Image: there is no picture 'jpg'"),
        ([[{"image": {"file": "no.png"}}]], r"parts\[0\]: .*No such file"),
        ([[{"image": {"mime_type": "image/png"}}]], r"parts\[0\]: 'base64' is missing"),
        ([[{"image": {"base64": "%"}}]], r"parts\[0\]: .*base64"),
        ([[{"signature": "c2ln"}]], r"parts\[0\]: a part has one of text, image,"),
        ([[{"text": 7}]], r"parts\[0\]: a part has one of text, image,"),
        ([[{"thought": {"function_call": {"name": "f"}}}]], "a thought is a text or an image"),
        ([[{"function_call": {"nam": "f"}}]], "'name' is missing"),
        ([["text"]], r"parts\[0\]: a part is an object, not str"),
        ([{"parts": "text"}], r"answers\[0\]: parts are a list, not str"),
        ([{"delay": 1}], r"answers\[0\]: an answer has one of parts, candidates, blocked, fault"),
        ([{"parts": [], "delay": "long"}], r"answers\[0\]: "),
        ([{"parts": [], "usage": {"tokens": 1}}], r"answers\[0\]: .*tokens"),
        ([{"candidates": [{"part": []}]}], r"candidates\[0\]: a candidate has no 'part'"),
        ([{"fault": "half"}], "a fault is an object"),
        ([{"fault": {"message": "no"}}], 'a fault is one of "half_json"'),
        ({"models": {"m": [{"txt": "a"}]}}, r"models\.m: parts\[0\]: a part has no 'txt'"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path, written, message):
    with pytest.raises(ImageShimError, match=message) as raised:
        script(tmp_path, written)
    assert str(raised.value).startswith(f"{tmp_path / 'script.json'}: ")
