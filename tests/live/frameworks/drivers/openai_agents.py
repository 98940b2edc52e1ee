"""openai-agents: an agent over LitellmModel."""

from agents import Agent, Runner, function_tool, set_tracing_disabled
from agents.extensions.models.litellm_model import LitellmModel

CALLERS = "agents.*"
REPORT = ("openai-agents", "LitellmModel")
set_tracing_disabled(disabled=True)


def _agent(place, tools=(), cls=LitellmModel):
    model = cls(model=place.gemini, api_key="any")
    return Agent(name="painter", instructions="Draw.", model=model, tools=list(tools))


def _given(result):
    items = [one.raw_item for one in result.new_items]
    native = [one for one in items if getattr(one, "type", "") == "image_generation_call"]
    return {"text": result.final_output, "native": native}


def whole(place, prompt):
    return _given(Runner.run_sync(_agent(place), prompt))


def streamed(place, prompt):
    async def ask():
        result = Runner.run_streamed(_agent(place), prompt)
        async for _ in result.stream_events():
            pass
        return _given(result)

    return place.run(ask())


def agent(place, prompt, add):
    return _given(Runner.run_sync(_agent(place, [function_tool(add)]), prompt))


def recipe(page, place):
    painter = _agent(place, cls=page["ImageModel"])
    first = Runner.run_sync(painter, "Draw.")
    said = [*first.to_input_list(), {"role": "user", "content": "Another."}]
    return [_given(first)["native"], _given(Runner.run_sync(painter, said))["native"]]
