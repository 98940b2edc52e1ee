"""Replies as messages of the next request."""

import copy
import json
from types import SimpleNamespace

import openai.types.chat as openai_chat
import pytest

import imageshim
from captured import VERSIONS, expected, replies
from imageshim import LossyConversionWarning, prepare_messages, read_all, to_message
from imageshim.errors import ImageShimError, MalformedReplyError, UnknownFormatError
from imageshim.testing.pictures import jpeg, png
from imageshim.timeline import SENDS_IMAGES_SINCE, is_at_least

PNG, JPEG = png().url, jpeg().url
ASK = {"role": "user", "content": "Draw a cat."}
NEXT = {"role": "user", "content": "In blue."}
OLD = ["1.70.0", "1.76.3", "1.77.0", "1.81.9"]
NEW = ["1.81.10", "1.109.1"]


def item(url, index=0, detail="auto"):
    return {
        "image_url": {"url": url, "detail": detail}, "index": index, "type": "image_url"
    }  # fmt: skip


def part(url, **more):
    return {"type": "image_url", "image_url": {"url": url, **more}}


def said(text):
    return {"type": "text", "text": text}


def assistant(content=None, **more):
    return {"role": "assistant", "content": content, **more}


CALL = {"id": "1", "type": "function", "function": {"name": "save", "arguments": "{}"}}
RESULT = {"role": "tool", "tool_call_id": "1", "content": "saved"}
SIGNED = {
    "type": "thinking",
    "thinking": json.dumps(
        {"inlineData": {"mimeType": "image/jpeg", "data": JPEG.partition(",")[2]}}
    ),
    "signature": "c2ln",
}
THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}

# A message of the assistant, what it is without its images, and these; one of each format.
SPELLINGS = {
    "images": (assistant("Here", images=[item(PNG), item(JPEG)]), assistant("Here"), [PNG, JPEG]),
    "image": (assistant("Here", image={"url": PNG, "detail": "auto"}), assistant("Here"), [PNG]),
    "content": (assistant(f"Here {PNG}and {JPEG}."), assistant("Here and ."), [PNG, JPEG]),
    "parts": (assistant([said("Here"), part(PNG)]), assistant("Here"), [PNG]),
    "parts with a file": (
        assistant([said("Here"), part(PNG), {"type": "file"}]),
        assistant([said("Here"), {"type": "file"}]),
        [PNG],
    ),
    "an item that is none": (
        assistant("Here", images=[item(PNG), {"weird": 1}]),
        assistant("Here", images=[{"weird": 1}]),
        [PNG],
    ),
    "in a cache": (
        assistant("Here", provider_specific_fields={"image": {"url": PNG}}),
        assistant("Here"),
        [PNG],
    ),
    "beside a signature": (
        assistant("Here", provider_specific_fields={"images": [item(PNG)], "signature": "s"}),
        assistant("Here", provider_specific_fields={"signature": "s"}),
        [PNG],
    ),
    "converted": (
        imageshim.convert(assistant("Here", images=[item(PNG)]), "content"),
        assistant("Here"),
        [PNG],
    ),
    "markdown": (assistant(f"Here ![image]({PNG})!"), assistant("Here !"), [PNG]),
    "Portkey": (
        assistant("Here", content_blocks=[said("Here"), part(PNG)]), assistant("Here"), [PNG],
    ),
    "a draft in the reasoning": (
        assistant(f"Here {PNG}", reasoning_content=f"first {JPEG}then"),
        assistant("Here ", reasoning_content="first then"),
        [JPEG, PNG],
    ),
    "signed twice": (
        assistant("Here", images=[item(JPEG)], thinking_blocks=[SIGNED, THOUGHT]),
        assistant("Here", thinking_blocks=[THOUGHT]),
        [JPEG],
    ),
    "only signed": (assistant("Here", thinking_blocks=[SIGNED]), assistant("Here"), [JPEG]),
    "a URL": (
        assistant("Here", images=[item("https://a.example/b.png")]),
        assistant("Here"),
        ["https://a.example/b.png"],
    ),
}  # fmt: skip
spellings = pytest.mark.parametrize(("message", "rest", "urls"), SPELLINGS.values(), ids=SPELLINGS)


