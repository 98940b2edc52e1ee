"""langchain-litellm: ChatLiteLLM, and an agent of LangChain's over it."""

from langchain_core.messages import AIMessage
from langchain_litellm import ChatLiteLLM

CALLERS = "langchain_litellm.*"
REPORT = ("langchain-litellm", "ChatLiteLLM")


def _model(place):
    return ChatLiteLLM(model=place.gemini, api_key="any", max_retries=0)


def _given(message: AIMessage):
    pictures = [one for one in message.content_blocks if one["type"] == "image"]
    return {"text": message.content if not pictures else message.text, "native": pictures}


def whole(place, prompt):
    return _given(_model(place).invoke(prompt))


def streamed(place, prompt):
    message = None
    for chunk in _model(place).stream(prompt):
        message = chunk if message is None else message + chunk
    return _given(message)


def agent(place, prompt, add):
    from langchain.agents import create_agent
    from langchain_core.tools import tool

    ready = create_agent(_model(place), [tool(add)])
    return _given(ready.invoke({"messages": [("user", prompt)]})["messages"][-1])


def recipe(_page, place):
    """The page's line is installed already."""
    return [_given(_model(place).invoke("Draw."))["native"], streamed(place, "Draw.")["native"]]
