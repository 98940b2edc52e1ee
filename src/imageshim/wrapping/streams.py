"""Streams: the one thing that is replaced by a proxy, which converts the chunks as they pass.

A proxy has the methods that its stream has and no others; all else is the stream's own. What the
stream raises passes unchanged, behind what the converter still held. Closing it closes the iterator
that the stream gave, then the stream.
"""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import wrapt

from imageshim.messages import carriers
from imageshim.streaming.converter import ChunkMachine
from imageshim.streaming.fail_open import FailOpen
from imageshim.timeline import Format

from .call_sites import saw_call
from .content_sites import is_watching, saw_images
from .failures import ASKED_FOR, failed
from .observing import StreamObserver
from .old_names import with_old_name
from .policy import LEGACY, Call
from .reentrancy import INSIDE, leave
from .watching import watched

__all__ = ["is_stream_class", "proxied"]

# wrapt 1's ObjectProxy has __iter__, wrapt 2's BaseObjectProxy has not: a stream that is
# asynchronous only should not look like one that can be iterated.
_Base: Any = getattr(wrapt, "BaseObjectProxy", wrapt.ObjectProxy)

_GAVE_UP = "imageshim could not convert a stream; the rest of it comes as it is"


class _Flow:
    """The chunks of one stream on their way through the converter."""

    __slots__ = (
        "call",
        "counts",
        "ended",
        "library",
        "observer",
        "passes",
        "queue",
        "raising",
        "silent",
        "source",
        "stream",
        "watched",
    )

    def __init__(self, call: Call, source: Format | None) -> None:
        self.call = call
        self.library = call.library
        self.source: Any = None
        """What gives the chunks: the stream, or the iterator that it gave."""
        do = call.policy
        converter = ChunkMachine(do.emit, source=source, on_loss=do.on_loss, pick=do.pick)
        self.stream = FailOpen(converter, ASKED_FOR)
        self.passes: Callable[[Any], bool] = converter.passes
        """Tells at a look that nothing is to be done with a chunk, as with most."""
        self.queue: deque[Any] = deque()
        self.ended = False
        self.raising: BaseException | None = None
        self.silent = call.inner or call.policy.emit not in LEGACY or not call.policy.told
        """Whether there is nothing to say, or it was said."""
        self.counts = is_watching() and not call.inner
        """Whether an image is still to be counted."""
        self.watched = self.counts and call.policy.emit is Format.CONTENT
        if self.watched or not self.silent:
            # In its own format a chunk with an image passes too; there is something to say then.
            self.passes = lambda chunk: not _has_image(chunk) and converter.passes(chunk)
        self.observer: StreamObserver | None = None

    def observed_by(self, observer: StreamObserver) -> None:
        """Show each chunk, as it came."""
        self.observer = observer
        passes = _always if self.call.policy.as_it_came else self.passes

        def seen(chunk: Any) -> bool:
            observer.saw(chunk)
            return passes(chunk)

        self.passes = seen

    def feed(self, chunk: Any) -> None:
        """Take a chunk from the stream, one that does not pass at a look."""
        if self.stream.converts:
            self._put(self.stream.feed(chunk))
        else:
            self.queue.append(chunk)

    def finish(self) -> None:
        """Take what the converter still holds, at the end of the stream."""
        self.ended = True
        if self.observer is not None:
            self.observer.ended()
        if self.stream.converts:
            self._put(self.stream.finish())

    def _put(self, made: list[Any]) -> None:
        fault = self.stream.fault
        if fault is not None:
            self._stop()
            self.queue.extend(made)
            failed(_GAVE_UP, fault, self.call.place, strict=self.call.policy.strict)
            return
        if self.call.policy.emit is Format.IMAGES and not self.call.inner:
            made = [with_old_name(chunk) for chunk in made]
        if not self.silent and any(map(_has_image, made)):
            self.silent = True
            saw_call(self.call.place, self.call.policy.emit.value, "delta")
        if self.counts and any(map(_has_image, made)):
            self.counts = False
            saw_images()
        if self.watched:
            made = [watched(chunk) for chunk in made]
        self.queue.extend(made)

    def next(self) -> Any:
        """Return what is next in the queue; at its end, raise what the stream ended with."""
        if self.queue:
            return self.queue.popleft()
        raised, self.raising = self.raising, None
        if raised is not None:
            raise raised
        raise StopIteration

    def drop(self) -> None:
        """Forget what is held: the stream is closed."""
        if self.observer is not None:
            self.observer.ended()
        self.stream.stop()
        self._stop()
        self.raising = None
        self.queue.clear()

    def _stop(self) -> None:
        """Convert no more chunks."""
        self.passes = _never
        if self.observer is not None:
            self.observed_by(self.observer)


def _never(_chunk: Any) -> bool:
    return False


def _always(_chunk: Any) -> bool:
    return True


def _has_image(chunk: Any) -> bool:
    for choice in carriers.items_of(carriers.get(chunk, "choices")) or ():
        delta = carriers.get(choice, "delta")
        content = carriers.get(delta, "content")
        if (
            carriers.get(delta, "image")
            or carriers.get(delta, "images")
            or (isinstance(content, str) and "data:image/" in content)
        ):
            return True
    return False


