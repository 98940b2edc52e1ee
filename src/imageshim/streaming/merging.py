"""How the fields of deltas add up to those of a message: one rule a field.

Sources: OpenAI's API reference (chat completion chunks); LiteLLM's builder
(``litellm_core_utils/streaming_chunk_builder_utils.py``) and the OpenAI SDK's accumulator
(``lib/streaming/_deltas.py``) for what gateways send beside it: calls without an index or all with
the same one, names and ids that are repeated, thinking blocks in fragments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from imageshim.messages import carriers

__all__ = ["choice_fields", "message_fields"]


def plain(value: Any) -> Any:
    """Turn an SDK's object, and those in it, into dicts and lists; strings are shared."""
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, Mapping) or hasattr(type(value), "__pydantic_serializer__"):
        return {name: plain(item) for name, item in (carriers.fields(value) or {}).items()}
    return value


class _Sum(Protocol):
    """What a field has come to."""

    def add(self, value: Any) -> None:
        """Take what one more delta says; never None."""

    def value(self) -> Any:
        """Return what all of them say."""


class _First:
    """What is said again and again, from the first time that it is not empty."""

    def __init__(self) -> None:
        self._value: Any = None

    def add(self, value: Any) -> None:
        self._value = self._value or value

    def value(self) -> Any:
        return self._value


class _Last:
    """What replaces what was said before."""

    def __init__(self) -> None:
        self._value: Any = None

    def add(self, value: Any) -> None:
        self._value = value

    def value(self) -> Any:
        return self._value


class _Text:
    """Text in fragments, joined once; what is no text replaces it."""

    def __init__(self) -> None:
        self._fragments: list[Any] = []

    def add(self, value: Any) -> None:
        if not isinstance(value, str):
            self._fragments.clear()
        self._fragments.append(value)

    def value(self) -> Any:
        found = self._fragments
        return found[0] if len(found) == 1 else "".join(map(str, found))


class _Name(_Text):
    """A short text that comes whole, even again and again, or in fragments."""

    def add(self, value: Any) -> None:
        if self._fragments != [value]:
            super().add(value)


class _Items:
    """A list that grows; one that is said again does not."""

    def __init__(self) -> None:
        self._items: list[Any] = []

    def add(self, value: Any) -> None:
        items = plain(value) if isinstance(value, (list, tuple)) else [plain(value)]
        if items != self._items:
            self._items += items

    def value(self) -> Any:
        return self._items


class Merged:
    """The fields of an object, each by its rule."""

    def __init__(
        self,
        rules: Mapping[str, Callable[[], _Sum]] | None = None,
        *,
        default: Callable[[], _Sum] | None = None,
    ) -> None:
        self._rules = rules or {}
        self._default = default
        self._sums: dict[str, _Sum | None] = {}
        self._other: Any = None  # what is no object, and should be one

    def add(self, value: Any) -> None:
        """Take the fields that one more delta has; null says nothing."""
        fields = carriers.fields(value)
        if fields is None:
            self._other, fields = value, {}
        for name, said in fields.items():
            held = self._sums.get(name)
            if said is None:
                self._sums.setdefault(name, None)
                continue
            if held is None:
                rule = self._rules.get(name, self._default)
                held = self._sums[name] = _guess(said) if rule is None else rule()
            held.add(said)

    def value(self) -> Any:
        """Return all fields, in the order in which they were first said."""
        if self._other is not None and not self._sums:
            return self._other
        return {name: held and held.value() for name, held in self._sums.items()}


def _guess(value: Any) -> _Sum:
    """Take an unknown field for what deltas are made of: fragments, lists, objects."""
    if isinstance(value, str):
        return _Text()
    if isinstance(value, (list, tuple)):
        return _Items()
    if carriers.fields(value) is not None:
        return Merged()
    return _Last()


def _function() -> _Sum:
    return Merged({"name": _Name, "arguments": _Text})


def _call() -> Merged:
    return Merged(
        {
            "id": _First,
            "type": _First,
            "function": _function,
            "custom": lambda: Merged({"name": _Name, "input": _Text}),
        }
    )


class _Known(NamedTuple):
    """A tool call that has begun."""

    index: Any
    id: Any
    fields: Merged


class _Calls:
    """Tool calls: fragments belong together by ``index``, and by ``id`` where that tells more."""

    def __init__(self) -> None:
        self._calls: list[_Known] = []

    def add(self, value: Any) -> None:
        for place, fragment in enumerate(carriers.items_of(value) or ()):
            index, named = carriers.get(fragment, "index"), carriers.get(fragment, "id")
            call = self._find(index, named, place)
            if call is None:
                call = _Known(index, named, _call())
                self._calls.append(call)
            fields = carriers.fields(fragment) or {}
            fields.pop("index", None)
            call.fields.add(fields)

    def _find(self, index: Any, named: Any, place: int) -> _Known | None:
        """Find the call that a fragment goes on with."""
        if index is not None:
            same = [call for call in self._calls if call.index == index]
            if not same or not named or named == same[-1].id or not same[-1].id:
                return same[-1] if same else None
            return None  # some gateways give every call the index 0
        if named:
            return next((call for call in self._calls if call.id == named), None)
        return self._calls[place] if place < len(self._calls) else None

    def value(self) -> Any:
        return [call.fields.value() for call in self._calls]


class _Thinking:
    """Thinking blocks: fragments go on with the last one until its signature is there."""

    def __init__(self) -> None:
        self._blocks: list[Merged] = []
        self._open = False

    def add(self, value: Any) -> None:
        for fragment in carriers.items_of(value) or ():
            is_text = carriers.get(fragment, "type") in {None, "thinking"}
            if not (self._open and is_text):
                self._blocks.append(Merged({"type": _First, "signature": _First}))
            self._blocks[-1].add(fragment)
            self._open = is_text and not carriers.get(fragment, "signature")

    def value(self) -> Any:
        return [block.value() for block in self._blocks]


class _Specific:
    """``provider_specific_fields``: lists grow, the rest is replaced."""

    def __init__(self) -> None:
        self._fields: dict[str, _Sum] = {}
        self._other: Any = None

    def add(self, value: Any) -> None:
        fields = carriers.fields(value)
        if fields is None:
            self._other, fields = value, {}
        for name, said in fields.items():
            if name == "citation":  # Anthropic's, one a chunk; LiteLLM's builder does so too
                name, said = "citations", [said]  # noqa: PLW2901
            if name not in self._fields or not isinstance(said, (list, tuple)):
                self._fields[name] = _Items() if isinstance(said, (list, tuple)) else _Last()
            self._fields[name].add(said)

    def value(self) -> Any:
        if self._other is not None and not self._fields:
            return self._other
        return {name: held.value() for name, held in self._fields.items()}


def _logprobs() -> _Sum:
    return Merged({"content": _Items, "refusal": _Items})


def message_fields() -> Merged:
    """Make an empty sum of deltas."""
    return Merged(_OF_DELTAS)


def choice_fields() -> Merged:
    """Make an empty sum of the fields that choices have beside their delta."""
    return Merged({"logprobs": _logprobs}, default=_Last)


_OF_DELTAS: dict[str, Callable[[], _Sum]] = {
    "role": _First,
    "content": _Text,
    "refusal": _Text,
    "reasoning_content": _Text,
    "reasoning": _Text,
    "tool_calls": _Calls,
    "function_call": _function,
    "thinking_blocks": _Thinking,
    "annotations": _Items,
    "audio": lambda: Merged({"id": _First, "data": _Text, "transcript": _Text}),
    "provider_specific_fields": _Specific,
}
