"""The whole reply from a stream."""

import sys
from types import SimpleNamespace

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import BaseModel

from captured import VERSIONS, expected_stream, streams
from chunks_of_streams import BASE, BLUE, RED, chunk, item, texts
from imageshim import MalformedReplyError, collect, convert, convert_stream, read, read_all

IMAGE = {"url": RED.url, "detail": "auto"}
PART = {"type": "image_url", "image_url": IMAGE}


def message(*deltas, **words):
    return collect([chunk(delta) for delta in deltas], **words)["choices"][0]["message"]


def test_a_stream_of_text_is_a_reply():
    usage = {**BASE, "choices": [], "usage": {"total_tokens": 3}}
    assert collect([chunk({"role": "assistant", "content": ""}), *texts("Hel", "lo"), usage]) == {
        "id": "c1",
        "object": "chat.completion",
        "created": 7,
        "model": "m",
        "choices": [
            {
                "finish_reason": "stop",
                "logprobs": None,
                "index": 0,
                "message": {"role": "assistant", "content": "Hello"},
            }
        ],
        "usage": {"total_tokens": 3},
    }


@pytest.mark.parametrize(
    ("deltas", "content"),
    [
        ([{}], None),
        ([{"content": None}], None),
        ([{"content": ""}], ""),
        ([{"content": ""}, {"images": [item(RED.url)]}], None),
        ([{"content": [{"type": "text", "text": "a"}]}, {"content": "b"}], "ab"),
    ],
)
def test_content_is_text_or_null(deltas, content):
    assert message(*deltas)["content"] == content


def test_images_are_numbered_and_the_order_is_kept():
    deltas = [
        {"content": "First: "}, {"images": [item(RED.url)]}, {"content": " Second: "},
        {"images": [{"image_url": {"url": BLUE.url}}]},
    ]  # fmt: skip
    made = message(*deltas)
    assert made["content"] == "First:  Second: "
    assert made["images"] == [item(RED.url), item(BLUE.url, 1)]
    assert convert({"message": made}, "content")["message"]["content"] == (
        f"First: {RED.url} Second: {BLUE.url}"
    )
    assert "provider_specific_fields" not in message(*deltas[:2])


def test_images_after_the_first_are_kept_in_the_format_image():
    made = message({"image": IMAGE}, {"content": "x"}, {"image": {"url": BLUE.url}})
    assert made["image"] == IMAGE
    assert [image.url for image in read(made).images] == [RED.url, BLUE.url]
    assert [part for part in read(made).parts if isinstance(part, str)] == ["x"]


def test_data_uris_stay_in_the_text():
    made = message({"content": "a" + RED.url[:20]}, {"content": RED.url[20:] + "b"})
    assert made == {"role": "assistant", "content": f"a{RED.url}b"}


def test_lists_of_parts_are_joined_with_their_spelling():
    made = message(
        {"content": [{"type": "text", "text": "a"}]},
        {"content": [{"type": "text", "text": "b"}, PART]},
        {"content": "c"},
        {"content": [{"type": "output_text", "text": "d", "x": 1}]},
        {"content": [{"type": "image_url", "image_url": {"url": BLUE.url}, "x": 1}, "e"]},
        {"content": [{"type": "refusal", "refusal": "no"}]},
    )
    assert made["content"] == [
        {"type": "text", "text": "ab"},
        PART,
        {"type": "text", "text": "cd"},
        {"type": "image_url", "image_url": {"url": BLUE.url}, "x": 1},
        "e",
        {"type": "refusal", "refusal": "no"},
    ]


def test_images_of_a_converted_stream_bring_their_stash():
    entry = item(RED.url, vendor=3)
    chunks = [chunk({"content": '"'}), chunk({"images": [entry]}), chunk({"content": '"'})]
    for to in ("content", "image", "parts"):
        reply = collect(convert_stream(chunks, to))
        back = convert(reply, "images")["choices"][0]["message"]
        assert back["images"] == [entry]
        assert back["content"] == '""'


def test_fields_for_images_that_hold_none_stay():
    assert message({"content": "a", "images": []}) == {
        "role": "assistant", "content": "a", "images": []
    }  # fmt: skip
    made = message({"images": [{"kind": "map"}]}, {"images": [item(RED.url)]}, {"image": None})
    assert made["images"] == [item(RED.url), {"kind": "map"}]