@pytest.mark.parametrize("version", [None, *OLD])
@spellings
def test_images_go_with_what_the_user_says_next(message, rest, urls, version):
    messages = [ASK, message, NEXT]
    before = copy.deepcopy(messages)
    assert prepare_messages(messages, version=version) == [
        ASK, rest, {"role": "user", "content": [*map(part, urls), said("In blue.")]},
    ]  # fmt: skip
    assert messages == before


@pytest.mark.parametrize("version", NEW)
@spellings
def test_images_stay_with_the_assistant_where_litellm_sends_them(message, rest, urls, version):
    made = prepare_messages([ASK, message, NEXT], version=version)
    unread = rest.get("images", [])
    items = [item(url, index) for index, url in enumerate(urls)] + unread
    if message.get("images"):
        assert made[1]["images"][: len(urls)] in (items[: len(urls)], message["images"])
        assert made[1] is message or {**made[1], "images": []} == {**rest, "images": []}
    else:
        assert made == [ASK, {**rest, "images": items}, NEXT]


@pytest.mark.parametrize("version", NEW)
@pytest.mark.parametrize(
    "message",
    [
        assistant("Here", images=[item(PNG), item(JPEG)]),
        assistant(images=[part(PNG)]),
        assistant("Here", images=[item(JPEG)], thinking_blocks=[SIGNED]),
    ],
)
def test_what_litellm_sends_as_it_is_stays_as_it_is(message, version):
    messages = [ASK, message, NEXT]
    assert prepare_messages(messages, version=version) is messages


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [ASK, assistant("No."), NEXT],
        [ASK, assistant("No.", images=[]), NEXT],
        [ASK, assistant(), NEXT],
        [ASK, assistant("No.", thinking_blocks=[THOUGHT]), NEXT],
        [{"role": "system", "content": PNG}, {"role": "user", "content": PNG}],
        [ASK, assistant(f'Write <img src="{PNG}"> there.')],
        [ASK, assistant(tool_calls=[CALL]), RESULT],
        [{"role": "user", "content": [part(PNG)]}],
        [None, "text", 5, ["list"], {}],
        (ASK, assistant("No.")),
        None,
        "text",
    ],
)
@pytest.mark.parametrize("version", [None, "1.76.3", "1.109.1"])
def test_nothing_to_do_gives_the_same_list(messages, version):
    assert prepare_messages(messages, version=version) is messages


def test_a_tuple_stays_a_tuple():
    assert prepare_messages((ASK, assistant(PNG))) == (
        ASK, {"role": "user", "content": [part(PNG)]},
    )  # fmt: skip


def test_results_of_tools_stay_beside_their_calls():
    drawn = assistant("Here", images=[item(PNG)], tool_calls=[CALL, {**CALL, "id": "2"}])
    second = {**RESULT, "tool_call_id": "2"}
    text = assistant("Here", tool_calls=drawn["tool_calls"])
    image = {"role": "user", "content": [part(PNG)]}
    assert prepare_messages([ASK, drawn, RESULT, second]) == [ASK, text, RESULT, second, image]
    made = prepare_messages([ASK, drawn, RESULT, second, assistant("Saved."), NEXT])
    assert made == [ASK, text, RESULT, second, image, assistant("Saved."), NEXT]
    made = prepare_messages([ASK, drawn, RESULT, second, NEXT])
    assert made[:-1] == [ASK, text, RESULT, second]
    assert made[-1] == {"role": "user", "content": [part(PNG), said("In blue.")]}


def test_a_message_that_was_an_image_and_nothing_else_is_left_out():
    for message in (
        assistant(PNG),
        assistant(images=[item(PNG)]),
        assistant("", image={"url": PNG}),
    ):
        made = prepare_messages([ASK, message, NEXT])
        assert made == [ASK, {"role": "user", "content": [part(PNG), said("In blue.")]}]


