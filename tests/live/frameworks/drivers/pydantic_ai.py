"""pydantic-ai: an agent over OpenAIChatModel."""

from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

CALLERS = "pydantic_ai.*"
REPORT = ("pydantic-ai", "OpenAIChatModel")


def _agent(place, tools=(), wrapper=lambda model: model):
    provider = OpenAIProvider(base_url=place.openai, api_key="any")
    return Agent(wrapper(OpenAIChatModel("m", provider=provider)), tools=list(tools))


def _given(result):
    return {"text": result.output, "native": list(result.response.images)}


def whole(place, prompt):
    return _given(_agent(place).run_sync(prompt))


def streamed(place, prompt):
    async def ask():
        async with _agent(place).run_stream(prompt) as result:
            return {"text": await result.get_output(), "native": list(result.response.images)}

    return place.run(ask())


def agent(place, prompt, add):
    return _given(_agent(place, [add]).run_sync(prompt))


def recipe(page, place):
    painter = _agent(place, wrapper=page["WithImages"])
    first = painter.run_sync("Draw.")
    again = painter.run_sync("Another.", message_history=first.all_messages())
    return [_given(first)["native"], _given(again)["native"]]
