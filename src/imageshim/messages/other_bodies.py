"""Bodies that are no chat completion: what they look like, and what to do about it.

An error, a reply of another API or of a provider's own has neither choices nor the fields of a
message, so that to read it as a message would give one that says nothing.
"""

from __future__ import annotations

from typing import Any

from imageshim.errors import MalformedReplyError

from . import carriers

__all__ = ["error_text", "has_message_fields", "refuse_other_bodies"]

_OF_REPLIES = (
    *("message", "delta", "role", "content", "images", "image", "tool_calls", "function_call"),
    *("refusal", "audio", "reasoning_content", "thinking_blocks", "content_blocks"),
    *("multi_mod_content", "provider_specific_fields"),
)
_LONGEST = 300


def error_text(holder: Any) -> str | None:
    """Return what the ``error`` of a body or a choice says; None where there is none."""
    error = carriers.get(holder, "error")
    if not error:
        return None
    message = carriers.get(error, "message")
    said = message if isinstance(message, str) and message else str(error)
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"


def _looks_like(body: Any) -> str | None:
    """Say what a body is and what to do; None where it is not known to be something else."""
    error = error_text(body)
    if error is not None:
        return f"an error: {error}; look at the status of the answer before reading it"
    if carriers.get(body, "object") == "response" or _is_list(body, "output"):
        return "a reply of the Responses API; ask the provider's chat completions"
    if _is_list(body, "candidates") or carriers.get(body, "promptFeedback") is not None:
        return "Gemini's own reply; ask it through LiteLLM or Gemini's OpenAI-compatible endpoint"
    if _is_list(body, "data"):
        return "a reply of the Images API; its images are data[…].b64_json or data[…].url"
    return None


def _is_list(body: Any, name: str) -> bool:
    return carriers.items_of(carriers.get(body, name)) is not None


def has_message_fields(body: Any) -> bool:
    """Tell whether something has a field of a choice or a message."""
    return any(carriers.get(body, name) is not None for name in _OF_REPLIES)


def refuse_other_bodies(reply: Any, function: str) -> None:
    """Refuse a body that looks like something else than a reply, a choice or a message.

    Raises:
        MalformedReplyError: it is an error, or the reply of another API; the message says which.

    """
    if _is_list(reply, "choices"):
        return
    if has_message_fields(reply):
        return
    found = _looks_like(reply)
    if found is not None:
        raise MalformedReplyError(f"{function}() takes a chat completion; this looks like {found}")
