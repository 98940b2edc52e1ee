"""The OpenAI-compatible JSON: a chat completion, and the chunks of a streamed one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from .cutting import cut
from .image_fields import FORMATS
from .parts import FunctionCall, Image, Part, Text, Thought
from .script import Reply

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


def _envelope(kind: str, model: str | None, number: int) -> dict[str, Any]:
    return {"id": f"chatcmpl-fake-{number}", "object": kind, "created": 0, "model": model or "fake"}


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
        choices.append(
            {"index": index, "message": message, "finish_reason": _finish_reason(reply, index)}
        )
    if reply.blocked:
        message = {"role": "assistant", "content": None}
        choices = [{"index": 0, "message": message, "finish_reason": _STOPPED}]
    envelope = _envelope("chat.completion", model, number)
    return {**envelope, "choices": choices, "usage": _usage(reply)}


def chunks(
    reply: Reply, model: str | None, number: int, image_format: str, *, include_usage: bool
) -> list[dict[str, Any]]:
    """Write the chunks of a streamed chat completion; the role is in a candidate's first."""
    envelope = _envelope("chat.completion.chunk", model, number)
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
            reason = _finish_reason(reply, place) if piece.finish_reason else None
            choices.append({"index": place, "delta": delta, "finish_reason": reason})
        written.append({**envelope, "choices": choices})
    if reply.blocked:
        delta = {"role": "assistant"}
        choices = [{"index": 0, "delta": delta, "finish_reason": _STOPPED}]
        written.append({**envelope, "choices": choices})
    if include_usage:
        written.append({**envelope, "choices": [], "usage": _usage(reply)})
    return written


def error(status: int, message: str) -> dict[str, Any]:
    """Write an error as OpenAI's API does."""
    return {
        "error": {"message": message, "type": "fake_gemini", "param": None, "code": str(status)}
    }
