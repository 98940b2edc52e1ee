"""autogen: OpenAIChatCompletionClient, and an AssistantAgent over it."""

from autogen_core.models import ModelFamily, UserMessage
from autogen_ext.models.openai import OpenAIChatCompletionClient

CALLERS = "autogen_ext.*"
REPORT = ("autogen-ext", "OpenAIChatCompletionClient")
INFO = {
    "vision": True, "function_calling": True, "json_output": False,
    "family": ModelFamily.UNKNOWN, "structured_output": False,
}  # fmt: skip


def _client(place):
    return OpenAIChatCompletionClient(
        model="m", base_url=place.openai, api_key="any", model_info=INFO, max_retries=0
    )


def whole(place, prompt):
    said = [UserMessage(content=prompt, source="user")]
    return {"text": place.run(_client(place).create(said)).content, "native": []}


def streamed(place, prompt):
    async def ask():
        said = [UserMessage(content=prompt, source="user")]
        pieces = [one async for one in _client(place).create_stream(said)]
        return {"text": pieces[-1].content, "native": []}

    return place.run(ask())


def agent(place, prompt, add):
    from autogen_agentchat.agents import AssistantAgent

    painter = AssistantAgent(
        "painter", model_client=_client(place), tools=[add], reflect_on_tool_use=True
    )
    answer = place.run(painter.run(task=prompt))
    return {"text": answer.messages[-1].content, "native": []}
