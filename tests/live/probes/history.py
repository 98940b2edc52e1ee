"""A second turn: what LiteLLM and the OpenAI SDK send of a reply that goes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.metadata import version as installed
from typing import Any

import imageshim

ASK = {"role": "user", "content": "Draw a picture."}
NEXT = {"role": "user", "content": "In blue."}


def _turns(message: Any, now: Any) -> list[Any]:
    calls = _dumped(message).get("tool_calls") or ()
    results = [
        {
            "role": "tool",
            "tool_call_id": call["id"],
            "name": call["function"]["name"],
            "content": "done",
        }
        for call in calls
    ]
    return [ASK, now, *results, NEXT]


def _dumped(message: Any) -> dict[str, Any]:
    return json.loads(message.model_dump_json())


# How a program writes the second request; the version is that of the client, None: not known.
WAYS: dict[str, Callable[[Any, str | None], list[Any]]] = {
    "object": lambda m, v: imageshim.prepare_messages(_turns(m, m), version=v),
    "dump": lambda m, v: imageshim.prepare_messages(_turns(m, _dumped(m)), version=v),
    **{
        name: lambda m, v, name=name: imageshim.prepare_messages(
            _turns(m, imageshim.convert(_dumped(m), name)), version=v
        )
        for name in ("content", "image", "images", "parts")
    },
    "message": lambda m, v: _turns(m, imageshim.to_message(m, version=v)),
    "message, later": lambda m, v: imageshim.prepare_messages(
        _turns(m, imageshim.to_message(m)), version=v
    ),
    # As they are: these are for a wrapped function or client.
    "wrapped": lambda m, _: _turns(m, m),
    "wrapped, dump": lambda m, _: _turns(m, _dumped(m)),
}


def _complete(way: str, create: Any, messages: list[Any], **more: Any) -> None:
    """Send the second request; the list of messages is the caller's, and stays as it is."""
    before = [json.dumps(_plain(message)) for message in messages]
    (imageshim.wrap(create) if way.startswith("wrapped") else create)(messages=messages, **more)
    if way.startswith("wrapped"):
        assert [json.dumps(_plain(message)) for message in messages] == before


def _plain(message: Any) -> Any:
    return message if isinstance(message, dict) else _dumped(message)


def litellm_turns(first: str, second: str, ways: list[list[Any]]) -> None:
    """Ask at the URL ``first``, and with the reply, in each way, at ``second``."""
    from replies import litellm, request

    reply = litellm.completion(**request(first))
    for way, version in ways:
        known = installed("litellm") if version == "installed" else version
        messages = WAYS[way](reply.choices[0].message, known)
        _complete(way, litellm.completion, **{**request(second), "messages": messages})


def openai_turns(first: str, second: str, ways: list[list[Any]]) -> None:
    """The same through the OpenAI SDK; the URLs are of OpenAI-compatible servers."""
    import openai

    with openai.OpenAI(base_url=first, api_key="any") as client:
        reply = client.chat.completions.create(model="any", messages=[ASK])
    with openai.OpenAI(base_url=second, api_key="any") as client:
        for way, version in ways:
            messages = WAYS[way](reply.choices[0].message, version)
            _complete(way, client.chat.completions.create, messages, model="any")


def send(how: str, asks: list[dict[str, Any]], **options: Any) -> list[str]:
    """Send requests through LiteLLM, plain or wrapped; what came of each."""
    import litellm

    complete = (
        imageshim.wrap(litellm.completion, **options) if how == "wrap" else litellm.completion
    )

    def end(ask: dict[str, Any]) -> str:
        try:
            return complete(**ask, num_retries=0).choices[0].message.content
        except Exception as error:  # noqa: BLE001  # told to the test
            return f"{type(error).__name__}: {error}"

    return list(map(end, asks))
