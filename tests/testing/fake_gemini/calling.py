"""Calls of the fake server with nothing but sockets, for what client libraries hide."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

PROMPT = {"contents": [{"role": "user", "parts": [{"text": "Draw a cat."}]}]}
CHAT = {"model": "m", "messages": [{"role": "user", "content": "Draw a cat."}]}


def call(
    url: str, body: Any = None, *, method: str | None = None, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    """Ask once; (status, headers, body)."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=120)
    try:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        connection.request(
            method or ("GET" if body is None else "POST"), target, data, headers or {}
        )
        answer = connection.getresponse()
        return answer.status, dict(answer.headers.items()), answer.read()
    finally:
        connection.close()


def call_json(url: str, body: Any = None) -> Any:
    status, _, data = call(url, body)
    assert status == 200, data
    return json.loads(data)


def events(body: bytes) -> list[Any]:
    """The JSON of server-sent events, ``[DONE]`` left as it is."""
    lines = [line for line in body.decode().split("\n\n") if line]
    assert all(line.startswith("data: ") for line in lines)
    data = [line.removeprefix("data: ") for line in lines]
    return [event if event == "[DONE]" else json.loads(event) for event in data]