def test_images_in_the_providers_fields_are_images():
    made = message({"provider_specific_fields": {"images": [item(RED.url)], "a": 1}})
    assert made["images"] == [item(RED.url)]
    assert made["provider_specific_fields"] == {"a": 1}
    made = message(
        {"provider_specific_fields": None}, {"images": [item(RED.url)]}, {"content": "x"}
    )
    assert set(made["provider_specific_fields"]) == {"imageshim"}
    assert convert({"message": made}, "parts")["message"]["content"][1]["text"] == "x"


def test_choices_never_mix():
    chunks = [
        chunk({"content": "b"}, index=1),
        chunk({"content": "a"}, index=0),
        chunk({"images": [item(RED.url)]}, index=1),
        chunk({"content": "aa"}, index=0, finish="stop"),
        chunk({"content": "bb"}, index=1, finish="length"),
    ]
    first, second = collect(chunks)["choices"]
    assert (first["index"], first["message"]["content"], first["finish_reason"]) == (
        0,
        "aaa",
        "stop",
    )
    assert (second["index"], second["message"]["content"]) == (1, "bbb")
    assert second["finish_reason"] == "length"
    assert second["message"]["images"] == [item(RED.url)]
    assert "images" not in first["message"]
    unnumbered = [{"choices": [{"delta": {"content": "a"}}, {"delta": {"content": "b"}}]}] * 2
    assert [c["message"]["content"] for c in collect(unnumbered)["choices"]] == ["aa", "bb"]


def test_the_first_chunk_of_azure_is_empty():
    empty = {"id": "", "created": 0, "model": "", "object": "", "choices": [], "prompt": [1]}
    reply = collect([empty, *texts("a")])
    assert (reply["id"], reply["created"], reply["model"], reply["prompt"]) == ("c1", 7, "m", [1])
    assert reply["object"] == "chat.completion"


def calls(*fragments):
    return [
        (call.get("id"), call["function"].get("name"), call["function"].get("arguments"))
        for call in message(*[{"tool_calls": fragment} for fragment in fragments])["tool_calls"]
    ]


def call(arguments, index=None, name=None, id=None):  # noqa: A002  # as the field is called
    made = {"function": {"arguments": arguments, "name": name}, "type": "function"}
    return {**made, "index": index, "id": id} if index is not None else {**made, "id": id}


def test_fragments_of_tool_calls_are_joined_by_index():
    assert calls(
        [call("", 0, "f", "a")], [call('{"x"', 0)], [call("{", 1, "g", "b")], [call(": 1}", 0)],
        [call("}", 1)],
    ) == [("a", "f", '{"x": 1}'), ("b", "g", "{}")]  # fmt: skip
    (made,) = message({"tool_calls": [call("{}", 0, "f", "a")]})["tool_calls"]
    assert made == {"function": {"arguments": "{}", "name": "f"}, "type": "function", "id": "a"}


def test_calls_that_all_have_the_index_0_are_told_by_id():
    fragments = [call("{}", 0, "f", "a")], [call("{", 0, "f", "b")], [call("}", 0, id="b")]
    assert calls(*fragments) == [("a", "f", "{}"), ("b", "f", "{}")]


def test_calls_without_an_index_are_told_by_id_or_place():
    assert calls(
        [call("{", name="f", id="a"), call("[", name="g", id="b")], [call("}"), call("]")]
    ) == [
        ("a", "f", "{}"),
        ("b", "g", "[]"),
    ]
    assert calls([call("{", name="f", id="a")], [call("}", id="a")]) == [("a", "f", "{}")]
    assert calls([call("{", 0, "f")], [call("}", 0, id="late")]) == [("late", "f", "{}")]


def test_names_that_are_repeated_are_not_joined():
    assert calls([call("{", 0, "f", "a")], [call("}", 0, "f", "a")]) == [("a", "f", "{}")]
    assert calls([call("{", 0, "get_", "a")], [call("}", 0, "it")]) == [("a", "get_it", "{}")]


