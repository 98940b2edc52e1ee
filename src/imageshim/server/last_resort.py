"""What becomes of a request that cannot be answered, for whatever reason."""

from __future__ import annotations

import asyncio
import logging
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING

from imageshim.printing.escapes import shown

from .error_responses import refuse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["LastResort"]

_log = logging.getLogger(__name__)


class LastResort:
    """Let no exception of an application reach the server, which would log the whole of it.

    A server's traceback quotes what a peer has sent, and fills the log of whoever asks for it. So
    the log gets one line, with what failed and where but none of its text; the client gets an
    error where its answer has not begun, and a connection that is cut off where it has.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        error = None
        try:
            await self.app(scope, receive, watched)
        except asyncio.CancelledError:  # open streams had their time
            _log.warning("%s: cut off: the server stops", shown(scope["path"]))
            error = (503, "the server stops", "stopping")
        except Exception as fault:  # noqa: BLE001  # see above
            _log.error("%s: failed: %s", shown(scope["path"]), _named(fault))
            error = (500, "the request cannot be answered", "internal_error")
        if error is not None and not started:
            with suppress(Exception):  # the client has left, or cannot be spoken to
                await refuse(send, *error, close=True)


def _named(fault: BaseException) -> str:
    """Name an exception and where it was raised; of a group those in it."""
    inner = getattr(fault, "exceptions", None)
    if inner:
        return ", ".join(map(_named, inner))
    frames = traceback.extract_tb(fault.__traceback__)
    where = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{type(fault).__name__}{where}"
