"""Which answer comes when, and what a wrong script says."""

import pytest

from imageshim import ImageShimError
from imageshim.testing.fake_gemini import (
    DEFAULT_REPLY,
    Blocked,
    Candidate,
    Drop,
    FunctionCall,
    HTTPFault,
    Image,
    Reply,
    Stall,
    Text,
    Thought,
    fake_gemini,
)

from .calling import PROMPT, call, call_json


def ask(server, model="m"):
    reply = call_json(f"{server.url}/v1beta/models/{model}:generateContent", PROMPT)
    return "".join(part.get("text", "*") for part in reply["candidates"][0]["content"]["parts"])


def test_answers_come_in_order_and_the_last_one_stays():
    with fake_gemini([Text("1")], [Text("2")]) as server:
        assert [ask(server) for _ in range(3)] == ["1", "2", "2"]

        server.enqueue([Text("3")], [Text("4")])

        assert [ask(server) for _ in range(3)] == ["3", "4", "4"]


def test_without_a_script_there_is_a_text_and_a_picture():
    with fake_gemini() as server:
        assert ask(server) == "Here is the image: *"
    assert [type(part) for part in DEFAULT_REPLY.candidates[0].parts] == [Text, Image]


def test_a_function_answers_what_it_is_asked():
    def echo(request):
        return [Text(f"{request.model} was asked: {request.texts[-1]}")]

    with fake_gemini(echo) as server:
        assert ask(server) == "m was asked: Draw a cat."


def test_a_function_may_give_another_function():
    with fake_gemini(lambda _: lambda _: [Text("deep")]) as server:
        assert ask(server) == "deep"


def test_a_function_that_fails_is_told_to_the_client():
    def broken(_request):
        raise KeyError("cat")

    with fake_gemini(broken) as server:
        status, _, body = call(f"{server.url}/v1beta/models/m:generateContent", PROMPT)
    assert status == 500
    assert b"the script failed: KeyError: 'cat'" in body


def test_a_function_that_gives_nonsense_is_told_to_the_client():
    with fake_gemini(lambda _: 7) as server:
        status, _, body = call(f"{server.url}/v1beta/models/m:generateContent", PROMPT)
    assert status == 500
    assert b"content is int" in body


def test_a_model_can_have_answers_of_its_own():
    with fake_gemini([Text("any")], models={"gemini-a": [Text("a")]}) as server:
        assert [ask(server, model) for model in ("gemini-a", "m")] == ["a", "any"]


def test_a_provider_before_the_name_of_a_model_does_not_matter():
    with fake_gemini(models={"gemini-a": [Text("a")]}) as server:
        body = {"model": "google/gemini-a", "messages": []}
        reply = call_json(f"{server.openai_url}/chat/completions", body)
    assert reply["choices"][0]["message"]["content"] == "a"


def test_a_model_without_an_answer_is_not_found():
    with fake_gemini(models={"gemini-a": [Text("a")]}) as server:
        status, _, body = call(f"{server.url}/v1beta/models/m:generateContent", PROMPT)
    assert status == 404
    assert b"model 'm' is not in the script" in body


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Image("jpg"), "there is no picture 'jpg', only png, jpeg,"),
        (lambda: Image(b"not an image"), "these bytes are not an image of a known type"),
        (lambda: Candidate(["text"]), r"parts\[0\] is str, not one of Text, Image,"),
        (lambda: Reply("text"), "content is str, not parts"),
        (lambda: Reply([Text("a")], cut=[[0, 1]]), r"cut names the parts \[0, 1\]"),
        (lambda: Reply([Text("a")], cut="chunks"), "cut is 'chunks'"),
        (lambda: Reply([Text("a")], finish="never"), "finish is 'never'"),
        (lambda: Reply([Text("a")], delay=-1), "delay and chunk_delay are seconds"),
        (
            lambda: Reply([Text("a")], format="picture"),
            "format is 'picture'; choose one of content,",
        ),
        (lambda: HTTPFault(200), "200 is not the status of an error"),
        (lambda: Drop(after_bytes=1, after_chunks=1), "not both"),
        (lambda: Drop(after_bytes=-1), "not below 0"),
        (lambda: Stall(-1), "not below 0"),
        (lambda: fake_gemini([Text("a")], 7), "answer 1: Reply: content is int"),
        (lambda: fake_gemini(format="picture"), "format is 'picture'"),
        (lambda: fake_gemini().url, "does not run: use it in a with statement"),
    ],
)
def test_a_mistake_is_told_where_it_is_written(make, message):
    with pytest.raises(ImageShimError, match=message):
        make()


def test_everything_that_can_be_said_is_an_answer():
    answers = [Reply([Text("a")]), Candidate([Text("b")]), [Candidate([Text("c")])], [Text("d")]]
    with fake_gemini(*answers) as server:
        assert [ask(server) for _ in answers] == ["a", "b", "c", "d"]
    for answer in (Blocked(), HTTPFault(), [Thought(Text("a")), FunctionCall("f")], []):
        fake_gemini(answer)
