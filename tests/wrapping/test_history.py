"""What a wrapped call sends of the images of earlier turns."""

from __future__ import annotations

import pytest

import imageshim
from imageshim.testing import pictures
from imageshim.wrapping import calls

PNG, JPEG = pictures.png().url, pictures.jpeg().url
STOOD = "[A generated image stood here.]"


def part(url):
    return {"type": "image_url", "image_url": {"url": url}}


def drawn(url):
    item = {"image_url": {"url": url, "detail": "auto"}, "index": 0, "type": "image_url"}
    return {"role": "assistant", "content": "Here", "images": [item]}


HISTORY = [
    {"role": "user", "content": [part(JPEG)]},
    drawn(PNG),
    {"role": "user", "content": "Now in blue."},
    drawn(JPEG),
    {"role": "user", "content": "Now in red."},
]
CALL = {"id": "1", "type": "function", "function": {"name": "plot", "arguments": "{}"}}
RESULT = [
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "1", "content": [part(PNG)]},
]


def texts_of_assistant(messages):
    return [message["content"] for message in messages if message["role"] == "assistant"]


@pytest.mark.parametrize(
    ("count", "texts"),
    [
        (None, ["Here", "Here"]),
        (2, ["Here", "Here"]),
        (1, [f"Here {STOOD}", "Here"]),
        (0, [f"Here {STOOD}", f"Here {STOOD}"]),
    ],
)
def test_only_the_last_generated_images_are_sent(client, server, count, texts):
    def sent():
        body = server.requests[-1]
        assert body.images[0][0] == "image/jpeg"  # the user's own
        assert len(body.images) == 1 + texts.count("Here")
        return texts_of_assistant(body.body["messages"])

    imageshim.wrap(client, keep_images=count).chat.completions.create(model="m", messages=HISTORY)
    assert sent() == texts
    with imageshim.install(keep_images=count):
        client.chat.completions.create(model="m", messages=HISTORY)
    assert sent() == texts


@pytest.mark.parametrize("use", [lambda **more: imageshim.wrap(print, **more), imageshim.install])
def test_images_are_kept_as_a_number_and_where_history_is_written(use):
    with pytest.raises(imageshim.ImageShimError, match="keep_images is -1; it is a number"):
        use(keep_images=-1)
    with pytest.raises(imageshim.ImageShimError, match="which history=False leaves alone"):
        use(keep_images=1, history=False)


def test_a_tools_image_goes_to_the_model(client, server):
    imageshim.wrap(client).chat.completions.create(model="m", messages=RESULT)

    *_, result, user = server.requests[-1].body["messages"]
    assert result["content"] == "[The image of this result is in the next message of the user.]"
    assert user == {"role": "user", "content": [part(PNG)]}


@pytest.mark.parametrize(
    ("asked", "stays"),
    [
        ({"model": "anthropic/claude-sonnet-4"}, True),
        ({"model": "claude-sonnet-4", "custom_llm_provider": "anthropic"}, True),
        ({"model": "claude-sonnet-4", "custom_llm_provider": "openai"}, False),
        ({"model": "gpt-4o"}, False),
        ({}, False),
    ],
)
def test_a_tools_image_stays_where_litellms_provider_takes_it(monkeypatch, asked, stays):
    monkeypatch.setattr(calls, "installed_litellm", lambda: "1.110.2")
    got = []

    def completion(messages, **_options):
        got.append(messages)

    completion.__module__ = "litellm"
    imageshim.wrap(completion)(messages=RESULT, **asked)

    assert (got[0] is RESULT) is stays