class _Proxy(_Base):  # type: ignore[misc]
    """What the proxies of all streams share; the others are in the tables below."""

    def __init__(self, stream: Any, flow: _Flow) -> None:
        super().__init__(stream)
        self._self_flow = flow
        flow.source = stream
        self._self_iterator: Any = None


def _iter(self: Any) -> Any:
    iterator = iter(self.__wrapped__)
    self._self_flow.source = iterator
    self._self_iterator = None if iterator is self.__wrapped__ else iterator
    return self


def _next(self: Any) -> Any:
    flow = self._self_flow
    source = flow.source
    while not flow.queue and not flow.ended:
        token = flow.library and INSIDE.set(flow.library)
        try:
            chunk = next(source)
        except StopIteration:
            flow.finish()
            continue
        except Exception as error:  # noqa: BLE001  # raised again, behind what is held
            flow.finish()
            flow.raising = error
            continue
        finally:
            if token is not None:
                leave(token)
        if flow.passes(chunk):
            return chunk
        flow.feed(chunk)
    return flow.next()


def _aiter(self: Any) -> Any:
    iterator = self.__wrapped__.__aiter__()
    self._self_flow.source = iterator
    self._self_iterator = None if iterator is self.__wrapped__ else iterator
    return self


async def _anext(self: Any) -> Any:
    flow = self._self_flow
    source = flow.source
    while not flow.queue and not flow.ended:
        token = flow.library and INSIDE.set(flow.library)
        try:
            chunk = await source.__anext__()
        except StopAsyncIteration:
            flow.finish()
            continue
        except Exception as error:  # noqa: BLE001  # as above
            flow.finish()
            flow.raising = error
            continue
        finally:
            if token is not None:
                leave(token)
        if flow.passes(chunk):
            return chunk
        flow.feed(chunk)
    try:
        return flow.next()
    except StopIteration:
        raise StopAsyncIteration from None


def _enter(self: Any) -> Any:
    return _again(self, self.__wrapped__.__enter__())


async def _aenter(self: Any) -> Any:
    return _again(self, await self.__wrapped__.__aenter__())


def _again(self: Any, entered: Any) -> Any:
    """Return what a context manager gives: itself as a rule, or another stream."""
    if entered is self.__wrapped__:
        return self
    return proxied(entered, self._self_flow.call) if is_stream_class(type(entered)) else entered


def _exit(self: Any, *raised: Any) -> Any:
    self._self_flow.drop()
    _close_iterator(self)
    return self.__wrapped__.__exit__(*raised)


async def _aexit(self: Any, *raised: Any) -> Any:
    self._self_flow.drop()
    await _aclose_iterator(self)
    return await self.__wrapped__.__aexit__(*raised)


def _close(self: Any) -> Any:
    """Close both layers; the stream's own ``close`` may be a coroutine function."""
    self._self_flow.drop()
    if inspect.iscoroutinefunction(self.__wrapped__.close):
        return _aclose_both(self, self.__wrapped__.close)
    _close_iterator(self)
    return self.__wrapped__.close()


def _aclose(self: Any) -> Any:
    self._self_flow.drop()
    return _aclose_both(self, self.__wrapped__.aclose)


async def _aclose_both(self: Any, close: Callable[[], Any]) -> Any:
    await _aclose_iterator(self)
    closing = close()
    return await closing if hasattr(closing, "__await__") else closing


def _close_iterator(self: Any) -> None:
    iterator, self._self_iterator = self._self_iterator, None
    if hasattr(iterator, "close"):
        iterator.close()


async def _aclose_iterator(self: Any) -> None:
    iterator, self._self_iterator = self._self_iterator, None
    if hasattr(iterator, "aclose"):
        await iterator.aclose()


def _send(self: Any, value: Any) -> Any:
    if value is not None:
        self._self_flow.feed(self.__wrapped__.send(value))
    return _next(self)


_METHODS: dict[str, Callable[..., Any]] = {
    "__iter__": _iter,
    "__next__": _next,
    "__aiter__": _aiter,
    "__anext__": _anext,
    "__enter__": _enter,
    "__exit__": _exit,
    "__aenter__": _aenter,
    "__aexit__": _aexit,
    "close": _close,
    "aclose": _aclose,
    "send": _send,
}
"""The methods of a proxy, each for streams that have one of that name."""


def _class_for(stream: type) -> type:
    members = {name: method for name, method in _METHODS.items() if hasattr(stream, name)}
    return type(stream.__name__, (_Proxy,), members)


_proxy_class: Callable[[type], type] = lru_cache(maxsize=256)(_class_for)


def is_stream_class(cls: type) -> bool:
    """Tell whether objects of a class give chunks one after the other, or may do so."""
    return hasattr(cls, "__next__") or hasattr(cls, "__anext__")


def proxied(stream: Any, call: Call) -> Any:
    """Return a proxy of a stream, which converts its chunks."""
    source = call.source_of(stream)
    flow = _Flow(call, source)
    if call.observer is not None:
        flow.observed_by(call.observer.of_stream(source))
    return _proxy_class(type(stream))(stream, flow)