def test_reasoning_and_refusals_and_function_calls_are_joined():
    made = message(
        {"reasoning_content": "a", "reasoning": "r", "refusal": "n"},
        {"reasoning_content": "b", "reasoning": None, "refusal": "o"},
        {"function_call": {"name": "f", "arguments": "{"}},
        {"function_call": {"arguments": "}"}},
    )
    assert made["reasoning_content"] == "ab"
    assert made["reasoning"] == "r"
    assert made["refusal"] == "no"
    assert made["function_call"] == {"name": "f", "arguments": "{}"}


def test_thinking_blocks_end_with_their_signature():
    thinking = [
        {"type": "thinking", "thinking": "a", "signature": None},
        {"type": "thinking", "thinking": "b"},
        {"type": "thinking", "thinking": "", "signature": "s1"},
        {"type": "redacted_thinking", "data": "x"},
        {"type": "thinking", "thinking": "c", "signature": "s2"},
    ]
    made = message(*[{"thinking_blocks": [block]} for block in thinking], {"thinking_blocks": []})
    assert made["thinking_blocks"] == [
        {"type": "thinking", "signature": "s1", "thinking": "ab"},
        {"type": "redacted_thinking", "data": "x"},
        {"type": "thinking", "thinking": "c", "signature": "s2"},
    ]


def test_annotations_audio_and_provider_fields_add_up():
    made = message(
        {"annotations": [{"n": 1}], "audio": {"id": "a", "data": "x", "transcript": "t"}},
        {"annotations": [{"n": 2}], "audio": {"id": "a", "data": "y", "expires_at": 5}},
        {"provider_specific_fields": {"signatures": ["s1"], "stop": "a", "citation": {"n": 1}}},
        {"provider_specific_fields": {"signatures": ["s2"], "stop": "b", "citation": {"n": 2}}},
    )
    assert made["annotations"] == [{"n": 1}, {"n": 2}]
    assert made["audio"] == {"id": "a", "data": "xy", "transcript": "t", "expires_at": 5}
    assert made["provider_specific_fields"] == {
        "signatures": ["s1", "s2"], "stop": "b", "citations": [{"n": 1}, {"n": 2}]
    }  # fmt: skip


def test_unknown_fields_add_up_as_deltas_do():
    made = message(
        {
            "poem": "a",
            "list": [1],
            "object": {"x": "1"},
            "number": 1,
            "mixed": "a",
            "nothing": None,
        },
        {"poem": "b", "list": [2], "object": {"x": "2", "y": []}, "number": 2, "mixed": 5},
        {"list": [1, 2]},
    )
    assert made["poem"] == "ab"
    assert made["list"] == [1, 2]
    assert made["object"] == {"x": "12", "y": []}
    assert made["number"] == 2
    assert made["mixed"] == 5
    assert made["nothing"] is None


def test_what_should_be_an_object_and_is_none_stays():
    made = message({"audio": "x", "provider_specific_fields": "y", "function_call": 1})
    assert made["audio"] == "x"
    assert made["provider_specific_fields"] == "y"
    assert made["function_call"] == 1
    made = message({"provider_specific_fields": "y"}, {"images": [item(RED.url)]})
    assert made["provider_specific_fields"] == "y"


def test_fields_of_a_gateways_chunks_are_the_replys():
    chunks = [{"a_vendor": 1, **chunk({"content": "a"}), "z_vendor": 2}]
    made = collect(chunks)
    assert (made["a_vendor"], made["z_vendor"]) == (1, 2)


def test_log_probabilities_of_a_choice_are_one_list():
    chunks = texts("a", "b")
    for number, one in enumerate(chunks[:2]):
        one["choices"][0]["logprobs"] = {"content": [{"token": number}], "refusal": None}
    chunks[0]["choices"][0]["vendor"] = 1
    chunks[1]["choices"][0]["vendor"] = 2
    (choice,) = collect(chunks)["choices"]
    assert choice["logprobs"] == {"content": [{"token": 0}, {"token": 1}], "refusal": None}
    assert choice["vendor"] == 2


def test_a_known_source_is_remembered_where_it_matters():
    text = f'An image in quotes: "{RED.url[:50]} and'
    trusted = message({"content": text}, source="1.75.9")
    assert [image.url for image in read(trusted).images] == [RED.url[:50]]
    assert not read(message({"content": text})).images
    loose = message({"content": f"Look: {RED.url}"}, source="images")
    assert loose["images"] == []
    assert read(loose).text == f"Look: {RED.url}"
    assert "images" not in message({"content": "Look"}, source="images")
    assert message({"content": RED.url}, source="content") == message({"content": RED.url})


