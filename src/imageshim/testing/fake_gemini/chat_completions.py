"""The OpenAI-compatible JSON: a chat completion, and the chunks of a streamed one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from .cutting import cut
from .image_fields import FORMATS
from .parts import FunctionCall, Image, Part, Text, Thought
from .script import Blocked, Reply

__all__ = ["chunks", "error", "whole"]

_FINISH_REASONS = {"STOP": "stop", "MAX_TOKENS": "length"}
_STOPPED = "content_filter"
"""SAFETY, IMAGE_SAFETY, NO_IMAGE, RECITATION and the like."""


def _thinks(part: Part) -> bool:
    """Tell whether a part is a text of the model's thinking."""
    return isinstance(part, Thought) and isinstance(part.part, Text)


def _shown(parts: Sequence[Part]) -> list[Text | Image]:
    """Drop thoughts and calls; a draft of the picture is shown, as LiteLLM shows it."""
    bare = (part.part if isinstance(part, Thought) else part for part in parts if not _thinks(part))
    return [part for part in bare if not isinstance(part, FunctionCall)]


def _fields(parts: Sequence[Part], image_format: str, first: int = 0) -> dict[str, Any]:
    """Write a message's fields but the role and the tool calls."""
    thoughts = [part.part for part in parts if isinstance(part, Thought)]
    reasoning = [thought.text for thought in thoughts if isinstance(thought, Text)]
    return {
        **FORMATS[image_format](_shown(parts), first),
        **({"reasoning_content": "".join(reasoning)} if reasoning else {}),
    }


def _tool_calls(
    parts: Sequence[Part], candidate: int, first: int = 0, *, streamed: bool = False
) -> list[dict[str, Any]]:
    calls = [part for part in parts if isinstance(part, FunctionCall)]
    return [
        {
            **({"index": index} if streamed else {}),
            "id": f"call_{candidate}_{index}",
            "type": "function",
            "function": {"name": call.name, "arguments": json.dumps(dict(call.args))},
        }
        for index, call in enumerate(calls, first)
    ]


def _finish_reason(reply: Reply, candidate: int) -> str:
    chosen = reply.candidates[candidate]
    if any(isinstance(part, FunctionCall) for part in chosen.parts or ()):
        return "tool_calls"
    return _FINISH_REASONS.get(chosen.finish_reason, _STOPPED)


_OPENROUTER = "openrouter"


def _ending(
    reply: Reply, candidate: int, image_format: str, *, ended: bool = True
) -> dict[str, Any]:
    """Write why a choice ended, as OpenRouter also in the provider's own word."""
    ending = {"finish_reason": _finish_reason(reply, candidate) if ended else None}
    if image_format == _OPENROUTER:
        reason = reply.candidates[candidate].finish_reason
        ending["native_finish_reason"] = reason if ended else None
    return ending


def _refusal(
    blocked: Blocked, name: str, message: dict[str, Any], image_format: str
) -> list[dict[str, Any]]:
    native = {"native_finish_reason": blocked.reason} if image_format == _OPENROUTER else {}
    return [{"index": 0, name: message, "finish_reason": _STOPPED, **native}]


def _envelope(kind: str, model: str | None, number: int, image_format: str) -> dict[str, Any]:
    """Write the outer fields of a reply or a chunk.

    Those of OpenRouter are required by its own SDK (``system_fingerprint``) and by pydantic-ai's
    ``OpenRouterModel`` (``provider``).
    """
    gateways = {"provider": "Google AI Studio", "system_fingerprint": "fp_fake"}
    return {
        "id": f"chatcmpl-fake-{number}",
        "object": kind,
        "created": 0,
        "model": model or "fake",
        **(gateways if image_format == _OPENROUTER else {}),
    }


def _usage(reply: Reply) -> dict[str, Any]:
    usage = reply.usage
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
    }


def whole(reply: Reply, model: str | None, number: int, image_format: str) -> dict[str, Any]:
    """Write a chat completion; ``number`` counts replies, ``image_format`` is in FORMATS."""
    choices = []
    for index, candidate in enumerate(reply.candidates):
        parts = candidate.parts or ()
        calls = _tool_calls(parts, index)
        message = {
            "role": "assistant",
            **_fields(parts, image_format),
            **({"tool_calls": calls} if calls else {}),
        }
        ending = _ending(reply, index, image_format)
        choices.append({"index": index, "message": message, **ending})
    if reply.blocked:
        message = {"role": "assistant", "content": None}
        choices = _refusal(reply.blocked, "message", message, image_format)
    envelope = _envelope("chat.completion", model, number, image_format)
    return {**envelope, "choices": choices, "usage": _usage(reply)}


def chunks(
    reply: Reply, model: str | None, number: int, image_format: str, *, include_usage: bool
) -> list[dict[str, Any]]:
    """Write the chunks of a streamed chat completion; the role is in a candidate's first."""
    envelope = _envelope("chat.completion.chunk", model, number, image_format)
    started: set[int] = set()
    images: dict[int, int] = {}
    calls: dict[int, int] = {}
    written = []
    for pieces in cut(reply, usual_finish="separate"):
        choices = []
        for piece in pieces:
            place = piece.candidate
            fields = _fields(piece.parts, image_format, images.get(place, 0)) if piece.parts else {}
            delta = {name: value for name, value in fields.items() if value is not None}
            if reply.finish == "empty_text" and not piece.parts:
                delta["content"] = ""
            tools = _tool_calls(piece.parts, place, calls.get(place, 0), streamed=True)
            if tools:
                delta["tool_calls"] = tools
            if place not in started:
                delta = {"role": "assistant", **delta}
            started.add(place)
            shown = sum(isinstance(part, Image) for part in _shown(piece.parts))
            images[place] = images.get(place, 0) + shown
            calls[place] = calls.get(place, 0) + len(tools)
            ending = _ending(reply, place, image_format, ended=bool(piece.finish_reason))
            choices.append({"index": place, "delta": delta, **ending})
        written.append({**envelope, "choices": choices})
    if reply.blocked:
        choices = _refusal(reply.blocked, "delta", {"role": "assistant"}, image_format)
        written.append({**envelope, "choices": choices})
    if include_usage:
        written.append({**envelope, "choices": [], "usage": _usage(reply)})
    return written


def error(status: int, message: str) -> dict[str, Any]:
    """Write an error as OpenAI's API does."""
    return {
        "error": {"message": message, "type": "fake_gemini", "param": None, "code": str(status)}
    }
