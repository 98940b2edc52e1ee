"""Where the replies of a record are: at its top, inside of what wraps them, or in a string.

A string may hold JSON, or an event stream as it came.

Nobody has to say it: a chat completion is known by its ``choices``, a message of an assistant by
its ``role``. What was sent to a model (a list named ``messages``) is no reply, and is not searched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from imageshim.errors import MalformedReplyError
from imageshim.long_json.reading import parse_lazily
from imageshim.messages.other_bodies import has_message_fields

from .raw_json import Path
from .records import reply_of_events

__all__ = ["ANYWHERE", "Found", "Where", "every_reply", "find", "place_of", "steps_of", "values_at"]

_HISTORY = frozenset({"messages"})
_DEEPEST = 3
"""So many JSON strings can lie in one another."""
_SHORTEST = 24
_EVENTS = re.compile(r"\ufeff?\s*(?:data: ?\{|(?:event|id|retry)?:[^\r\n]*[\r\n])")
_HEAD = 512
"""Characters in which an event stream shows itself."""
_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


class Where(NamedTuple):
    """What the caller knows of where replies are."""

    at: tuple[str, ...] = ()
    """Places such as ``response.body``; lists on the way are followed into each entry."""
    columns: tuple[str, ...] = ()
    """The only fields of the record that are searched, each for itself."""
    depth: int = 0
    """In how many JSON strings this lies."""


ANYWHERE = Where()
"""Nothing is known."""


class Found(NamedTuple):
    """A reply (or a choice, or a message), or the JSON text that may hold some."""

    path: Path
    value: Any
    text: bytes | None = None
    """The JSON or the event stream in a string; then ``value`` is what it says."""
    is_stream: bool = False
    """Whether it is an event stream; then ``value`` is its whole reply."""


@lru_cache(maxsize=64)
def steps_of(place: str) -> tuple[str | int, ...]:
    """Cut a place such as ``data[0].response`` into its steps."""
    return tuple(int(index) if index else key for index, key in _STEP.findall(place))


def place_of(path: Path) -> str:
    """Write a path as `steps_of` reads it."""
    return "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in path).removeprefix(".")


def find(record: Any, where: Where = ANYWHERE) -> list[Found]:
    """Find the replies of a parsed record, in their order; none of them lies in another."""
    if where.at:
        found = [one for at in where.at for one in values_at(record, steps_of(at))]
        return [reply for path, value in found for reply in _told(path, value)]
    if where.columns:
        values = record if isinstance(record, dict) else {}
        return [
            one._replace(path=(name, *one.path))
            for name in where.columns
            if name in values
            for one in find(values[name])
        ]
    found_inside = _search(record, where.depth)
    if not found_inside and type(record) is dict and has_message_fields(record):
        return [Found((), record)]
    return found_inside


def every_reply(record: Any, where: Where = ANYWHERE) -> list[Found]:
    """Find the replies of a parsed record, and those in the JSON strings of it."""
    out: list[Found] = []
    for found in find(record, where):
        if found.text is None or found.is_stream:
            out.append(found)
            continue
        inside = every_reply(found.value, Where(depth=where.depth + 1))
        out += [one._replace(path=(*found.path, *one.path)) for one in inside]
    return out


def values_at(value: Any, steps: Path, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Follow steps to the values that they lead to, with the path of each."""
    if not steps:
        yield path, value
        return
    first, *others = steps
    if type(value) is dict and first in value:
        yield from values_at(value[first], tuple(others), (*path, first))
    elif type(value) is list and isinstance(first, int):
        if first < len(value):
            yield from values_at(value[first], tuple(others), (*path, first))
    elif type(value) is list:
        for index, item in enumerate(value):
            yield from values_at(item, steps, (*path, index))


def _told(path: Path, value: Any) -> Iterator[Found]:
    """Take what stands where the caller said as a reply, or as the JSON of one."""
    if type(value) is dict:
        yield Found(path, value)
    elif type(value) is list:
        for index, item in enumerate(value):
            yield from _told((*path, index), item)
    elif isinstance(value, str):
        yield from _in_text(path, value)


def _search(record: Any, depth: int) -> list[Found]:
    out: list[Found] = []
    left: list[tuple[Path, Any]] = [((), record)]
    while left:
        path, value = left.pop()
        kind = type(value)
        if kind is dict:
            if _is_reply(value):
                out.append(Found(path, value))
                continue
            items = reversed(value.items())
        elif kind is list:
            items = zip(range(len(value) - 1, -1, -1), reversed(value), strict=True)
        else:
            if depth < _DEEPEST and isinstance(value, str) and _may_be_reply(value):
                out += _in_text(path, value)
            continue
        for step, item in items:
            kind = type(item)
            # Most of what there is are numbers and short texts, which are not worth a path.
            is_long = isinstance(item, str) and len(item) >= _SHORTEST
            if (kind is dict or kind is list or is_long) and step not in _HISTORY:
                left.append(((*path, step), item))
    return out


def _is_reply(value: dict[str, Any]) -> bool:
    choices = value.get("choices")
    if type(choices) is list:
        if not choices:
            return "object" in value or "model" in value
        for one in choices:
            if type(one) is not dict or ("message" not in one and "delta" not in one):
                return False
        return True
    return value.get("role") == "assistant" and any(
        value.get(name) for name in ("content", "images", "image")
    )


def _may_be_reply(text: str) -> bool:
    return (
        len(text) >= _SHORTEST
        and (text[:_SHORTEST].lstrip()[:1] in {"{", "["} or _begins_events(text))
        and ("choices" in text or "assistant" in text)
    )


def _begins_events(text: str) -> bool:
    return _EVENTS.match(str(text[:_HEAD])) is not None


def _in_text(path: Path, text: str) -> Iterator[Found]:
    try:
        body = str(text).encode()
        if _begins_events(text):
            yield Found(path, reply_of_events(body), body, is_stream=True)
            return
        value = parse_lazily(body)
    except (MalformedReplyError, UnicodeEncodeError):
        return
    if isinstance(value, (dict, list)):
        yield Found(path, value, body)
