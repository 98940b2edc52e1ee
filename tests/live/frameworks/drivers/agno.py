"""agno: an agent over its class LiteLLM."""

from agno.agent import Agent
from agno.models.litellm import LiteLLM

CALLERS = "agno.*"
REPORT = ("agno", "LiteLLM")


def _agent(place, tools=()):
    return Agent(model=LiteLLM(id=place.gemini, api_key="any"), tools=list(tools), telemetry=False)


def whole(place, prompt):
    answer = _agent(place).run(prompt)
    return {"text": answer.content, "native": answer.images or []}


def streamed(place, prompt):
    events = list(_agent(place).run(prompt, stream=True))
    images = [image for one in events for image in getattr(one, "images", None) or []]
    return {"text": "".join(str(one.content or "") for one in events), "native": images}


def agent(place, prompt, add):
    answer = _agent(place, [add]).run(prompt)
    return {"text": answer.content, "native": answer.images or []}
