"""strands-agents: an agent over LiteLLMModel, which streams always."""

from strands import Agent, tool
from strands.models.litellm import LiteLLMModel

CALLERS = "strands.*"
REPORT = ("strands-agents", "LiteLLMModel")


def _agent(place, tools=(), *, stream=True):
    model = LiteLLMModel(client_args={"api_key": "any"}, model_id=place.gemini, stream=stream)
    return Agent(model=model, callback_handler=None, system_prompt="Draw.", tools=list(tools))


def _given(result):
    blocks = result.message["content"]
    return {
        "text": "".join(one.get("text", "") for one in blocks),
        "native": [one["image"] for one in blocks if "image" in one],
    }


def whole(place, prompt):
    return _given(_agent(place, stream=False)(prompt))


def streamed(place, prompt):
    return _given(_agent(place)(prompt))


def agent(place, prompt, add):
    return _given(_agent(place, [tool(add)])(prompt))


def recipe(page, place):
    from strands.hooks import MessageAddedEvent

    given = []
    for stream in (True, False):
        painter = _agent(place, stream=stream)
        painter.hooks.add_callback(MessageAddedEvent, page["with_images"])
        given += [_given(painter("Draw."))["native"], _given(painter("Another."))["native"]]
    return given
