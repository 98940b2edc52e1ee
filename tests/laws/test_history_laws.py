"""The laws of history: each image goes once, and nothing else goes away."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageshim import Format, convert, prepare_messages
from imageshim.testing import strategies as shim

ASK = {"role": "user", "content": "Draw."}
NEXT = {"role": "user", "content": "In blue."}


def urls(messages):
    """Every image, whosever message it is in."""
    found = []
    for message in messages:
        content = message.get("content")
        parts = content if isinstance(content, list) else []
        found += [part["image_url"]["url"] for part in parts if part.get("type") == "image_url"]
        found += [item["image_url"]["url"] for item in message.get("images") or ()]
    return found


def text(messages, role):
    return "".join(
        message["content"] or ""
        for message in messages
        if message["role"] == role and isinstance(message.get("content"), str)
    )


@pytest.mark.parametrize("version", [None, "1.76.3", "1.81.10"])
@given(
    scripted=st.lists(shim.scripted_messages("images"), max_size=3),
    name=st.sampled_from(list(Format)),
)
def test_each_image_goes_once_and_the_text_stays(version, scripted, name):
    messages = [ASK]
    for one in scripted:
        messages += [convert({**one.reply, "role": "assistant"}, name), NEXT]
    before = copy.deepcopy(messages)
    made = prepare_messages(messages, version=version)
    assert messages == before
    expected = [
        part.url for one in scripted for part in one.choices[0] if not isinstance(part, str)
    ]
    assert urls(made) == expected
    said = [part for one in scripted for part in one.choices[0] if isinstance(part, str)]
    assert text(made, "assistant") == "".join(said)
    again = prepare_messages(made, version=version)
    assert again is made
