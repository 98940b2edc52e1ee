"""google-adk: an agent over LiteLlm, run as its documentation does, in a thread of its own."""

from google.adk.agents import Agent
from google.adk.agents.run_config import RunConfig, StreamingMode
from google.adk.models.lite_llm import LiteLlm
from google.adk.runners import InMemoryRunner
from google.genai import types

CALLERS = "google.adk.*"
REPORT = ("google-adk", "LiteLlm")


def _ask(place, prompt, mode=StreamingMode.NONE, tools=(), cls=LiteLlm):
    model = cls(model=place.gemini, api_key="any")
    painter = Agent(name="painter", model=model, instruction="Draw.", tools=list(tools))
    runner = InMemoryRunner(agent=painter, app_name="app")
    session = place.run(runner.session_service.create_session(app_name="app", user_id="u"))
    said = types.Content(role="user", parts=[types.Part(text=prompt)])
    events = list(
        runner.run(
            user_id="u",
            session_id=session.id,
            new_message=said,
            run_config=RunConfig(streaming_mode=mode),
        )
    )
    errors = [one.error_message for one in events if one.error_message]
    if errors:
        raise RuntimeError(errors[0])
    parts = [part for one in events if not one.partial for part in one.content.parts]
    return {
        "text": "".join(part.text or "" for part in parts),
        "native": [part.inline_data for part in parts if part.inline_data],
    }


def whole(place, prompt):
    return _ask(place, prompt)


def streamed(place, prompt):
    return _ask(place, prompt, StreamingMode.SSE)


def agent(place, prompt, add):
    return _ask(place, prompt, tools=[add])


def recipe(page, place):
    cls = page["ImageLiteLlm"]
    modes = (StreamingMode.NONE, StreamingMode.SSE)
    return [_ask(place, "Draw.", mode, cls=cls)["native"] for mode in modes]
