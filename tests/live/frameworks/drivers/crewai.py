"""CrewAI: LLM, and a crew of one agent over it."""

from crewai import LLM, Agent, Crew, Task
from crewai.tools import tool

CALLERS = "crewai.*"
REPORT = ("crewai", "LLM")


def _model(*, stream=False):
    # Names that begin with "gemini" go to a client of its own, where that is installed.
    return LLM(model="gemini/nano-banana", api_key="any", stream=stream)


def whole(_place, prompt):
    return {"text": _model().call(prompt), "native": []}


def streamed(_place, prompt):
    return {"text": _model(stream=True).call(prompt), "native": []}


def agent(_place, prompt, add):
    painter = Agent(role="painter", goal="draw", backstory="old", llm=_model(), tools=[tool(add)])
    task = Task(description=prompt, expected_output="a picture", agent=painter)
    return {"text": Crew(agents=[painter], tasks=[task]).kickoff().raw, "native": []}
