"""mirascope: a model of the chat completions of its OpenAI provider."""

from mirascope import llm

CALLERS = "mirascope.*"
REPORT = ("mirascope", "openai:completions")


def _model(place):
    llm.register_provider("openai:completions", "openai/", base_url=place.openai, api_key="any")
    return llm.model("openai/gpt-4o:completions")


def _given(response):
    parts = [part for part in response.content if part.type == "image"]
    texts = [one.text for one in response.content if one.type == "text"]
    return {"text": texts[0] if texts else "", "native": parts, "raw": response.raw}


def whole(place, prompt):
    return _given(_model(place).call(prompt))


def streamed(place, prompt):
    response = _model(place).stream(prompt)
    for _ in response.text_stream():
        pass
    text = "".join(one.text for one in response.content if one.type == "text")
    return {"text": text, "native": [one for one in response.content if one.type == "image"]}