@pytest.mark.parametrize("more", [{"tool_calls": [{"id": "1"}]}, {"function_call": {"name": "f"}}])
def test_a_message_gets_no_content_that_it_did_not_have(more):
    message = {
        "role": "assistant",
        **more,
        "images": [{"type": "image_url", "image_url": {"url": PNG}}],
    }
    sent = prepare_messages([message, {"role": "user", "content": "Go on"}], version="1.80.0")
    assert [kept for kept in sent if kept["role"] == "assistant"] == [{"role": "assistant", **more}]


def test_several_turns_keep_their_images_apart():
    made = prepare_messages(
        [ASK, assistant(f"a{PNG}"), NEXT, assistant("b", images=[item(JPEG)]), NEXT]
    )
    assert made == [
        ASK,
        assistant("a"),
        {"role": "user", "content": [part(PNG), said("In blue.")]},
        assistant("b"),
        {"role": "user", "content": [part(JPEG), said("In blue.")]},
    ]


@pytest.mark.parametrize(
    "following",
    [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "In blue.", "name": "Ada"},
        {"role": "user", "content": None},
        SimpleNamespace(role="user", content="In blue."),
        assistant("And?"),
    ],
)
def test_images_are_a_message_of_their_own_where_they_cannot_join_the_next(following):
    made = prepare_messages([ASK, assistant(f"a{PNG}"), following])
    assert made == [ASK, assistant("a"), {"role": "user", "content": [part(PNG)]}, following]
    assert made[-1] is following


def test_images_join_a_list_of_parts_and_the_empty_text_is_left_out():
    listed = {"role": "user", "content": [said("In blue."), part(JPEG)], "cache": 1}
    made = prepare_messages([ASK, assistant(f"a{PNG}"), listed])
    assert made[-1] == {**listed, "content": [part(PNG), said("In blue."), part(JPEG)]}
    made = prepare_messages([ASK, assistant(f"a{PNG}"), {"role": "user", "content": ""}])
    assert made[-1] == {"role": "user", "content": [part(PNG)]}


def test_a_detail_that_was_asked_for_is_kept():
    made = prepare_messages([ASK, assistant("a", images=[item(PNG, detail="high")])])
    assert made[-1] == {"role": "user", "content": [part(PNG, detail="high")]}


@pytest.mark.parametrize(
    ("model", "native"),
    [
        ("gemini/gemini-2.5-flash-image", True),
        ("vertex_ai/gemini-2.0-flash-exp-image-generation", True),
        ("gemini-2.5-flash-image", True),
        (None, True),
        ("gemini/gemini-3-pro-image-preview", False),
        ("gemini/gemini-pro-latest", False),
        ("gemini-flash-latest", False),
        ("vertex_ai/gemini-exp-1206", False),
        ("openrouter/google/gemini-2.5-flash-image", False),
        ("vertex_ai/claude-sonnet-4", False),
        ("painter", False),
    ],
)
def test_the_assistant_keeps_images_for_models_that_take_them(model, native):
    messages = [ASK, assistant("a", images=[item(PNG)]), NEXT]
    made = prepare_messages(messages, version="1.109.1", model=model)
    assert (made is messages) is native
    role = to_message(messages[1], version="1.109.1", model=model)["role"]
    assert role == ("assistant" if native else "user")


@pytest.mark.parametrize("field", [None, [], {}, "x", 5, {"0": item(JPEG)}], ids=repr)
@pytest.mark.parametrize("said_in", ["content", "parts"])
def test_a_field_for_images_that_is_no_list_is_no_reason_to_fail(field, said_in):
    content = f"Here: {PNG}" if said_in == "content" else [said("Here"), part(PNG)]
    before = [ASK, assistant(content, images=field), NEXT]
    for version in (*OLD, *NEW):
        made = prepare_messages(before, version=version, model="gemini/gemini-2.5-flash-image")
        sent = json.dumps([made[1].get("images"), made[-1]["content"]])
        # Beside a list, even an empty one, a data URI in text is text.
        is_quoted = said_in == "content" and field is not None and field in ([], {}, {"0": 1})
        assert (PNG in sent) is not is_quoted


