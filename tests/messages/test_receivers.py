"""Where models take images, as LiteLLM sends them."""

import pytest

from imageshim.errors import UnknownFormatError
from imageshim.messages.receivers import Receiver, receiver

UP_TO_2_5 = [
    "gemini/gemini-2.5-flash-image",
    "gemini/gemini-2.5-flash-image-preview",
    "vertex_ai/gemini-2.0-flash-exp-image-generation",
    "vertex_ai_beta/gemini-1.5-pro@001",
    "gemini-2.5-flash-latest",
]
NEWER = [
    "gemini/gemini-3-pro-image-preview",
    "gemini-3.1-pro",
    "gemini-10-flash",
    "gemini/gemini-pro-latest",
    "gemini-flash-latest",
    "gemini/gemini-flash-lite-latest",
    "vertex_ai/gemini-exp-1206",
    "gemini/gemini-omni",
]
CLAUDE = [
    "anthropic/claude-sonnet-4-20250514",
    "anthropic/a-model-of-tomorrow",
    "claude-3-5-sonnet-20240620",
    "vertex_ai/claude-sonnet-4@20250514",
    "vertex_ai_beta/claude-3-haiku",
]
CLAUDE_ON_BEDROCK = [
    "bedrock/anthropic.claude-3-5-sonnet-20240620-v1:0",
    "bedrock/us.anthropic.claude-3-haiku-20240307-v1:0",
    "bedrock/converse/eu.anthropic.claude-sonnet-4-20250514-v1:0",
    "bedrock/us-east-1/anthropic.claude-v2:1",
    "bedrock/invoke/anthropic.claude-v2",
    "bedrock_converse/anthropic.claude-v2",
    "anthropic.claude-v2",
    "us.anthropic.claude-sonnet-4-20250514-v1:0",
    "us-gov.anthropic.claude-v2",
]
OTHERS = [
    "openrouter/google/gemini-2.5-flash-image",
    "openrouter/anthropic/claude-sonnet-4",
    "litellm_proxy/claude-sonnet-4",
    "azure_ai/claude-sonnet-4",
    "openai/gemini-2.5-flash-image",
    "gpt-4o",
    "bedrock/amazon.nova-pro-v1:0",
    "painter",
    "my-claude-sonnet",
    "",
]
NEWEST = "1.110.2"


def of(version, models):
    return {model: receiver(version, model) for model in models}


@pytest.mark.parametrize(
    ("models", "version", "expected"),
    [
        (UP_TO_2_5, "1.81.10", Receiver(own_turn=True, tool_results=True)),
        (UP_TO_2_5, "1.80.13", Receiver(own_turn=False, tool_results=True)),
        (UP_TO_2_5, "1.80.11", Receiver()),
        (NEWER, NEWEST, Receiver(own_turn=False, tool_results=True)),
        (NEWER, "1.80.11", Receiver()),
        (CLAUDE, NEWEST, Receiver(own_turn=False, tool_results=True)),
        (CLAUDE, "1.65.4", Receiver(own_turn=False, tool_results=True)),
        (CLAUDE_ON_BEDROCK, NEWEST, Receiver(own_turn=False, tool_results=True)),
        (CLAUDE_ON_BEDROCK, "1.80.5", Receiver(own_turn=False, tool_results=True)),
        (CLAUDE_ON_BEDROCK, "1.80.0", Receiver()),
        (OTHERS, NEWEST, Receiver()),
        ([None], NEWEST, Receiver(own_turn=True, tool_results=False)),
        ([None], "1.81.9", Receiver()),
    ],
)
def test_images_stand_where_the_model_takes_them(models, version, expected):
    assert of(version, models) == dict.fromkeys(models, expected)


def test_another_client_than_litellm_is_known_to_send_none():
    models = [*UP_TO_2_5, *NEWER, *CLAUDE, *CLAUDE_ON_BEDROCK, *OTHERS, None]
    assert of(None, models) == dict.fromkeys(models, Receiver())


@pytest.mark.parametrize("model", [None, "gpt-4o", "anthropic/claude-v2", "gemini-2.5-pro"])
def test_a_version_that_is_none_is_told_whatever_the_model(model):
    with pytest.raises(UnknownFormatError, match="'newest' is not a LiteLLM version"):
        receiver("newest", model)