def test_openai_chunks_give_a_chat_completion():
    chunks = [
        chunk({"role": "assistant", "content": "a"}),
        chunk({"tool_calls": [call("{", 0, "f", "x")]}),
        chunk({"tool_calls": [call("}", 0)]}),
        chunk({"images": [item(RED.url)]}),
        chunk({"images": [item(BLUE.url)]}),
        chunk({}, finish="stop"),
        {
            **BASE,
            "choices": [],
            "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
        },
    ]
    chosen = {"token": "a", "logprob": 0, "top_logprobs": []}
    chunks[0]["choices"][0]["logprobs"] = {"content": [chosen]}
    reply = collect(ChatCompletionChunk.construct(**one) for one in chunks)
    assert type(reply) is ChatCompletion
    said = reply.choices[0].message
    assert (said.role, said.content) == ("assistant", "a")
    assert said.tool_calls[0].function.arguments == "{}"
    assert [entry["index"] for entry in said.images] == [0, 1]
    assert reply.usage.total_tokens == 3
    assert reply.choices[0].logprobs.content[0].logprob == 0
    assert reply.choices[0].finish_reason == "stop"
    assert ChatCompletion.model_validate(reply.model_dump()).id == "c1"


class ModelResponseStream(BaseModel, extra="allow"):
    """Stands for LiteLLM's classes, which the live tests have: their module tells them."""

    __module__ = "litellm.types.utils"


class ModelResponse(BaseModel, extra="allow"):
    def __init__(self, choices, **fields):
        for choice in choices:
            if choice["message"].keys() & {"images", "image"} or choice["message"].get("content"):
                raise ValueError("as the constructors of some versions do")
            choice["message"] = BaseModelWithExtra(content=None, **choice["message"])
        super().__init__(choices=[BaseModelWithExtra(**choice) for choice in choices], **fields)


class BaseModelWithExtra(BaseModel, extra="allow"):
    pass


def test_litellm_chunks_give_a_model_response(monkeypatch):
    module = SimpleNamespace(ModelResponse=ModelResponse)
    monkeypatch.setitem(sys.modules, "litellm.types.utils", module)
    chunks = [chunk({"content": "a"}), chunk({"images": [item(RED.url)]})]
    objects = [ModelResponseStream(**one) for one in chunks]
    reply = collect(objects)
    assert type(reply) is ModelResponse
    assert reply.choices[0].message.model_dump() == {
        "content": "a", "role": "assistant", "images": [item(RED.url)]
    }  # fmt: skip
    object.__setattr__(objects[0], "_hidden_params", {"model_id": "x"})
    assert collect(objects)._hidden_params == {"model_id": "x"}
    object.__setattr__(objects[1], "_hidden_params", {"usage": {"total_tokens": 3}})
    assert collect(objects).usage == {"total_tokens": 3}


def test_chunks_of_other_classes_give_a_dict():
    objects = [SimpleNamespace(**one) for one in texts("a", "b")]
    assert collect(objects)["choices"][0]["message"]["content"] == "ab"


async def test_an_asynchronous_stream_is_awaited():
    async def chunks():
        for one in texts("a", "b"):
            yield one

    assert (await collect(chunks()))["choices"][0]["message"]["content"] == "ab"


def test_what_is_no_stream_is_refused():
    with pytest.raises(MalformedReplyError, match=r"collect\(\) takes .* not dict; use read\(\)"):
        collect({"choices": []})
    with pytest.raises(MalformedReplyError, match="no chunk"):
        collect([])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("to", ["content", "image", "images", "parts"])
def test_captured_streams_in_every_format_say_what_the_upstream_sent(version, to):
    for scenario, chunks in streams(version).items():
        for source in (version, None):
            reply = collect(convert_stream(chunks, to, source=source))
            found = [(one.text, [image.url for image in one.images]) for one in read_all(reply)]
            assert [said for said in found if said != ("", [])] == [
                said for said in expected_stream(version, scenario) if said != ("", [])
            ], (scenario, source)