def test_objects_of_the_openai_sdk_stay_what_they_are():
    message = openai_chat.ChatCompletionMessage.model_validate(
        {"role": "assistant", "content": "Here", "images": [item(PNG)], "tool_calls": [CALL]}
    )
    made = prepare_messages([ASK, message, RESULT, NEXT])
    assert type(made[1]) is openai_chat.ChatCompletionMessage
    assert made[1].to_dict() == assistant("Here", tool_calls=[CALL])
    assert message.images == [item(PNG)]
    plain = to_message(message, version="1.109.1")
    assert json.loads(json.dumps(plain)) == assistant("Here", images=[item(PNG)], tool_calls=[CALL])


@pytest.mark.parametrize("version", VERSIONS)
def test_captured_replies_give_the_model_what_it_drew(version):
    for scenario, reply in replies(version).items():
        # A blocked reply has a choice in some versions, and upstream it has none.
        for choice, truth in zip(reply["choices"], expected(version, scenario), strict=False):
            made = prepare_messages([ASK, choice["message"], NEXT])
            sent = [
                entry["image_url"]["url"]
                for message in made
                if isinstance(message["content"], list)
                for entry in message["content"]
                if entry["type"] == "image_url"
            ]
            assert sorted(sent) == sorted(truth.images)
            assert json.dumps(made).count(";base64,") == len(sent) + truth.text.count(";base64,")
            text = "".join(m["content"] or "" for m in made if m["role"] == "assistant")
            assert text == truth.text


@spellings
def test_one_message_has_the_text_and_the_images(message, rest, urls):
    before = copy.deepcopy(message)
    text = rest["content"] if isinstance(rest["content"], list) else [said(rest["content"])]
    assert to_message(message) == {"role": "user", "content": [*text, *map(part, urls)]}
    assert message == before


@pytest.mark.parametrize("version", NEW)
def test_one_message_is_the_assistants_where_litellm_sends_it(version):
    reply = {"choices": [{"message": assistant(f"a{PNG}b{JPEG}", tool_calls=None)}]}
    assert to_message(reply, version=version) == assistant("ab", images=[item(PNG), item(JPEG, 1)])


@pytest.mark.parametrize("version", [None, *OLD, *NEW])
def test_a_reply_without_images_is_the_assistants(version):
    reply = assistant("No.", images=[], tool_calls=None, annotations=[], extra=1)
    assert to_message(reply, version=version) == assistant("No.", extra=1)
    assert to_message(assistant(), version=version) == assistant("")
    assert to_message({"content": "No."}, version=version) == assistant("No.")
    assert to_message(assistant("No.", extra=(b"1",))) == assistant("No.", extra=[b"1"])


def test_a_reply_with_tool_calls_keeps_its_images_for_prepare_messages():
    reply = assistant(PNG, tool_calls=[CALL])
    kept = to_message(reply, version="1.109.1")
    assert kept == {"role": "assistant", "tool_calls": [CALL], "images": [item(PNG)]}
    for version in (None, "1.76.3"):
        with pytest.warns(LossyConversionWarning, match="tool calls and images") as caught:
            assert to_message(reply, version=version) == kept
        assert caught[0].filename == __file__
    assert prepare_messages([ASK, kept, RESULT])[-1] == {"role": "user", "content": [part(PNG)]}


@spellings
def test_images_can_be_left_out(message, rest, urls):
    made = to_message(message, images=False)
    assert made == rest
    assert not any(url in json.dumps(made) for url in urls)


def test_an_image_left_out_leaves_an_empty_text():
    assert to_message(assistant(PNG), images=False) == assistant("")


