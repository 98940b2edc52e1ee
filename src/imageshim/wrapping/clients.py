"""OpenAI clients and LiteLLM's Router, wrapped.

A wrapped OpenAI client is another client of the same class, with the same connections. Its chat
resources are its own, and have wrapped functions in the place of ``create`` and ``parse``: all that
the SDK builds upon those (``stream``, ``with_raw_response``, ``with_streaming_response``) goes
through them. A wrapped Router is a proxy: a router keeps statistics and cool-downs, and there must
be one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import wrapt

from .policy import Policy

__all__ = ["is_resource", "kind_of", "wrapped_resource"]

Wrap = Callable[[Callable[..., Any], Policy], Any]
"""How one function is wrapped."""

_CLIENTS = frozenset({"OpenAI", "AsyncOpenAI"})
_CHATS = frozenset({"Chat", "AsyncChat"})
_RESOURCES = frozenset({"Completions", "AsyncCompletions"})
_METHODS = ("create", "parse")
_VIEWS = ("with_raw_response", "with_streaming_response")


def _is_a(value: Any, library: str, names: frozenset[str]) -> bool:
    """Tell whether a class of a library is among the classes of ``value``; nothing is imported."""
    return any(
        cls.__name__ in names and cls.__module__.partition(".")[0] == library
        for cls in type(value).__mro__
    )


def is_resource(value: Any) -> bool:
    """Tell whether something is the ``chat.completions`` of an OpenAI client."""
    return _is_a(value, "openai", _RESOURCES) and hasattr(value, "_client")


def kind_of(target: Any) -> Callable[[Any, Policy, Wrap], Any] | None:
    """Return how a client, a part of one or a router is wrapped; None for anything else."""
    if _is_a(target, "openai", _CLIENTS):
        return _client
    if _is_a(target, "openai", _CHATS) and hasattr(target, "_client"):
        return _chat
    if is_resource(target):
        return wrapped_resource
    if _is_a(target, "litellm", frozenset({"Router", "PythonCore"})):
        return _Router
    return None


def _client(client: Any, do: Policy, wrap: Wrap) -> Any:
    twin = object.__new__(type(client))
    twin.__dict__.update(client.__dict__)
    for name in _VIEWS:
        twin.__dict__.pop(name, None)  # they are made again, and lead to the twin
    twin.__dict__["chat"] = _chat(client.chat, do, wrap, twin)
    beta: Any = getattr(client, "beta", None)
    if hasattr(beta, "chat"):
        new = type(beta)(twin)
        new.__dict__["chat"] = _chat(beta.chat, do, wrap, twin)
        twin.__dict__["beta"] = new

    def copied(wrapped: Any, _instance: Any, args: Any, kwargs: Any) -> Any:
        return _client(wrapped(*args, **kwargs), do, wrap)

    for name in ("copy", "with_options"):
        method = getattr(type(client), name).__get__(twin)
        twin.__dict__[name] = wrapt.FunctionWrapper(method, copied)
    return twin


def _chat(chat: Any, do: Policy, wrap: Wrap, client: Any = None) -> Any:
    new = type(chat)(chat._client if client is None else client)  # noqa: SLF001
    new.__dict__["completions"] = wrapped_resource(chat.completions, do, wrap, client)
    return new


def wrapped_resource(resource: Any, do: Policy, wrap: Wrap, client: Any = None) -> Any:
    """Return another ``completions`` whose functions are wrapped.

    Args:
        resource: of an OpenAI client.
        do: the options.
        wrap: how one function is wrapped.
        client: the client that it belongs to; None: the same one.

    """
    new = type(resource)(resource._client if client is None else client)  # noqa: SLF001
    for name in _METHODS:
        if hasattr(type(new), name):
            new.__dict__[name] = wrap(getattr(new, name), do)
    return new


_ROUTER_METHODS = (
    "completion",
    "acompletion",
    "abatch_completion",
    "abatch_completion_one_model_multiple_requests",
    "abatch_completion_fastest_response",
    "schedule_acompletion",
)


_Proxy: Any = wrapt.ObjectProxy  # generic in wrapt 2 only


class _Router(_Proxy):  # type: ignore[misc]
    """A router whose calls are wrapped; everything else is the router's own."""

    def __init__(self, router: Any, do: Policy, wrap: Wrap) -> None:
        super().__init__(router)
        self._self_policy = do
        self._self_wrap = wrap

    @property
    def chat(self) -> Any:
        """The router's ``chat.completions.create``, which calls the methods below."""
        chat = self.__wrapped__.chat
        return type(chat)(params=chat.params, router_obj=self)


def _wrapped_method(name: str) -> property:
    def get(self: Any) -> Any:
        return self._self_wrap(getattr(self.__wrapped__, name), self._self_policy)

    return property(get)


for _name in _ROUTER_METHODS:
    setattr(_Router, _name, _wrapped_method(_name))
