"""Queues and their like: what one function puts in, another one takes out.

A queue is known by the call that makes it, whatever name or parameter it is handed around by.
"""

from __future__ import annotations

from . import values as v
from .hooks import Given
from .interpreter import Interpreter
from .scopes import Queue

__all__ = ["call_queue", "taken"]

_PUT = frozenset(
    {"put", "put_nowait", "send", "send_nowait", "send_bytes", "set", "set_result", "publish"}
)
_TAKEN = frozenset(
    {"get", "get_nowait", "receive", "receive_nowait", "recv", "result", "__anext__", "__next__"}
)
_SAME = frozenset({"__aenter__", "__aiter__", "__enter__", "__iter__", "clone"})
_LATER = frozenset({"__anext__", "get", "put", "receive", "send"})
"""Methods that a queue of coroutines has to be awaited for."""


def call_queue(at: Interpreter, queue: Queue, name: str, given: Given) -> v.Value:
    """Return what a method of a queue gives."""
    if name in _SAME:
        return queue
    if name in _PUT and (given.args or given.keywords):
        _put(at, queue, given.args[0] if given.args else given.all()[0])
        found: v.Value = v.Const(None)
    elif name in _TAKEN:
        found = taken(at, queue)
    else:
        return v.UNKNOWN
    return v.Wrap("await", found) if queue.how == "await" and name in _LATER else found


def _put(at: Interpreter, queue: Queue, value: v.Value) -> None:
    channel = queue.channel
    channel.is_filled = True
    after = v.join(channel.holds, value)
    if after != channel.holds:
        channel.holds = v.widened(after) if at.widening else after
        at.wake(*channel.readers)


def taken(at: Interpreter, queue: Queue) -> v.Value:
    """Return what any item of a queue may be."""
    channel = queue.channel
    channel.readers.add(at.function)
    return v.join(channel.holds, v.UNKNOWN) if channel.escapes else channel.holds