@pytest.mark.parametrize("reply", [{"choices": []}, {"choices": [{}]}])
def test_a_blocked_reply_is_no_message(reply):
    with pytest.raises(MalformedReplyError, match="has no message; was it blocked"):
        to_message(reply)


@pytest.mark.parametrize("reply", [None, "text", [], 5])
def test_what_is_no_reply_is_no_message(reply):
    with pytest.raises(ImageShimError, match=r"to_message\(\) takes a reply"):
        to_message(reply)


def test_a_version_that_is_none_is_told():
    with pytest.raises(UnknownFormatError, match="'newest' is not a LiteLLM version"):
        prepare_messages([ASK], version="newest")
    with pytest.raises(UnknownFormatError, match="'newest' is not a LiteLLM version"):
        to_message(assistant("a"), version="newest")


@pytest.mark.parametrize("source", ["1.75.9", "content", imageshim.Format.CONTENT])
def test_where_earlier_replies_came_from_decides_what_content_is(source):
    quoted = assistant(f'<img src="{PNG}"> {PNG}')
    cut = assistant(f"Here {PNG[:-40]}")
    for message in (cut, assistant(f"A word before {PNG[:-40]}")):
        assert prepare_messages([ASK, message]) == [ASK, message]
        made = prepare_messages([ASK, message], source=source)
        assert made[-1] == {"role": "user", "content": [part(PNG[:-40])]}
        assert to_message(message, source=source)["role"] == "user"
        assert to_message(message)["role"] == "assistant"
    for known in ("images", "1.77.0", "parts"):
        assert prepare_messages([ASK, quoted], source=known) == [ASK, quoted]
        assert to_message(quoted, source=known) == quoted
    # What a tool returned came from no LiteLLM.
    result = tool(f"A chart: {PNG}")
    assert prepare_messages([CALLS, result], source="images") != [CALLS, result]
    with pytest.raises(UnknownFormatError, match="'newest' is neither a format"):
        prepare_messages([], source="newest")
    with pytest.raises(UnknownFormatError, match="'newest' is neither a format"):
        to_message(assistant("a"), source="newest")


def test_images_are_sent_since_1_81_10():
    versions = ("1.81.9", "1.81.10rc1", "1.81.10", "1.82.0", "2.0")
    sent = [is_at_least(version, SENDS_IMAGES_SINCE) for version in versions]
    assert sent == [False, False, True, True, True]


def test_a_message_reads_the_same_as_the_reply():
    for version in VERSIONS:
        for scenario, reply in replies(version).items():
            for choice, read in zip(reply["choices"], read_all(reply), strict=True):
                if scenario == "l_tool_image":
                    continue
                made = to_message(choice["message"])
                images = imageshim.read(made).images
                assert sorted(i.url for i in images) == sorted(i.url for i in read.images)


# A media type that is written, the bytes' own, and how the bytes begin.
WRONG = {
    "JPEG called PNG": ("image/png", JPEG),
    "JPEG by a name that is none": ("image/jpg", JPEG),
    "PNG called WebP": ("image/webp", PNG),
    "no media type": ("", PNG),
    "any bytes": ("application/octet-stream", PNG),
    "a parameter": ("image/png;name=a.png", PNG),
}


