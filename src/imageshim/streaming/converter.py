"""Chunks in, chunks out: a stream in another format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imageshim import carriers
from imageshim.conversion import plan
from imageshim.errors import UnreadableImageWarning, warn_caller
from imageshim.parts import Image, Other, Part, Text
from imageshim.timeline import Format

from .deltas import Read, Writer, compose, is_done, read_delta
from .text import TextSplitter

__all__ = ["StreamConverter"]

# What every chunk says; anything else makes a chunk worth sending though its choices are empty.
_USUAL = frozenset({"id", "object", "created", "model", "choices", "system_fingerprint"})
_CUT_OFF = frozenset({"length"})
"""The finish reasons that say that the text is not all there."""


class _Choice:
    """What the stream has said so far in one choice."""

    __slots__ = ("last", "number", "splitter", "where")

    def __init__(self, where: str, splitter: TextSplitter | None) -> None:
        self.where = where
        self.number = 0
        """The number of the next image."""
        self.splitter = splitter
        """Reads the text; None where the text is known to hold no images."""
        self.last: tuple[Any, Any] | None = None
        """The chunk that text is held of, and its choice."""


class StreamConverter:
    """Converts the chunks of one stream, as they come.

    Args:
        to: ``"content"``, ``"image"``, ``"images"`` or ``"parts"``.
        source: where the stream comes from, if that is known: a LiteLLM version or a format.
        on_loss: ``"stash"``, ``"drop"`` or ``"raise"``, for what the format cannot hold: with
            ``"image"`` the second image of a choice and all after it.
        dialects: ``"litellm"`` or ``"any"``.

    The options are those of :func:`imageshim.convert`. Chunks are dicts, LiteLLM or OpenAI SDK
    objects; each comes back as its own class, and none is changed. A chunk with several parts
    becomes several, each with the id, the model and the choice of its origin; one that only adds
    to a data URI becomes none, until the image is there.

    Raises:
        UnknownFormatError: ``to`` or ``source`` is unknown.

    """

    def __init__(
        self,
        to: str | Format,
        *,
        source: str | Format | None = None,
        on_loss: str = "stash",
        dialects: str = "litellm",
    ) -> None:
        do = plan(to, source=source, on_loss=on_loss, dialects=dialects)
        self._to, self._how = do.to, do.how
        self._writer = Writer(do.to, on_loss)
        self._choices: dict[Any, _Choice] = {}
        # Text stays as it is in its own format, and where it is known to be text.
        self._reads_text = do.to is not Format.CONTENT and do.how.source in {None, Format.CONTENT}
        self._trusted = do.how.source is Format.CONTENT

    def feed(self, chunk: Any) -> list[Any]:
        """Take a chunk; returns what it becomes: itself alone where there is nothing to do.

        Raises:
            LossyConversionError: something would be lost, and ``on_loss`` is ``"raise"``.
            MalformedImageError: a field that must be written holds something else.

        """
        choices = carriers.items_of(carriers.get(chunk, "choices"))
        if not choices:
            return [chunk]
        made = [self._convert(chunk, choice, place) for place, choice in enumerate(choices)]
        if all(new is None for new in made):
            return [chunk]
        return _spread(
            chunk, [[old] if new is None else new for old, new in zip(choices, made, strict=True)]
        )

    def finish(self) -> list[Any]:
        """Take no more; returns the chunks with the text that was still held.

        Warns:
            UnreadableImageWarning: the stream ended inside a data URI.

        """
        chunks: list[Any] = []
        for state in self._choices.values():
            parts = _flush(state, whole=False)
            if parts and state.last is not None:
                chunk, choice = state.last
                chunks += _spread(chunk, [self._write(state, choice, parts, None, None)])
        return chunks

    def _state(self, choice: Any, place: int) -> _Choice:
        index = carriers.get(choice, "index")
        key = place if index is None else index
        state = self._choices.get(key)
        if state is None:
            splitter = TextSplitter(trusted=self._trusted) if self._reads_text else None
            state = self._choices[key] = _Choice(f"choices[{key}].delta", splitter)
        return state

    def _convert(self, chunk: Any, choice: Any, place: int) -> list[Any] | None:
        """Return the choices that a choice becomes; None where it stays as it is."""
        state = self._state(choice, place)
        delta = carriers.get(choice, "delta")
        view = carriers.fields(delta)
        finish = carriers.get(choice, "finish_reason")
        whole = finish not in _CUT_OFF
        if view is None:
            view = {}
        content = view.get("content")
        read = read_delta(view, self._how)
        before: list[Part] = []
        own: list[Part] | None = None
        rest = view
        if read is not None or _says_that_content_is_text(view):
            before = _flush(state, whole=whole)
        if _says_that_content_is_text(view):
            state.splitter = None
        if read is not None:
            if not self._stays(view, read, state.number):
                own, rest = read.parts, read.rest
            else:
                state.number += sum(map(self._writer.counts, read.parts))
        elif state.splitter is not None and isinstance(content, str) and content:
            held = not state.splitter.idle
            own = state.splitter.feed(content)
            state.last = (chunk, choice)
            if finish:
                own += _flush(state, whole=whole)
            if not held and _is_text(own, content):
                own = None
        elif finish:
            before += _flush(state, whole=whole)
        if own is None and not before:
            return None
        if own is None:
            return [*self._write(state, choice, before, None, None), choice]
        made = self._write(state, choice, [*before, *own], rest, finish)
        if not made and (finish or _says_more(chunk) or any(map(rest.get, rest.keys() - _CONTENT))):
            fields = compose(rest, {}, first=True, nulls=_nulls(delta, rest), where=state.where)
            made = [carriers.replaced(choice, "delta", carriers.rebuilt(delta, fields))]
        return made

    def _stays(self, view: dict[str, Any], read: Read, number: int) -> bool:
        if any(isinstance(part, Image) for part in read.parts):
            return is_done(view, read, self._to, number)
        # A list of text and nothing else is text; one that holds what is not read stays.
        return self._to is Format.PARTS or any(isinstance(part, Other) for part in read.parts)

    def _write(
        self,
        state: _Choice,
        choice: Any,
        parts: list[Part],
        rest: dict[str, Any] | None,
        finish: Any,
    ) -> list[Any]:
        """Write parts as choices; ``rest`` are the fields that go with the first of them."""
        delta = carriers.get(choice, "delta")
        origin = (carriers.fields(delta) or {}) if rest is None else rest
        nulls = _nulls(delta, origin)
        written = self._writer.write(parts, state.number, state.where)
        state.number += sum(map(self._writer.counts, parts))
        made: list[Any] = []
        for place, values in enumerate(written):
            is_first = place == 0 and rest is not None
            fields = compose(origin, values, first=is_first, nulls=nulls, where=state.where)
            of_choice = carriers.fields(choice) or {}
            of_choice["delta"] = carriers.rebuilt(delta, fields)
            if not is_first and of_choice.get("logprobs") is not None:
                of_choice["logprobs"] = None
            if of_choice.get("finish_reason") is not None and place < len(written) - 1:
                of_choice["finish_reason"] = None
            if finish is None and of_choice.get("finish_reason") is not None:
                of_choice["finish_reason"] = None
            made.append(carriers.rebuilt(choice, of_choice))
        return made


_CONTENT = frozenset({"content"})


def _flush(state: _Choice, *, whole: bool) -> list[Part]:
    """Return what is held of the text of a choice."""
    splitter = state.splitter
    if splitter is None or splitter.idle:
        return []
    parts = splitter.finish(whole=whole)
    if splitter.broken:
        splitter.broken = False
        warn_caller(
            f"{state.where}: the stream ended inside a data URI, which stays text",
            UnreadableImageWarning,
        )
    return parts


def _says_that_content_is_text(view: dict[str, Any]) -> bool:
    """Tell whether a delta has the fields that make ``content`` plain text, even empty ones."""
    return carriers.items_of(view.get("images")) is not None or isinstance(
        view.get("image"), Mapping
    )


def _is_text(parts: list[Part], text: str) -> bool:
    return len(parts) == 1 and isinstance(parts[0], Text) and parts[0].text == text


def _nulls(delta: Any, fields: Mapping[str, Any]) -> bool:
    """Tell whether the carrier of a delta writes the fields that say nothing."""
    return not isinstance(delta, Mapping) or any(value is None for value in fields.values())


def _says_more(chunk: Any) -> bool:
    """Tell whether a chunk says something beside its choices that others may not say."""
    found = carriers.fields(chunk) or {}
    return any(found[name] for name in found.keys() - _USUAL)


def _spread(chunk: Any, new: list[list[Any]]) -> list[Any]:
    """Return the chunks for the choices that each choice of a chunk has become."""
    flat = [choice for choices in new for choice in choices]
    if all(len(choices) < 2 for choices in new):
        groups = [flat] if flat else []
    else:
        groups = [[choice] for choice in flat]
    usage = carriers.get(chunk, "usage")
    chunks = []
    for place, group in enumerate(groups):
        made = carriers.replaced(chunk, "choices", group)
        if usage is not None and place < len(groups) - 1:
            made = carriers.replaced(made, "usage", None)  # clients add them up
        chunks.append(made)
    return chunks
