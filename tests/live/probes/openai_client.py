"""The OpenAI SDK as a client of a server that speaks its protocol."""

from __future__ import annotations

from typing import Any

import openai


def _client(url: str, key: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)


def _asked(model: str, headers: dict[str, str]) -> dict[str, Any]:
    messages = [{"role": "user", "content": "Draw."}]
    return {"model": model, "messages": messages, "extra_headers": headers}


def version() -> str:
    return openai.__version__


def create(url: str, key: str, model: str, headers: dict[str, str]) -> dict[str, Any]:
    """A whole reply's message, and the response's headers."""
    with _client(url, key) as client:
        raw = client.chat.completions.with_raw_response.create(**_asked(model, headers))
        message = raw.parse().choices[0].message.to_dict()
        return {"message": message, "headers": dict(raw.headers.items())}


def stream(url: str, key: str, model: str, headers: dict[str, str]) -> list[dict[str, Any]]:
    """The deltas of a stream."""
    with _client(url, key) as client:
        chunks = client.chat.completions.create(**_asked(model, headers), stream=True)
        return [choice.delta.to_dict() for chunk in chunks for choice in chunk.choices]


def stream_helper(url: str, key: str, model: str, headers: dict[str, str]) -> dict[str, Any]:
    """The message that the SDK's own ``stream()`` helper puts together."""
    with _client(url, key) as client:
        chat = client.chat.completions
        chat = chat if hasattr(chat, "stream") else client.beta.chat.completions
        with chat.stream(**_asked(model, headers)) as events:
            for _event in events:
                pass
            return events.get_final_completion().choices[0].message.to_dict()
