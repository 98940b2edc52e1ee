"""uvicorn's HTTP protocols, with limits on what one connection may cost.

uvicorn bounds how long a connection rests between two requests, and h11 the size of a head. Here
is the rest, the same with either parser: how long the head of a request may take to come in, the
first one included; how long a client may take nothing of what waits for it; how much httptools
gathers before it has a request or a piece of a body; how many connections there are.

The limits come with the state of the application's lifespan, under :data:`LIMITS`.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.protocols.http.h11_impl import RequestResponseCycle
    from uvicorn.server import ServerState

__all__ = ["LIMITS", "ConnectionLimits", "Limited"]

LIMITS = "imageshim.connection_limits"
"""The key of a :class:`ConnectionLimits` in the state of the lifespan."""

_TOO_MANY = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n"
    b"Content-Length: 0\r\n\r\n"
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ConnectionLimits:
    """What one worker's connections may cost; times are in seconds, sizes in bytes."""

    max_clients: int
    max_head: int
    head_timeout: float
    send_timeout: float


if TYPE_CHECKING:
    _Base = H11Protocol
else:
    _Base = asyncio.Protocol


class Limited(_Base):
    """What both protocols get; it stands before uvicorn's class among the bases."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits: ConnectionLimits = app_state[LIMITS]
        self._head_timer: asyncio.TimerHandle | None = None
        self._send_timer: asyncio.TimerHandle
        self._waiting: int | None = None  # how much waited to be sent at the last look

    # -- a life ----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Refuse a connection that is one too many, and wait for the head of a request."""
        super().connection_made(transport)
        if len(self.connections) > self._limits.max_clients:
            _log.warning("a connection was refused: %d are open", self._limits.max_clients)
            transport.write(_TOO_MANY)
            transport.close()
        else:
            self._await_head()
        self._look_again()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._head_has_come()
        self._send_timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came; from the first byte of a head on, its time runs."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self._is_answering():
            self._head_has_come()
        else:
            self._await_head()

    def _is_answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    # -- slow clients ----------------------------------------------------------------------------

    def _await_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self._limits.head_timeout, self._head_is_late)

    def _head_has_come(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        if not self._is_answering():
            self.transport.close()

    def resume_writing(self) -> None:
        """Take note that the client has taken what waited for it."""
        self._waiting = None
        super().resume_writing()

    def _look_again(self) -> None:
        """End a connection whose client has taken nothing since the last look.

        Where something is still to be sent and nothing is added to it: the application waits, or
        the connection is closed but for that.
        """
        before, self._waiting = self._waiting, None
        if self.flow.write_paused or self.transport.is_closing():
            self._waiting = self.transport.get_write_buffer_size()
            if before is not None and self._waiting >= before:
                self.transport.abort()
        self._send_timer = self.loop.call_later(self._limits.send_timeout, self._look_again)

    # -- what is no HTTP -------------------------------------------------------------------------

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: a client may ask for HTTP/2 with each request, and is answered as it was."""

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, where a refusal cannot be taken for a part of an answer."""
        cycle = self.cycle
        if not self._is_answering():
            self._refuse(msg)
        elif not cycle.more_body:  # it stands behind a request that will have its answer
            cycle.keep_alive = False
            self.flow.pause_reading()
        else:
            cycle.disconnected = True
            if not cycle.response_started:
                self._refuse(msg)
            self.transport.close()
            cycle.message_event.set()

    def _refuse(self, msg: str) -> None:
        try:
            super().send_400_response(msg)
        except h11.LocalProtocolError:  # an answer to the last request said that it is the last
            self.transport.close()
