"""Response headers on LiteLLM proxies that have no hook for them.

Releases without ``async_post_call_response_headers_hook`` (1.75.9, 1.76.3, 1.77.5; 1.109.1 has it)
let no callback set a header of a stream. There a layer around the proxy's application does: it
keeps a note for each request, into which the callback writes, and adds what stands there to the
start of the reply.
"""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from litellm.integrations.custom_logger import CustomLogger

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Announcer", "announce", "install_announcer"]

_log = logging.getLogger(__name__)

Headers = list[tuple[str, str]]

_note: ContextVar[list[tuple[str, str]] | None] = ContextVar("imageshim_headers", default=None)


def announce(headers: Headers) -> None:
    """Say what the reply to the request at hand will be; the last word counts."""
    note = _note.get()
    if note is not None:
        note[:] = headers


class Announcer:
    """The layer: any ASGI application inside, and the headers on its replies."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to the start of a reply that is no error."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        note: Headers = []

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start" and note and message["status"] < 400:
                more = [(name.lower().encode(), value.encode()) for name, value in note]
                message = {**message, "headers": [*message.get("headers", ()), *more]}
            await send(message)

        token = _note.set(note)
        try:
            await self.app(scope, receive, send_with_headers)
        finally:
            _note.reset(token)


def install_announcer() -> None:
    """Put the layer around the proxy's application, once, where no hook can do its work."""
    if hasattr(CustomLogger, "async_post_call_response_headers_hook"):
        return
    server = sys.modules.get("litellm.proxy.proxy_server")
    app: Any = getattr(server, "app", None)
    if app is None:
        return  # LiteLLM without its proxy
    if not hasattr(app, "middleware_stack"):
        _log.warning("this LiteLLM proxy takes no response headers: X-Image-Format is not sent")
        return
    if app.middleware_stack is None:
        # The configuration is read while the application starts, which builds the stack first;
        # where it is not built, Starlette builds it with this.
        if all(one.cls is not Announcer for one in app.user_middleware):
            app.add_middleware(Announcer)
    elif not isinstance(app.middleware_stack, Announcer):
        app.middleware_stack = Announcer(app.middleware_stack)
