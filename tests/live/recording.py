"""A loopback server that notes requests, and answers as Claude, Bedrock and Gemini would."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Recorder", "record"]

_CLAUDE = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "claude",
    "content": [{"type": "text", "text": "Nice."}], "stop_reason": "end_turn",
    "usage": {"input_tokens": 1, "output_tokens": 1},
}  # fmt: skip
_CONVERSE = {
    "output": {"message": {"role": "assistant", "content": [{"text": "Nice."}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
    "metrics": {"latencyMs": 1},
}
_GEMINI = {
    "candidates": [
        {"content": {"role": "model", "parts": [{"text": "Nice."}]}, "finishReason": "STOP"}
    ],
    "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2},
}
_TOKEN = {"access_token": "any", "expires_in": 3600, "token_type": "Bearer"}
_BY_PATH = {"/token": _TOKEN, "converse": _CONVERSE, ":generateContent": _GEMINI}
"""How paths end; all others are Claude's."""


class Recorder:
    """What was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.bodies: list[Any] = []


@contextmanager
def record() -> Iterator[Recorder]:
    """Note the requests until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            path = self.path.partition("?")[0]
            if not path.endswith("/token"):
                recorder.bodies.append(json.loads(body))
            answers = [answer for end, answer in _BY_PATH.items() if path.endswith(end)]
            answer = json.dumps((answers or [_CLAUDE])[0]).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        recorder = Recorder(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield recorder
        finally:
            server.shutdown()
            thread.join()