@pytest.mark.parametrize(("claimed", "true"), WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("version", [None, "1.76.3", "1.110.2"])
def test_the_media_type_is_that_of_the_bytes(claimed, true, version):
    wrong = f"data:{claimed};base64,{true.partition(',')[2]}"
    for message in (
        assistant("Here", images=[item(wrong)]),
        assistant("Here", images=[item(wrong, detail="high")]),
        assistant([said("Here"), part(wrong)]),
    ):
        before = copy.deepcopy(message)
        for made in (
            prepare_messages([ASK, message, NEXT], version=version),
            [to_message(message, version=version)],
        ):
            written = json.dumps(made)
            assert true in written
            assert wrong not in written
        assert message == before


def test_bytes_that_do_not_tell_keep_their_media_type():
    unknown = "data:image/avif;base64,AAAAAAAA"
    made = prepare_messages([ASK, assistant("Here", images=[item(unknown)])])
    assert made[-1] == {"role": "user", "content": [part(unknown)]}


MCP = {"type": "image", "data": PNG.partition(",")[2], "mimeType": "image/png"}
BELOW = "[The image of this result is in the next message of the user.]"
LISTED = [said("A chart:"), part(PNG)]
# What a tool returned, and what of it the tool keeps where images go to the user.
RESULTS = {
    "parts": (LISTED, "A chart:"),
    "MCP": ([said("A chart:"), MCP], "A chart:"),
    "an image alone": ([part(PNG)], BELOW),
    "a file beside it": ([part(PNG), {"type": "file"}], [{"type": "file"}]),
    "text": (f"A chart: {PNG}", "A chart: "),
}  # fmt: skip
tool_results = pytest.mark.parametrize(("content", "rest"), RESULTS.values(), ids=RESULTS)
CALLS = assistant(tool_calls=[CALL])


def tool(content, **more):
    return {**RESULT, "content": content, **more}


@tool_results
@pytest.mark.parametrize(
    ("version", "model"),
    [
        (None, None),
        (None, "anthropic/claude-sonnet-4"),
        ("1.110.2", None),
        ("1.110.2", "gpt-4o"),
        ("1.80.11", "gemini/gemini-2.5-flash"),
        ("1.80.0", "bedrock/anthropic.claude-v2"),
    ],
)
def test_images_of_tools_go_to_the_user_unless_the_target_takes_them(content, rest, version, model):
    messages = [ASK, CALLS, tool(content), tool("b", tool_call_id="2"), NEXT]
    before = copy.deepcopy(messages)
    assert prepare_messages(messages, version=version, model=model) == [
        ASK, CALLS, tool(rest), tool("b", tool_call_id="2"),
        {"role": "user", "content": [part(PNG), said("In blue.")]},
    ]  # fmt: skip
    assert messages == before


def test_images_of_a_call_and_of_its_result_go_together():
    drawn = assistant("Here", images=[item(JPEG)], tool_calls=[CALL])
    made = prepare_messages([ASK, drawn, tool(LISTED), assistant("Done.")])
    assert made == [
        ASK, assistant("Here", tool_calls=[CALL]), tool("A chart:"),
        {"role": "user", "content": [part(JPEG), part(PNG)]}, assistant("Done."),
    ]  # fmt: skip


TAKERS = [
    ("1.75.9", "anthropic/claude-sonnet-4"),
    ("1.110.2", "vertex_ai/claude-sonnet-4"),
    ("1.110.2", "bedrock/us.anthropic.claude-v2"),
    ("1.110.2", "gemini/gemini-3-pro-preview"),
]


@pytest.mark.parametrize(("version", "model"), TAKERS)
def test_the_tool_keeps_images_where_the_target_takes_them(version, model):
    messages = [ASK, CALLS, tool(LISTED), NEXT]
    assert prepare_messages(messages, version=version, model=model) is messages


@pytest.mark.parametrize(("version", "model"), TAKERS)
@pytest.mark.parametrize(
    ("content", "written"),
    [
        ([said("A chart:"), MCP], LISTED),
        ([MCP, {"type": "file"}], [part(PNG), {"type": "file"}]),
        (f"A chart: {PNG}", [said("A chart: "), part(PNG)]),
        ([part(f"data:image/jpg;base64,{PNG.partition(',')[2]}")], [part(PNG)]),
        ([{"type": "image_url", "image_url": PNG}], [part(PNG)]),
    ],
)
def test_what_the_tool_keeps_is_written_as_litellm_reads_it(version, model, content, written):
    made = prepare_messages([ASK, CALLS, tool(content), NEXT], version=version, model=model)
    assert made == [ASK, CALLS, tool(written), NEXT]


@pytest.mark.parametrize(
    "content",
    ["saved", "", None, [said("saved")], [{"type": "audio", "data": "AAAA"}], f"`{PNG}`"],
)
def test_a_result_without_an_image_stays(content):
    messages = [ASK, CALLS, tool(content), {**tool(content), "role": "function"}, NEXT]
    assert prepare_messages(messages) is messages


STOOD = "[A generated image stood here.]"
ATTACHED = {"role": "user", "content": [said("Like this."), part(JPEG)]}


@pytest.mark.parametrize(
    ("content", "noted"),
    [
        (f"Here {PNG}and {PNG}", f"Here {STOOD} and {STOOD}"),
        (f"Here: {PNG}", f"Here: {STOOD}"),
        (f"{PNG}\nHere", f"{STOOD}\nHere"),
        (PNG, STOOD),
        (PNG + PNG, f"{STOOD} {STOOD}"),
        ([said("Here"), part(PNG)], f"Here {STOOD}"),
        ([part(PNG), {"type": "file"}], [said(STOOD), {"type": "file"}]),
    ],
)
@pytest.mark.parametrize("version", [None, "1.110.2"])
def test_the_text_says_where_an_image_is_left_out(content, noted, version):
    messages = [ASK, assistant(content), NEXT]
    before = copy.deepcopy(messages)
    made = prepare_messages(messages, version=version, keep_images=0)
    assert made == [ASK, assistant(noted), NEXT]
    assert messages == before


def test_only_the_last_generated_images_are_sent():
    two = [item(PNG), item(PNG, 1)]
    messages = [
        ATTACHED,
        assistant("a", images=two),
        NEXT,
        assistant("b", images=[item(JPEG)]),
        NEXT,
    ]
    last = {"role": "user", "content": [part(JPEG), said("In blue.")]}
    shown = {"role": "user", "content": [part(PNG), said("In blue.")]}

    def kept(count, **more):
        return prepare_messages(messages, keep_images=count, **more)

    nothing = [ATTACHED, assistant(f"a {STOOD} {STOOD}"), NEXT]
    assert kept(0) == [*nothing, assistant(f"b {STOOD}"), NEXT]
    assert kept(1) == [*nothing, assistant("b"), last]
    assert kept(2) == [ATTACHED, assistant(f"a {STOOD}"), shown, assistant("b"), last]
    assert kept(3) == kept(7) == prepare_messages(messages)
    assert kept(1, version="1.110.2") == [*nothing, *messages[3:]]
    assert kept(2, version="1.110.2")[1] == assistant(f"a {STOOD}", images=[item(PNG)])
    assert kept(3, version="1.110.2") is messages


def test_what_users_attach_and_tools_return_is_not_counted():
    messages = [ATTACHED, CALLS, tool(LISTED), assistant("a", images=[item(PNG)]), ATTACHED]
    assert prepare_messages(messages, keep_images=0, version="1.110.2", model="claude-opus") == [
        ATTACHED, CALLS, tool(LISTED), assistant(f"a {STOOD}"), ATTACHED,
    ]  # fmt: skip


@pytest.mark.parametrize("content", [None, "Here", [said("Here")]])
def test_an_image_that_only_its_signature_holds_is_left_out_too(content):
    message = assistant(content, thinking_blocks=[SIGNED, THOUGHT])
    made = prepare_messages([ASK, message], keep_images=0)
    said_of_it = {None: STOOD, "Here": f"Here {STOOD}"}.get(
        content if not isinstance(content, list) else "", [said("Here"), said(STOOD)]
    )
    assert made == [ASK, assistant(said_of_it, thinking_blocks=[THOUGHT])]


@pytest.mark.parametrize("count", [-1, True, 1.5, "2"])
def test_how_many_images_are_kept_is_a_number(count):
    with pytest.raises(ImageShimError, match=r"keep_images is .*; it is a number, or None for all"):
        prepare_messages([ASK], keep_images=count)
