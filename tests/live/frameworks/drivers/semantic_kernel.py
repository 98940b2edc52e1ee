"""semantic-kernel: OpenAIChatCompletion, and a ChatCompletionAgent over it."""

import openai
from semantic_kernel.connectors.ai.open_ai import (
    OpenAIChatCompletion,
    OpenAIChatPromptExecutionSettings,
)
from semantic_kernel.contents import ChatHistory, ImageContent

CALLERS = "semantic_kernel.*"
REPORT = ("semantic-kernel", "OpenAIChatCompletion")


def _service(place):
    client = openai.AsyncOpenAI(base_url=place.openai, api_key="any", max_retries=0)
    return OpenAIChatCompletion(ai_model_id="m", async_client=client)


def _history(prompt):
    history = ChatHistory()
    history.add_user_message(prompt)
    return history


def _given(message):
    native = [one for one in message.items if isinstance(one, ImageContent)]
    return {"text": message.content, "native": native, "raw": message.inner_content}


def whole(place, prompt):
    settings = OpenAIChatPromptExecutionSettings()
    asked = _service(place).get_chat_message_content(_history(prompt), settings)
    return _given(place.run(asked))


def streamed(place, prompt):
    async def ask():
        settings = OpenAIChatPromptExecutionSettings()
        pieces = [
            one
            async for one in _service(place).get_streaming_chat_message_content(
                _history(prompt), settings
            )
            if one is not None
        ]
        raw = [one.inner_content for one in pieces]
        return {"text": "".join(one.content for one in pieces), "native": [], "raw": raw}

    return place.run(ask())


def agent(place, prompt, add):
    from semantic_kernel.agents import ChatCompletionAgent
    from semantic_kernel.functions import kernel_function

    class Sums:
        @kernel_function(name="add")
        def add(self, a: int, b: int) -> int:
            """Add two numbers."""
            return add(a, b)

    painter = ChatCompletionAgent(service=_service(place), name="painter", plugins=[Sums()])
    answer = place.run(painter.get_response(messages=prompt))
    return {"text": str(answer.content), "native": []}
