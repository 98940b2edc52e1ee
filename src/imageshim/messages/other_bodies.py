"""Bodies that are no chat completion: what they look like, and what to do about it.

An error, a reply of another API or of a provider's own has neither choices nor the fields of a
message, so that to read it as a message would give one that says nothing.
"""

from __future__ import annotations

from typing import Any

from imageshim.errors import MalformedReplyError

from . import carriers

__all__ = ["error_text", "has_message_fields", "refuse_other_bodies"]

_HOLDERS = ("message", "delta")
_OF_REPLIES = (
    *("role", "content", "images", "image", "tool_calls", "function_call"),
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
    error = error_text(body) or _said(body)
    if error is not None:
        return f"an error: {error}; look at the status of the answer before reading it"
    if carriers.get(body, "object") == "response" or _is_list(body, "output"):
        return "a reply of the Responses API; ask the provider's chat completions"
    whose = [who for name, who in _OWN_REPLIES.items() if carriers.get(body, name) is not None]
    if whose:
        return f"a reply of {whose[0]} own API; ask its OpenAI-compatible endpoint, or LiteLLM"
    entries = carriers.items_of(carriers.get(body, "data"))
    if entries is None:
        return None
    if any(carriers.get(entry, name) for entry in entries for name in ("b64_json", "url")):
        return "a reply of the Images API; its images are data[…].b64_json or data[…].url"
    return "a list of another endpoint, such as models or embeddings; ask the chat completions"


_OWN_REPLIES = {
    "candidates": "Gemini's", "promptFeedback": "Gemini's",
    "predictions": "Vertex AI's", "artifacts": "Stability's", "stopReason": "Bedrock's",
    "output": "the provider's", "result": "the provider's",
}  # fmt: skip
"""Fields by which a provider's own reply is known; ``output`` is DashScope's and Replicate's,
``result`` Cloudflare's."""
_SAID = ("detail", "message", "Message", "errors", "fault", "msg", "status_msg")
"""Where servers say what went wrong: FastAPI (LiteLLM's proxy, vLLM); AWS, Azure's API Management,
Kong and DashScope, whose ``message`` is a text; AWS; Cloudflare; Apigee; one-api; MiniMax, in
``base_resp``."""


def _said(body: Any) -> str | None:
    """Return what an error says that has no ``error``."""
    holders = (body, carriers.get(body, "base_resp"))
    found = next(
        filter(None, (carriers.get(holder, name) for holder in holders for name in _SAID)), None
    )
    return f"{found!s:.{_LONGEST}}" if found else None


def _is_text_completion(choice: Any) -> bool:
    return carriers.get(choice, "text") is not None and not any(
        carriers.get(choice, name) is not None for name in ("message", "delta")
    )


def _is_list(body: Any, name: str) -> bool:
    return carriers.items_of(carriers.get(body, name)) is not None


def has_message_fields(body: Any) -> bool:
    """Tell whether something has a field of a choice or a message."""
    held = [carriers.get(body, name) for name in _HOLDERS]
    return any(value is not None and not isinstance(value, str) for value in held) or any(
        carriers.get(body, name) is not None for name in _OF_REPLIES
    )


def refuse_other_bodies(reply: Any, function: str) -> None:
    """Refuse a body that looks like something else than a reply, a choice or a message.

    Raises:
        MalformedReplyError: it is an error, or the reply of another API; the message says which.

    """
    choices = carriers.items_of(carriers.get(reply, "choices"))
    found = None
    if choices:
        if not all(map(_is_text_completion, choices)):
            return
        found = "a reply of the completions API, which is text; ask the chat completions"
    elif choices is None and not has_message_fields(reply):
        found = _looks_like(reply)
    if found is not None:
        raise MalformedReplyError(f"{function}() takes a chat completion; this looks like {found}")
