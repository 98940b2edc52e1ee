"""From what a library returned to what the caller gets: one rule for each kind of answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from types import CoroutineType
from typing import Any

import wrapt

from imageshim.conversion import examine
from imageshim.messages import carriers
from imageshim.messages.walk import has_no_image, over_messages
from imageshim.timeline import Format

from .call_site import calling_place, users_place
from .call_sites import saw_call
from .content_sites import is_watching, saw_answer, saw_images
from .failures import ASKED_FOR, failed
from .handlers import SEEN, given_back
from .old_names import with_old_name
from .policy import LEGACY, Call
from .reentrancy import INSIDE, leave
from .streams import is_stream_class, proxied
from .watching import watched

__all__ = ["deliver", "has_nothing"]

_KEPT = "imageshim could not convert a reply; it comes as it is"


def deliver(answer: Any, call: Call) -> Any:
    """Return what the caller gets for ``answer``; to be called while the caller's line waits."""
    rule = _rule_for(type(answer))
    if rule is None:
        return answer
    if is_watching() and not call.inner and rule in (_reply, proxied):
        saw_answer()
    if call.place is None and not call.inner and (rule is not _reply or call.policy.emit in LEGACY):
        # For a reply of today's format only a failure would want to know, which finds out then.
        call = call._replace(place=calling_place())
        if call.observer is not None:
            call.observer.place = users_place()
    try:
        return rule(answer, call)
    except ASKED_FOR:
        raise
    except Exception as error:  # noqa: BLE001  # the caller gets the answer as it came
        failed(_KEPT, error, call.place or calling_place(), strict=call.policy.strict)
        return answer


def has_nothing(answer: Any) -> bool:
    """Tell at a look that an answer is a reply without an image, which nobody wants to count.

    It goes to the caller as it is, and the call need not even be described.
    """
    if is_watching():
        return False
    try:
        return has_no_image(answer)
    except Exception:  # noqa: BLE001  # what is odd about it is told where it is converted
        return False


def _reply(answer: Any, call: Call) -> Any:
    """Deliver a whole reply; it is examined once, since the conversion says what it found."""
    if carriers.items_of(carriers.get(answer, "choices")) is None:
        return _holder(answer, call)
    source = call.source_of(answer)
    if call.observer is not None:
        call.observer.saw_reply(answer, source)
    if call.policy.as_it_came:
        return answer
    do = call.plan(source)
    found: list[Format] = []

    def convert(message: Any, where: str) -> Any:
        converted, was = examine(message, do, where)
        if was is not None:
            found.append(was)
        return converted

    # Never in place: LiteLLM's caches and loggers may have the same object.
    converted = over_messages(answer, convert, in_place=False)
    if not found or call.inner:
        return converted
    if is_watching():
        saw_images()
    if do.to is Format.IMAGES:
        return with_old_name(converted, answer)
    if do.to in LEGACY and (converted is not answer or found[0] is do.to):
        return _in_old_format(converted, answer, call)
    return converted


def _in_old_format(converted: Any, answer: Any, call: Call) -> Any:
    """Tell the caller of a reply with an image in the format that it asked for."""
    if call.policy.told:
        saw_call(call.place, call.policy.emit.value, "message")
    return watched(converted, answer) if call.policy.emit is Format.CONTENT else converted


_RAW_REPLY = "_raw_response"


def _holder(answer: Any, call: Call) -> Any:
    """Convert the reply that instructor keeps in the object that it makes of one."""
    raw = getattr(answer, "__dict__", {}).get(_RAW_REPLY)
    if raw is not None:
        object.__setattr__(answer, _RAW_REPLY, deliver(raw, call))
    return answer


def _several(answer: Any, call: Call) -> Any:
    """Deliver each of a list of replies (batches), or of a tuple (instructor)."""
    delivered = [deliver(one, call) for one in answer]
    if all(new is old for new, old in zip(delivered, answer, strict=True)):
        return answer
    if isinstance(answer, list):
        answer[:] = delivered
        return answer
    return tuple(delivered)


