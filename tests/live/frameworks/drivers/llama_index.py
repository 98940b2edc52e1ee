"""llama-index-llms-litellm: LiteLLM."""

from llama_index.core.llms import ChatMessage, ImageBlock
from llama_index.llms.litellm import LiteLLM

CALLERS = "llama_index.*"
REPORT = ("llama-index-llms-litellm", "LiteLLM")


def _model(place):
    return LiteLLM(model=place.gemini, api_key="any", max_retries=0)


def _given(response, raw):
    blocks = response.message.blocks
    native = [one for one in blocks if isinstance(one, ImageBlock)]
    return {"text": response.message.content, "native": native, "raw": raw}


def whole(place, prompt):
    response = _model(place).chat([ChatMessage(role="user", content=prompt)])
    return _given(response, response.raw)


def streamed(place, prompt):
    chunks = list(_model(place).stream_chat([ChatMessage(role="user", content=prompt)]))
    return _given(chunks[-1], [one.raw for one in chunks])
