"""haystack-ai: OpenAIChatGenerator, and its Agent."""

from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.dataclasses import ChatMessage
from haystack.utils import Secret

CALLERS = "haystack.*"
REPORT = ("haystack-ai", "OpenAIChatGenerator")


def _generator(place, callback=None):
    return OpenAIChatGenerator(
        model="m",
        api_base_url=place.openai,
        api_key=Secret.from_token("any"),
        streaming_callback=callback,
    )


def _given(message):
    return {"text": message.text, "native": list(message.images)}


def whole(place, prompt):
    return _given(_generator(place).run([ChatMessage.from_user(prompt)])["replies"][0])


def streamed(place, prompt):
    made = _generator(place, lambda _chunk: None)
    return _given(made.run([ChatMessage.from_user(prompt)])["replies"][0])


def agent(place, prompt, add):
    from haystack.components.agents import Agent
    from haystack.tools import create_tool_from_function

    made = Agent(chat_generator=_generator(place), tools=[create_tool_from_function(add)])
    return _given(made.run([ChatMessage.from_user(prompt)])["messages"][-1])