def _raw(response: Any, call: Call) -> Any:
    """Let ``parse()`` of a raw response convert; its bytes and headers stay as they came."""
    parse = response.parse
    announced = call._replace(
        policy=call.policy.coming_from(call.source_of(response)),
    )
    asynchronous = asyncio.iscoroutinefunction(parse)
    made: dict[int, tuple[Any, Any]] = {}

    def converted(parsed: Any) -> Any:
        # parse() gives the same object twice, and so do we.
        known = made.get(id(parsed))
        if known is None or known[0] is not parsed:
            # However often it is parsed, and to what, it is one reply.
            seen = announced._replace(observer=None) if made else announced
            known = made[id(parsed)] = parsed, deliver(parsed, seen)
        return known[1]

    async def aparse(*args: Any, **options: Any) -> Any:
        return converted(await parse(*args, **options))

    def sparse(*args: Any, **options: Any) -> Any:
        return converted(parse(*args, **options))

    response.parse = aparse if asynchronous else sparse
    return response


async def _awaited(answer: Awaitable[Any], call: Call) -> Any:
    if call.library is None:
        return deliver(await answer, call)
    tokens = INSIDE.set(call.library), SEEN.set(call.seen)
    try:
        result = await answer
    finally:
        for token in tokens:
            leave(token)
    result = given_back(result, call.seen)
    return result if has_nothing(result) else deliver(result, call)


def _coroutine(answer: CoroutineType[Any, Any, Any], call: Call) -> Any:
    waiting: Any = _awaited(answer, call)
    # What asyncio prints of tasks, and Python of coroutines that nobody awaited.
    waiting.__name__, waiting.__qualname__ = answer.__name__, answer.__qualname__
    return waiting


def _future(answer: asyncio.Future[Any], call: Call) -> Any:
    return asyncio.ensure_future(_awaited(answer, call), loop=answer.get_loop())


_RAW_RESPONSES = frozenset({"LegacyAPIResponse", "BaseAPIResponse"})
"""The OpenAI SDK's classes for raw responses; LiteLLM uses them too."""
_MANAGERS = frozenset({"ResponseContextManager", "AsyncResponseContextManager"})
"""Its classes that call when they are entered (``with_streaming_response``)."""


_Proxy: Any = wrapt.ObjectProxy  # generic in wrapt 2 only


class _Manager(_Proxy):  # type: ignore[misc]
    """A context manager that gives an answer: it is delivered when it is entered."""

    def __init__(self, manager: Any, call: Call) -> None:
        super().__init__(manager)
        self._self_call = call

    def __enter__(self) -> Any:
        return deliver(self.__wrapped__.__enter__(), self._self_call)

    async def __aenter__(self) -> Any:
        return deliver(await self.__wrapped__.__aenter__(), self._self_call)

    async def __aexit__(self, *raised: object) -> Any:
        return await self.__wrapped__.__aexit__(*raised)


_Rule = Callable[[Any, Call], Any]

_RULES: tuple[tuple[Callable[[type], bool], _Rule | None], ...] = (
    (lambda cls: issubclass(cls, (str, bytes, int, float, type(None))), None),
    (lambda cls: issubclass(cls, CoroutineType), _coroutine),
    (lambda cls: issubclass(cls, asyncio.Future), _future),
    (lambda cls: hasattr(cls, "__await__"), _awaited),
    (lambda cls: issubclass(cls, (list, tuple)), _several),
    (lambda cls: any(base.__name__ in _RAW_RESPONSES for base in cls.__mro__), _raw),
    (lambda cls: cls.__name__ in _MANAGERS, _Manager),
    (lambda cls: issubclass(cls, Mapping) or hasattr(cls, "__pydantic_serializer__"), _reply),
    (is_stream_class, proxied),
    (lambda _cls: True, _reply),
)
"""What is done with an answer, by its class; the first that fits."""


def _first_rule(cls: type) -> _Rule | None:
    return next(rule for fits, rule in _RULES if fits(cls))


_rule_for: Callable[[type], _Rule | None] = lru_cache(maxsize=512)(_first_rule)
