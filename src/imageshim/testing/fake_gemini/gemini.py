"""The Gemini API's JSON: replies of ``generateContent``, chunks of ``streamGenerateContent``.

Source: ai.google.dev/api/generate-content (GenerateContentResponse).
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from .cutting import cut
from .parts import FunctionCall, Image, Part, Text, Thought
from .script import Reply

__all__ = ["chunks", "error", "models", "whole"]

_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def _part(part: Part) -> dict[str, Any]:
    if isinstance(part, Thought):
        return {**_part(part.part), "thought": True}
    written: dict[str, Any]
    if isinstance(part, Text):
        written = {"text": part.text}
    elif isinstance(part, FunctionCall):
        written = {"functionCall": {"name": part.name, "args": dict(part.args)}}
    else:
        written = {"inlineData": _inline(part)}
    return {**written, "thoughtSignature": part.signature} if part.signature else written


def _inline(image: Image) -> dict[str, str]:
    data = base64.b64encode(image.data).decode("ascii")
    return {"mimeType": image.media_type, "data": data}


def _content(parts: Sequence[Part] | None) -> dict[str, Any]:
    """Write the ``content`` of a candidate, or nothing.

    An empty list of parts is left out, as it is in all JSON that comes from protocol buffers
    (seen in Portkey-AI/gateway PR #1705 and pydantic/pydantic-ai PR #2631).
    """
    if parts is None:
        return {}
    written = [_part(part) for part in parts]
    return {"content": {**({"parts": written} if written else {}), "role": "model"}}


def _usage(reply: Reply) -> dict[str, Any]:
    usage = reply.usage
    return {
        "promptTokenCount": usage.prompt_tokens,
        "candidatesTokenCount": usage.completion_tokens,
        "totalTokenCount": usage.prompt_tokens + usage.completion_tokens,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": usage.prompt_tokens}],
    }


def _envelope(model: str | None, number: int) -> dict[str, Any]:
    return {"modelVersion": model or "gemini", "responseId": f"resp-fake-{number}"}


def _blocked(reply: Reply) -> dict[str, Any]:
    return {"promptFeedback": {"blockReason": reply.blocked.reason}} if reply.blocked else {}


def whole(reply: Reply, model: str | None, number: int) -> dict[str, Any]:
    """Write a reply of ``generateContent``; ``number`` counts replies."""
    candidates = []
    for index, candidate in enumerate(reply.candidates):
        candidates.append(
            {
                **_content(candidate.parts),
                "finishReason": candidate.finish_reason,
                "index": index,
            }
        )
    written = {"candidates": candidates} if candidates else _blocked(reply)
    return {**written, "usageMetadata": _usage(reply), **_envelope(model, number)}


def chunks(reply: Reply, model: str | None, number: int) -> list[dict[str, Any]]:
    """Write the chunks of ``streamGenerateContent``."""
    written: list[dict[str, Any]] = []
    for pieces in cut(reply, usual_finish="last"):
        candidates = []
        for piece in pieces:
            parts: Sequence[Part] | None = piece.parts
            if reply.candidates[piece.candidate].parts is None:
                parts = None
            elif reply.finish == "empty_text" and not parts:
                parts = (Text(""),)
            candidates.append(
                {
                    **_content(parts),
                    **({"finishReason": piece.finish_reason} if piece.finish_reason else {}),
                    "index": piece.candidate,
                }
            )
        written.append({"candidates": candidates, **_envelope(model, number)})
    if not written:
        written = [{**_blocked(reply), **_envelope(model, number)}]
    written[-1]["usageMetadata"] = _usage(reply)
    return written


def error(status: int, message: str) -> dict[str, Any]:
    """Write an error as Google's APIs do."""
    return {
        "error": {"code": status, "message": message, "status": _STATUSES.get(status, "UNKNOWN")}
    }


def models(names: Sequence[str]) -> dict[str, Any]:
    """Write the list of models, in the form that Gemini and OpenAI clients both read."""
    methods = ["generateContent", "streamGenerateContent"]
    return {
        "object": "list",
        "data": [
            {"id": name, "object": "model", "created": 0, "owned_by": "imageshim"} for name in names
        ],
        "models": [
            {"name": f"models/{name}", "supportedGenerationMethods": methods} for name in names
        ],
    }
