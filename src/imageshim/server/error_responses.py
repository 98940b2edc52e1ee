"""Errors that the server itself answers, in the form in which OpenAI's API writes them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Send

__all__ = ["refuse"]


async def refuse(  # noqa: PLR0913  # what an error says
    send: Send,
    status: int,
    message: str,
    code: str,
    *,
    param: str | None = None,
    close: bool = False,
    retry_after: int | None = None,
) -> None:
    """Send an error as the whole reply; ``close`` ends the connection after it.

    ``retry_after``: seconds after which it may be worth another try.
    """
    kind = "invalid_request_error" if status < 500 else "api_error"
    error = {"message": message, "type": kind, "param": param, "code": code}
    body = json.dumps({"error": error}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if close:
        headers.append((b"connection", b"close"))
    if retry_after is not None:
        headers.append((b"retry-after", b"%d" % retry_after))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
