"""Call ASGI applications with raw messages, and make some that answer with them."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

CHAT = "/v1/chat/completions"


class Answer(NamedTuple):
    """What an application has sent."""

    messages: list[dict[str, Any]]

    @property
    def status(self):
        return self.messages[0]["status"]

    @property
    def raw_headers(self):
        return self.messages[0]["headers"]

    @property
    def headers(self):
        pairs = [(key.decode(), value.decode()) for key, value in self.raw_headers]
        assert len({key for key, _ in pairs if key != "link"}) == len(
            [key for key, _ in pairs if key != "link"]
        ), f"a header is there twice: {pairs}"
        return dict(pairs)

    @property
    def pieces(self):
        return [message.get("body", b"") for message in self.messages[1:]]

    @property
    def body(self):
        return b"".join(self.pieces)

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def is_complete(self):
        """Whether exactly the last message ends the body, and its length is the one declared."""
        more = [message.get("more_body", False) for message in self.messages[1:]]
        declared = dict(self.raw_headers).get(b"content-length", str(len(self.body)).encode())
        return more == [True] * (len(more) - 1) + [False] and int(declared) == len(self.body)


def scope(path=CHAT, headers=(), method="POST", **more):
    raw = [(key.lower().encode("latin-1"), value.encode("latin-1")) for key, value in headers]
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
        "root_path": "", "headers": raw, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2),
        **more,
    }  # fmt: skip


async def call(app, request=b"{}", headers=(), *, received=None, **how):
    """Call an application once; ``received`` are messages in place of the whole request."""
    if isinstance(request, dict):
        request = json.dumps(request).encode()
    waiting = list(received or [{"type": "http.request", "body": request, "more_body": False}])
    sent = []

    async def receive():
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    headers = headers.items() if isinstance(headers, dict) else headers
    await app(scope(headers=headers, **how), receive, send)
    return Answer(sent)


class Application:
    """Answers each request with the same messages, and keeps what it was asked."""

    def __init__(self, *pieces, headers=(), status=200, ends=True):
        self.scope = None
        self.request = b""
        self._ends = ends
        kept = {"content-type": "application/json", **dict(headers)}
        if "content-length" not in kept and ends and status not in {204, 304}:
            kept["content-length"] = str(sum(map(len, pieces)))
        raw = [(key.encode(), value.encode()) for key, value in kept.items()]
        self._messages = [
            {"type": "http.response.start", "status": status, "headers": raw},
            *({"type": "http.response.body", "body": piece, "more_body": True} for piece in pieces),
        ]
        if ends:
            self._messages.append({"type": "http.response.body"})

    async def __call__(self, scope, receive, send):
        self.scope, self.request = scope, b""
        more = True
        while more:
            message = await receive()
            self.request += message.get("body", b"")
            more = message.get("more_body", False)
        for message in self._messages:
            await send(dict(message))

    @property
    def asked(self):
        return json.loads(self.request)

    @property
    def headers(self):
        return {key.decode(): value.decode() for key, value in self.scope["headers"]}
