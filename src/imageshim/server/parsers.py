"""The parsers of requests that the gateway can use."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

from imageshim.errors import MissingExtraError

from .connections import Limited

__all__ = ["protocol"]


class _H11(Limited, H11Protocol):
    """h11 bounds what it gathers by itself: ``h11_max_incomplete_event_size``."""


def protocol(parser: str) -> type[asyncio.Protocol]:
    """Give the protocol that parses with ``"h11"`` or ``"httptools"``.

    Raises:
        MissingExtraError: httptools is not installed (extra ``fast``).

    """
    if parser == "h11":
        return _H11
    try:
        from .connections_httptools import HttpTools  # noqa: PLC0415  # it need not be installed
    except ImportError:
        raise MissingExtraError("the parser httptools", "fast") from None
    return HttpTools
