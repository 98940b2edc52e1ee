"""`collect`: the whole reply from the chunks of a stream."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterable, Awaitable, Iterable, Mapping
from itertools import zip_longest
from typing import Any, overload

from imageshim.errors import MalformedReplyError
from imageshim.image_data.data_uri import find_images
from imageshim.messages import carriers
from imageshim.messages.complement import entries_of
from imageshim.messages.formats import content as content_format
from imageshim.messages.formats import image as image_format
from imageshim.messages.formats import images as images_format
from imageshim.messages.formats import parts as parts_format
from imageshim.messages.lifting import MANAGED, Lifted
from imageshim.messages.lowering import lower
from imageshim.messages.options import Pick, ReadOptions, read_options
from imageshim.messages.parts import ImagePart, OtherPart, Part, TextPart
from imageshim.messages.stash import FIELD, KEY, Stash, dump
from imageshim.timeline import Format

from .deltas import choice_key, read_delta
from .iterators import kinds
from .merging import choice_fields, message_fields

__all__ = ["collect", "litellm_reply"]


@overload
def collect(chunks: Iterable[Any], *, source: str | Format | None = ...) -> Any: ...


@overload
def collect(chunks: AsyncIterable[Any], *, source: str | Format | None = ...) -> Awaitable[Any]: ...


def collect(
    chunks: Iterable[Any] | AsyncIterable[Any], *, source: str | Format | None = None
) -> Any:
    """Return the whole reply of a stream.

    All of it, for every LiteLLM version: the text, the images, tool calls, reasoning, thinking
    blocks, annotations, log probabilities, usage, and fields that are not known, each choice by
    itself. The reply is in the format of the stream; the order of text and images, which ``image``
    and ``images`` do not hold, and the images after the first, which ``image`` does not, are in
    its stash (``provider_specific_fields["imageshim"]``), where :func:`imageshim.convert` and
    :func:`imageshim.read` find them.

    Args:
        chunks: the chunks of one stream, converted or not: dicts, LiteLLM or OpenAI SDK objects.
            For an asynchronous iterable, await what is returned.
        source: where the stream comes from, if that is known: a LiteLLM version or a format. The
            reply then says itself, to those who do not know, what in its text is an image.

    Returns:
        A dict for dicts, a ``ModelResponse`` for LiteLLM's chunks, a ``ChatCompletion`` for those
        of the OpenAI SDK.

    Raises:
        UnknownFormatError: ``source`` is unknown.
        MalformedReplyError: ``chunks`` is no iterable of chunks, or has none.

    """
    collector = _Collector(read_options(source))
    is_sync, _ = kinds(chunks, "collect", "read()")
    if not is_sync:
        return _acollect(chunks, collector)  # type: ignore[arg-type]
    for chunk in chunks:  # type: ignore[union-attr]
        collector.add(chunk)
    return collector.reply()


async def _acollect(chunks: AsyncIterable[Any], collector: _Collector) -> Any:
    async for chunk in chunks:
        collector.add(chunk)
    return collector.reply()


class _Collector:
    """All chunks so far."""

    def __init__(self, how: ReadOptions) -> None:
        self._how = how
        self._first: Any = None
        self._fields: dict[str, Any] = {}
        self._choices: dict[Any, _Choice] = {}
        self._is_litellm = False

    def add(self, chunk: Any) -> None:
        if self._first is None:
            self._first = chunk
            self._is_litellm = type(chunk).__module__.startswith("litellm.")
        if self._is_litellm and (hidden := getattr(chunk, _HIDDEN, None)) and hidden.get("usage"):
            # There LiteLLM has the usage that nobody asked to be sent (stream_options).
            self._fields["usage"] = hidden["usage"]
        for name, value in (carriers.fields(chunk) or {}).items():
            if name == "choices" or value is None:
                continue
            # The first chunk of Azure's streams has an empty id and model.
            if not self._fields.get(name) or (value and name not in _SAID_ONCE):
                self._fields[name] = value
        for place, choice in enumerate(carriers.items_of(carriers.get(chunk, "choices")) or ()):
            key = choice_key(choice, place)
            if key not in self._choices:
                self._choices[key] = _Choice(self._how)
            self._choices[key].add(choice)

    def reply(self) -> Any:
        if self._first is None:
            raise MalformedReplyError(
                "collect() was given no chunks, so there is no reply to return"
            )
        fields = {**self._fields, "object": "chat.completion", "choices": []}
        for index in sorted(self._choices, key=lambda key: (not isinstance(key, int), key)):
            choice = self._choices[index]
            fields["choices"].append(choice.reply(index, f"choices[{index}].message"))
        return _build(self._first, fields)


_HIDDEN = "_hidden_params"
_SAID_ONCE = frozenset({"id", "created", "model"})


class _Choice:
    """All chunks so far, of one choice."""

    def __init__(self, how: ReadOptions) -> None:
        self._how = how
        self._message = message_fields()
        self._fields = choice_fields()
        self._parts: list[Part] = []
        self._entries: list[Any] = []  # the parts as a list of content spells them
        self._run: list[str] = []  # text that may go on
        self._run_entry: Any = None
        self._formats: set[Format] = set()
        self._in_field: list[ImagePart] = []
        """What the field ``image`` held; other images of its format are in stashes."""
        self._has_text = self._has_stash = False

    def add(self, choice: Any) -> None:
        fields = carriers.fields(choice) or {}
        view = carriers.fields(fields.pop("delta", None)) or {}
        self._fields.add(fields)
        read = read_delta(view, self._how, own_fields=False)
        if read is not None:
            self._has_stash |= read.has_stash
            self._formats.add(read.format)
            if view.get(image_format.FIELD):
                self._in_field += [part for part in read.parts[:1] if isinstance(part, ImagePart)]
            entries = carriers.items_of(view.get("content")) or ()
            for part, entry in zip_longest(read.parts, entries[: len(read.parts)]):
                self._add_part(part, entry)
            view = {**read.rest, **read.own}
        elif isinstance(view.get("content"), str):
            self._add_part(TextPart(view["content"]), None)
        if "content" in view:
            view = {**view, "content": None}  # its place among the fields
        self._message.add(view)

    def _add_part(self, part: Part, entry: Any) -> None:
        if isinstance(part, TextPart):
            self._has_text = True
            self._run_entry = self._run_entry if self._run else entry
            self._run += [part.text] if part.text else []
            return
        self._end_run()
        self._parts.append(part)
        self._entries.append(entry)

    def _end_run(self) -> None:
        if self._run:
            text = "".join(self._run)
            entry = self._run_entry
            self._parts.append(TextPart(text))
            self._entries.append({**entry, "text": text} if isinstance(entry, Mapping) else entry)
            self._run.clear()

    def reply(self, index: Any, where: str) -> dict[str, Any]:
        """Return the choice of the whole reply."""
        self._end_run()
        choice = {"finish_reason": None, "logprobs": None, **self._fields.value()}
        return {**choice, "index": index, "message": self._whole_message(where)}

    def _whole_message(self, where: str) -> dict[str, Any]:
        said = self._message.value()
        message = {"role": said.pop("role", None) or "assistant", "content": None, **said}
        specific = message.pop(FIELD, None)
        if FIELD in said:
            message[FIELD] = specific
        if all(isinstance(part, TextPart) for part in self._parts):
            return self._text_only(message)
        if Format.PARTS in self._formats and not self._has_stash:
            layout = parts_format.layout_of(self._entries, self._parts)
            return {**message, **parts_format.lower(self._parts, layout)}
        return self._with_images(message, where)

    def _text_only(self, message: dict[str, Any]) -> dict[str, Any]:
        text = "".join(part.text for part in self._parts if isinstance(part, TextPart))
        message["content"] = text if self._has_text else None
        plain = find_images(text, trusted=False)
        if self._how.source is not Format.CONTENT:
            if plain and self._how.source is not None:
                message.setdefault(images_format.FIELD, [])  # what says that content is text
            return message
        known = content_format.lift(text, trusted=True)
        if [(part.url) for part in known if isinstance(part, ImagePart)] != [
            text[start:end] for start, end in plain
        ]:
            kept = Stash(Format.CONTENT, _places(message), parts=entries_of(known))
            message[FIELD] = {**(carriers.fields(message.get(FIELD)) or {}), KEY: dump(kept)}
        return message

    def _with_images(self, message: dict[str, Any], where: str) -> dict[str, Any]:
        found = next(known for known in _BY_EVIDENCE if known in self._formats)
        left = message.pop(images_format.FIELD, None) or []
        parts = [*self._parts, *(OtherPart(item, images_format.HELD) for item in left)]
        name = found.value if found in {Format.IMAGE, Format.IMAGES} else images_format.FIELD
        message.pop(image_format.FIELD, None)
        message[name] = None
        at = _places(message)
        specific = carriers.fields(message.get(FIELD))
        null = frozenset({FIELD} if FIELD in message and message[FIELD] is None else ())
        was = Format.IMAGES if self._has_stash else found
        lifted = Lifted(
            found, parts, message, specific, was, at, null, {}, None,
            stashed=False, owned=frozenset({name}),
        )  # fmt: skip
        # A stream that was converted for the final image holds its drafts in stashes.
        pick: Pick | ImagePart = self._in_field[0] if len(self._in_field) == 1 else "first"
        return lower(lifted, found, "stash", where, pick)


# A field that LiteLLM has for images tells more than what stands in the content.
_BY_EVIDENCE = (Format.PARTS, Format.IMAGES, Format.IMAGE, Format.CONTENT)


def _places(message: dict[str, Any]) -> dict[str, int]:
    return {name: place for place, name in enumerate(message) if name in MANAGED}


def _build(first: Any, fields: dict[str, Any]) -> Any:
    """Make a reply of the class that belongs to the chunks'."""
    for base in type(first).__mro__:
        package, _, _ = base.__module__.partition(".")
        if (package, base.__name__) == ("openai", "ChatCompletionChunk"):
            return sys.modules["openai.types.chat"].ChatCompletion.construct(**fields)
        if package == "litellm" and base.__name__ in {"ModelResponseStream", "ModelResponse"}:
            reply = litellm_reply(sys.modules[base.__module__].ModelResponse, fields)
            if hidden := getattr(first, _HIDDEN, None):
                setattr(reply, _HIDDEN, {**hidden})  # which deployment it was
            return reply
    return fields


def litellm_reply(cls: Any, fields: dict[str, Any]) -> Any:
    """Make a ``ModelResponse`` of LiteLLM's; the messages in ``fields`` are emptied for it."""
    # The constructors refuse what others than LiteLLM give (a list of parts; images without an
    # index, from 1.77.0 on); set later, it works in every version.
    messages = [choice["message"] for choice in fields["choices"]]
    held = [{name: said.pop(name) for name in _SET_LATER & said.keys()} for said in messages]
    reply = cls(**fields)
    for choice, later in zip(reply.choices, held, strict=True):
        message = choice.message
        carriers.rebuilt(message, {**(carriers.fields(message) or {}), **later}, in_place=True)
    return reply


_SET_LATER = frozenset({"content", image_format.FIELD, images_format.FIELD})
