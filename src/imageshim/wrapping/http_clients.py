"""Chat completions that a program gets by HTTP itself: ``response.json()`` of common clients.

`imageshim run --clients requests,httpx,aiohttp` asks for it. What ``json()`` parsed is delivered as
the reply of a wrapped call is: in the format that the program knows, as dicts that notice reads.
What the libraries parse for themselves in the middle of a call of theirs is left alone.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from importlib import import_module
from inspect import iscoroutinefunction
from typing import Any

from imageshim.errors import ImageShimError
from imageshim.messages import carriers

from .delivery import deliver
from .policy import Call, Policy, announced
from .reentrancy import INSIDE

__all__ = ["CLIENTS", "watch_clients"]

CLIENTS = {"requests": "Response", "httpx": "Response", "aiohttp": "ClientResponse"}
"""The libraries, and the class of each whose ``json`` parses a body."""


def watch_clients(names: Iterable[str], policy: Policy) -> None:
    """Deliver what the clients parse, from now on.

    Raises:
        ImageShimError: there is no such client, or it is not installed.

    """
    for name in names:
        if name not in CLIENTS:
            raise ImageShimError(f"there is no client {name!r}; choose one of {', '.join(CLIENTS)}")
        try:
            response = getattr(import_module(name), CLIENTS[name])
        except ImportError:
            raise ImageShimError(f"the client {name} is not installed here") from None
        if not hasattr(response.json, "_imageshim_plain"):
            response.json = _delivering(response.json, policy)


def _delivering(plain: Any, policy: Policy) -> Any:
    def given(response: Any, parsed: Any) -> Any:
        if INSIDE.get() is not None or carriers.items_of(carriers.get(parsed, "choices")) is None:
            return parsed
        known = policy.source or announced(response)
        return deliver(parsed, Call(policy.coming_from(known), None, {}))

    if iscoroutinefunction(plain):

        async def ajson(self: Any, *args: Any, **options: Any) -> Any:
            return given(self, await plain(self, *args, **options))

        made: Any = ajson
    else:

        def json(self: Any, *args: Any, **options: Any) -> Any:
            return given(self, plain(self, *args, **options))

        made = json
    made = functools.wraps(plain)(made)
    made._imageshim_plain = plain  # noqa: SLF001  # says that it is ours
    return made
