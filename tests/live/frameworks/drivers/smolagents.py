"""smolagents: LiteLLMModel, and a ToolCallingAgent over it."""

from smolagents import LiteLLMModel, ToolCallingAgent, tool

CALLERS = "smolagents.*"
REPORT = ("smolagents", "LiteLLMModel")


def _model(place):
    return LiteLLMModel(model_id=place.gemini, api_key="any")


def _messages(prompt):
    return [{"role": "user", "content": [{"type": "text", "text": prompt}]}]


def whole(place, prompt):
    message = _model(place).generate(_messages(prompt))
    return {"text": message.content, "native": [], "raw": message.raw}


def streamed(place, prompt):
    deltas = list(_model(place).generate_stream(_messages(prompt)))
    return {"text": "".join(one.content or "" for one in deltas), "native": []}


def agent(place, prompt, add):
    final = ToolCallingAgent(tools=[tool(add)], model=_model(place), verbosity_level=0).run(
        prompt, max_steps=1
    )
    return {"text": str(final), "native": []}
