"""Chunks in, chunks out: a stream in another format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from imageshim.image_data.quotation import MOST_WAITING
from imageshim.messages import carriers
from imageshim.messages.formats.own_fields import OWN_FIELDS
from imageshim.messages.lifting import says_that_content_is_text
from imageshim.messages.options import FormatLike, OnLoss, Pick, plan
from imageshim.messages.parts import ImagePart, OtherPart, Part, TextPart
from imageshim.messages.stash import FIELD
from imageshim.timeline import Format

from .choice_state import ChoiceState
from .deltas import (
    Read,
    Writer,
    choice_key,
    compose,
    is_done,
    nulls_in,
    quotes,
    read_delta,
    with_evidence,
)
from .spreading import says_more, spread
from .text import MAY_BEGIN, TextSplitter, flows

__all__ = ["ChunkMachine"]

# What every chunk says; anything else makes a chunk worth sending though its choices are empty.
_USUAL = frozenset({"id", "object", "created", "model", "choices", "system_fingerprint"})
_CUT_OFF = ("length",)
"""The finish reasons that say that the text is not all there."""


class ChunkMachine:
    """Converts the chunks of one stream, for those who drive it: a stream of most chunks passes.

    :class:`StreamConverter` is what the public sees of it, and says what the options are.
    """

    def __init__(
        self,
        to: FormatLike,
        *,
        source: str | Format | None = None,
        on_loss: OnLoss = "stash",
        markdown: bool = False,
        pick: Pick = "first",
    ) -> None:
        do = plan(to, source=source, on_loss=on_loss, markdown=markdown, pick=pick)
        self._to, self._how = do.to, do.how
        self._keeps_drafts = do.to is Format.IMAGE and pick == "final"
        """Whether an image waits, since the next may be the final one."""
        self._writer = Writer(do.to, on_loss, final=self._keeps_drafts)
        self._choices: dict[Any, ChoiceState] = {}
        self.reads_text = do.to is not Format.CONTENT and do.how.source in {None, Format.CONTENT}
        """Whether text may hold images: not in its own format, nor where it is known to be text."""
        self.reads_markdown = do.how.markdown
        """Whether images in Markdown are."""
        self._trusted = do.how.source is Format.CONTENT
        self.holds = False
        """Whether some text is held."""
        self.patience = 0
        """While a choice is inside a data URI: for how many characters its chunks are absorbed."""
        # Then also: the choice's index, where to put the text, how many fields such chunks have.
        self._absorbing: Any = None
        self._waiting: list[str] = []
        self._chunk_width = self._width = 0

    def feed(self, chunk: Any) -> list[Any]:
        """Take a chunk; returns what it becomes: itself alone where there is nothing to do.

        Raises:
            LossyConversionError: something would be lost, and ``on_loss`` is ``"raise"``.
            MalformedImageError: a field that must be written holds something else.

        """
        if self.patience > 0 and self.absorbs(chunk):
            return []
        return [chunk] if self.passes(chunk) else self.take(chunk)

    def take(self, chunk: Any) -> list[Any]:
        """Take a chunk that needs a closer look."""
        choices = carriers.items_of(carriers.get(chunk, "choices"))
        if not choices:
            return [chunk]
        made = [self._convert(chunk, choice, place) for place, choice in enumerate(choices)]
        self.holds = any(state.holds for state in self._choices.values())
        self.patience = self._patience_for(chunk, choices, made) if self.holds else 0
        if all(new is None for new in made):
            return [chunk]
        return spread(
            chunk, [[old] if new is None else new for old, new in zip(choices, made, strict=True)]
        )

    def passes(self, chunk: Any) -> bool:  # noqa: C901, PLR0911, PLR0912  # many ways to be over
        """Tell at a look that a chunk stays as it is: most do, so this is what a stream costs."""
        if self.holds:
            return False
        try:
            if type(chunk) is dict:
                (choice,) = chunk["choices"]
                index, fields = choice.get("index"), choice["delta"]
                if type(fields) is not dict:
                    return False
                content = fields.get("content")
            else:
                # What carriers.get() does for pydantic models, without asking for each field.
                (choice,) = chunk.__dict__["choices"]
                held = choice.__dict__
                index, delta = held["index"], held["delta"]
                fields, extra = delta.__dict__, delta.__pydantic_extra__
                content = fields.get("content")
                if extra:
                    if extra.get(FIELD) or not _FIELDS.isdisjoint(extra):
                        return False
                    content = content or extra.get("content")
        except (AttributeError, KeyError, TypeError, ValueError):
            return False
        if not _MARKS.isdisjoint(fields) and (fields.get(FIELD) or not _FIELDS.isdisjoint(fields)):
            return False
        if not content:
            return content is None or content == ""
        if not isinstance(content, str):
            return False
        if self.reads_text:
            state = self._choices.get(index) if type(index) is int else None
            if state is None:
                return False
            splitter = state.splitter
            if splitter is not None:
                if ":" in content or (content[-1] in MAY_BEGIN and not flows(content)):
                    return False
                if self.reads_markdown and "!" in content:
                    return False
                # As TextSplitter.pass_over() does; a call would cost as much again.
                waiting = splitter.before.waiting
                waiting.append(content)
                if len(waiting) > MOST_WAITING:
                    splitter.before.look()
        return True

    def absorbs(self, chunk: Any) -> bool:
        """Put the text of a chunk to the data URI that it goes on with, if there is no more in it.

        An image can come in a hundred thousand chunks.
        """
        try:
            (choice,) = chunk["choices"]
            delta = choice["delta"]
            piece = delta["content"]
            if (
                type(piece) is str
                and len(delta) == 1
                and len(choice) == self._width
                and choice["index"] == self._absorbing
                and choice["finish_reason"] is None
                and len(chunk) == self._chunk_width
                and "usage" not in chunk
                # No character ends a payload of base64 as these do.
                and "=" not in piece
                and " " not in piece
                and ":" not in piece
                and "\n" not in piece
            ):
                self._waiting.append(piece)
                self.patience -= len(piece)
                return True
        except (AttributeError, KeyError, TypeError, ValueError):
            pass
        return False

    def _patience_for(self, chunk: Any, choices: Sequence[Any], made: list[Any]) -> int:
        """Look whether chunks like this one can be absorbed, and for how many characters."""
        if made != [[]] or type(chunk) is not dict or not _USUAL.issuperset(chunk):
            return 0
        index = choices[0].get("index")
        state = self._choices.get(index) if type(index) is int else None
        splitter = None if state is None else state.splitter
        if splitter is None:
            return 0
        self._chunk_width, self._width = len(chunk), len(choices[0])
        self._absorbing, self._waiting = index, splitter.waiting
        return splitter.patience

    def finish(self) -> list[Any]:
        """Take no more; returns the chunks with the text that was still held.

        Warns:
            UnreadableImageWarning: the stream ended inside a data URI.

        """
        chunks: list[Any] = []
        for state in self._choices.values():
            state.ends = True
            parts = state.flush(whole=False)
            if (parts or state.holds) and state.last is not None:
                chunk, choice = state.last
                if carriers.get(chunk, "usage") is not None:
                    chunk = carriers.replaced(chunk, "usage", None)  # it has gone with the chunk
                chunks += spread(chunk, [self._write(state, choice, parts, None, None, {})])
        return chunks

    def _state(self, key: Any) -> ChoiceState:
        state = self._choices.get(key)
        if state is None:
            splitter = None
            if self.reads_text:
                splitter = TextSplitter(trusted=self._trusted, markdown=self.reads_markdown)
            state = self._choices[key] = ChoiceState(f"choices[{key}].delta", splitter)
        return state

    def pass_over(self, index: int, tail: str) -> None:
        """Take note of the last characters of text that has passed."""
        splitter = self._state(index).splitter
        if splitter is not None:
            splitter.pass_over(tail)

    def _convert(self, chunk: Any, choice: Any, place: int) -> list[Any] | None:
        """Return the choices that a choice becomes; None where it stays as it is."""
        state = self._state(choice_key(choice, place))
        finish = carriers.get(choice, "finish_reason")
        state.ends = state.ends or bool(finish)
        delta = carriers.get(choice, "delta")
        before, parts, rest, own = self._take_apart(state, carriers.fields(delta) or {}, finish)
        if not own and not state.has_images:
            state.has_images = any(isinstance(part, ImagePart) for part in (*before, *parts))
        if state.holds or self._keeps_drafts:
            state.last = (chunk, choice)
        if rest is None:
            made = self._write(state, choice, before, None, None, {})
            state.number += self._writer.numbers(parts)
            return [*made, choice] if made else None
        # A gateway's own field goes with an image, also where it was not read.
        own = {**own, **{name: rest.pop(name) for name in OWN_FIELDS & rest.keys()}}
        made = self._write(state, choice, [*before, *parts], rest, finish, own)
        if state.waiting.own is own:
            own = {}  # it goes with its image
        if not made and (
            own
            or finish
            or says_more(chunk, _USUAL)
            or says_more(choice, _USUAL_IN_CHOICE)
            or says_more(rest, _CONTENT)
        ):
            fields = compose(
                {**rest, **own}, {}, first=True, nulls=nulls_in(delta, rest), where=state.where
            )
            made = [carriers.replaced(choice, "delta", carriers.rebuilt(delta, fields))]
        return made

    def _take_apart(
        self, state: ChoiceState, view: dict[str, Any], finish: Any
    ) -> tuple[list[Part], list[Part], dict[str, Any] | None, dict[str, Any]]:
        """Take a delta apart: what was held before it, its own parts, and its other fields.

        These are None where the delta stays as it is; last comes a gateway's own field.
        """
        whole = finish not in _CUT_OFF
        is_news = state.own.is_news(view)
        read = read_delta(view, self._how, own_fields=is_news and not state.has_images)
        content_is_text = says_that_content_is_text(view)
        splitter = None if read is not None or content_is_text else state.splitter
        content = view.get("content")
        if splitter is not None and content and isinstance(content, str):
            held = not splitter.idle
            parts = splitter.feed(content)
            if finish:
                parts += state.flush(whole=whole)
            return [], parts, view if held or not _is_text(parts, content) else None, {}
        if (
            read is not None
            and not content_is_text
            and state.splitter is not None
            and read.is_texts
        ):
            return [], *self._from_texts(state, state.splitter, read, finish), {}
        before: list[Part] = []
        if finish or content_is_text or read is not None:
            before = state.flush(whole=whole)
        if content_is_text:
            state.splitter = None
        if read is None:
            return before, [], None, {}
        has_images = any(isinstance(part, ImagePart) for part in read.parts)
        state.has_images |= has_images and not read.is_own
        news = state.own.unread(read)
        if read.format is Format.PARTS and has_images:
            state.splitter = None  # beside image parts, text is text
        number = state.number + self._writer.numbers(before)
        stays = news is read and self._stays(view, read, number)
        return before, news.parts, None if stays else read.rest, read.own

    def _from_texts(
        self, state: ChoiceState, splitter: TextSplitter, read: Read, finish: Any
    ) -> tuple[list[Part], dict[str, Any] | None]:
        """Take the images out of the text parts of a list, as `_take_apart` does out of text."""
        changed, parts = not splitter.idle, list[Part]()
        for part in read.parts:
            if isinstance(part, TextPart):
                made = splitter.feed(part.text)
                changed |= not _is_text(made, part.text) and bool(part.text)
                parts += made
            else:
                parts += [*state.flush(whole=True), part]
        if finish:
            parts += state.flush(whole=finish not in _CUT_OFF)
        stays = self._to is Format.PARTS or any(isinstance(part, OtherPart) for part in read.parts)
        return parts, None if stays and not changed else read.rest

    def _stays(self, view: dict[str, Any], read: Read, number: int) -> bool:
        if any(isinstance(part, ImagePart) for part in read.parts):
            return not self._keeps_drafts and is_done(view, read, self._to, number)
        # A list of text and nothing else is text; one that holds what is not read stays.
        return self._to is Format.PARTS or any(isinstance(part, OtherPart) for part in read.parts)

    def _write(  # noqa: PLR0913  # all that becomes of one choice
        self,
        state: ChoiceState,
        choice: Any,
        parts: list[Part],
        rest: dict[str, Any] | None,
        finish: Any,
        own: dict[str, Any],
    ) -> list[Any]:
        """Write parts as choices; ``rest`` are the fields that go with the first of them.

        ``own`` goes with the first image, so that who reads the stream again sees that it is read.
        """
        delta = carriers.get(choice, "delta")
        origin = (carriers.fields(delta) or {}) if rest is None else rest
        nulls = nulls_in(delta, origin)
        waiting = state.waiting
        if self._keeps_drafts:
            parts, own, waiting = waiting.after(parts, own, ends=state.ends)
        written = self._writer.write(parts, state.number, state.where, own)
        if rest is not None and self._is_known_text(state, delta, parts, is_beside=bool(own)):
            written = with_evidence(written)
        state.number, state.waiting = state.number + self._writer.numbers(parts), waiting
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

    def _is_known_text(
        self, state: ChoiceState, delta: Any, parts: list[Part], *, is_beside: bool
    ) -> bool:
        """Tell whether the text of a delta needs a word beside it that it is text.

        ``is_beside``: it stands beside a gateway's own field.
        """
        if self._to is Format.CONTENT:
            return False  # its images are text
        return says_that_content_is_text(carriers.fields(delta) or {}) or (
            self.reads_text
            and (state.splitter is None or is_beside)
            and any(isinstance(part, TextPart) and quotes(part.text) for part in parts)
        )


_USUAL_IN_CHOICE = frozenset({"index", "delta", "finish_reason"})
_CONTENT = frozenset({"content"})


_FIELDS = OWN_FIELDS | {"images", "image"}
_MARKS = _FIELDS | {FIELD}


def _is_text(parts: list[Part], text: str) -> bool:
    return len(parts) == 1 and isinstance(parts[0], TextPart) and parts[0].text == text
