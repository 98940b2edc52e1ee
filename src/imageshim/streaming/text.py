"""The text of one choice, split into text and images while it arrives.

What `data_uri.find_images` finds in the whole text is found in its pieces, wherever it was cut.
A state is what is being waited for:

======= ========================================= ============================================
state   held                                      goes on
======= ========================================= ============================================
TEXT    a possible beginning of a data URI, 256   with a whole header: to PAYLOAD (or, where a
        characters at most                        quote opens the URI, it is text)
PAYLOAD the data URI so far                       with the image's end: to AFTER; with what
                                                  can be no image: to TEXT, as text
AFTER   the data URI, and one or two characters   when they tell whether the text quotes the
        that tell whether it is quoted            URI: to TEXT, with an image or with text
MARK-   an image in Markdown, from its ``![`` on  with its ``)``, or where it can be none: to
DOWN    (where that is asked for)                 TEXT, with an image or to be looked at again
======= ========================================= ============================================

Each state is a method that decides as far as it can and returns the next one, or None where it
needs more text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from imageshim.image_data.data_uri import (
    CONTEXT_AFTER,
    CONTEXT_BEFORE,
    ELLIPSES,
    LONGEST_HEADER,
    End,
    PayloadScanner,
    closer_of,
    find_header,
    is_mention,
    prefix_at_end,
    sniff,
)
from imageshim.image_data.quotation import TextBefore, goes_on
from imageshim.image_data.structure import payload_end_in_sight
from imageshim.long_json.rope import join
from imageshim.messages.parts import ImagePart, Part, TextPart

from .markdown import LONGEST_TITLE, beginning_at_end, image_of, opening, title_begins

__all__ = ["BEGINNINGS", "MAY_BEGIN", "TextSplitter", "flows"]

_BLOCK = 1 << 16
_WORTH_A_LOOK = 1 << 13
BEGINNINGS = ("d", "da", "dat", "data")
"""What a text without a colon ends in where a data URI may begin at its end, in any case."""
MAY_BEGIN = frozenset("dDaAtT")
"""The last characters of those."""


def flows(text: str) -> bool:
    """Tell at a look that no data URI begins in ``text``, nor at its end."""
    if ":" in text:
        return False
    return text[-1:] not in MAY_BEGIN or not text[-4:].lower().endswith(BEGINNINGS)


class _Pieces:
    """Text that comes in pieces and is joined once.

    Small pieces would take several times their length, so they are joined into blocks on the way.
    """

    def __init__(self) -> None:
        self.size = 0
        self._blocks: list[str] = []
        self._small: list[str] = []
        self._full = _BLOCK

    def add(self, piece: str) -> None:
        self._small.append(piece)
        self.size += len(piece)
        if self.size >= self._full:
            self._blocks.append(join(self._small))
            self._small.clear()
            self._full = self.size + _BLOCK

    def take(self) -> str:
        joined = join([*self._blocks, *self._small])
        self.size, self._blocks, self._small, self._full = 0, [], [], _BLOCK
        return joined


class TextSplitter:
    """Takes the text of one choice piece by piece; gives parts as soon as they are certain.

    ``trusted`` is that of `data_uri.find_images`: the text is known to be in the format
    ``content``. ``markdown``: its images are looked for too.
    """

    def __init__(self, *, trusted: bool, markdown: bool = False) -> None:
        self.broken = False
        """The text ended inside a data URI, and `finish` gave it back as text."""
        self.waiting: list[str] = []
        """Pieces of a payload that nobody has looked at yet: see `patience`."""
        self._trusted = trusted
        self.markdown = markdown
        """Whether text with an exclamation mark is worth a look."""
        self._state: Callable[[], Any] = self._text
        self._buffer, self._at = "", 0  # what is not decided yet begins at _at
        self.before = TextBefore()
        """The text before that: it tells a quotation."""
        self._out: list[Part] = []
        self._said: list[str] = []  # the run of text that goes on
        self._closed = self._whole = False
        # The data URI, in PAYLOAD and AFTER; what is not in the buffer any more is in _uri.
        self._uri = _Pieces()
        self._header = 0
        self._scanner = PayloadScanner()
        self._end: End | None = None
        # In MARKDOWN: how many characters may be held, and up to where there is no image.
        self._bound = 0
        self._no_markdown = -1

    @property
    def idle(self) -> bool:
        """Nothing is held."""
        return not self._buffer and not self._uri.size

    @property
    def patience(self) -> int:
        """How many characters may go to `waiting` in place of `feed`, if no piece has a stop."""
        return min(self._scanner.patience, _BLOCK) if self._uri.size else 0

    def pass_over(self, text: str) -> None:
        """Take a piece that `flows`, while nothing is held."""
        self.before.take(text)

    def feed(self, text: str) -> list[Part]:
        """Take a piece; returns the parts that are certain now, with runs of text joined."""
        if flows(text) and not (self.markdown and "!" in text) and self.idle:
            self.pass_over(text)
            return [TextPart(text)] if text else []
        self._buffer += join([*self.waiting, text])
        self.waiting.clear()
        return self._run()

    def finish(self, *, whole: bool) -> list[Part]:
        """Take no more; returns the parts that were held.

        ``whole``: the model said that it was done. Then an image of unknown type, of which nobody
        can tell whether it is complete, counts as one.
        """
        self._closed, self._whole = True, whole
        parts = self.feed("") if self.waiting else self._run()
        self._closed = False
        return parts

    def _run(self) -> list[Part]:
        state: Callable[[], Any] | None = self._state
        while state is not None:
            self._state = state
            state = state()
        self._buffer, self._at = self._buffer[self._at :], 0
        self._end_run()
        out, self._out = self._out, []
        return out

    def _end_run(self) -> None:
        if self._said:
            self._out.append(TextPart(join(self._said)))
            self._said.clear()

    def _emit_text(self, text: str) -> None:
        if not text:
            return
        self.before.take(text)
        self._said.append(text)

    def _emit_image(self, uri: str) -> None:
        self._end_run()
        self._out.append(ImagePart(uri))
        self.before.image()

    def _text(self) -> Callable[[], Any] | None:
        buffer, at = self._buffer, self._at
        header = find_header(buffer, at)
        if header is None:
            tail = buffer[max(at, len(buffer) - LONGEST_HEADER) :]
            held = 0 if self._closed else prefix_at_end(tail)
            if self.markdown and not self._closed:
                held = max(held, beginning_at_end(tail))
            self._at = len(buffer) - held
            self._emit_text(buffer[at : self._at])
            return None
        begin, payload = header
        if self.markdown and begin > self._no_markdown:
            start = opening(buffer, at, begin, payload)
            if start >= 0:
                self._emit_text(buffer[at:start])
                self._at, self._header, self._bound = start, payload - start, 0
                return self._markdown
        self._no_markdown = -1
        self._emit_text(buffer[at:begin])
        if not self._trusted and self.before.quotes:
            self._emit_text(buffer[begin:payload])
            self._at = payload
            return self._text
        self._at = begin
        self._header = payload - begin
        if len(buffer) - payload >= _WORTH_A_LOOK:
            # LiteLLM sends the whole URI in a chunk: then there is nothing to wait for.
            end = payload_end_in_sight(buffer, payload, complete_only=not self._trusted)
            if end is not None:
                self._end = end
                return self._after
        self._scanner = PayloadScanner(complete_only=not self._trusted)
        return self._payload

    def _payload(self) -> Callable[[], Any] | None:
        scanner, buffer = self._scanner, self._buffer
        begin = self._at + (0 if self._uri.size else self._header)
        # In growing bites: of a long text that goes on, it wants no more than the payload.
        size = 1024
        while begin < len(buffer) and not scanner.over:
            scanner.feed(buffer[begin : begin + size])
            begin += size
            size = min(size * 2, _BLOCK)
        self._end = scanner.end
        if scanner.over:
            return self._payload_over
        self._uri.add(buffer[self._at :])
        self._at = len(buffer)
        if not self._closed:
            return None
        scanner.finish()
        self._end = scanner.end
        return self._payload_over if self._end and self._end.complete else self._cut_off

    def _markdown(self) -> Callable[[], Any] | None:
        """Wait for the end of an image in Markdown."""
        buffer, at, held = self._buffer, self._at, self._uri.size
        begin = at + (0 if held else self._header)
        if not self._bound and (title := title_begins(buffer, begin)) >= 0:
            self._bound = held + title - at + LONGEST_TITLE
        limit = at + self._bound - held
        close = buffer.find(")", begin, limit) if self._bound else -1
        if close < 0 and not self._closed and (not self._bound or len(buffer) < limit):
            self._uri.add(buffer[at:])
            self._at = len(buffer)
            return None
        self._buffer, self._at = self._uri.take() + buffer[at:], 0
        end = held + close - at + 1
        uri = image_of(self._buffer[:end]) if close >= 0 else None
        if uri is None:
            self._no_markdown = self._header
            return self._text
        self._emit_image(self._buffer[uri[0] : uri[1]])
        self._at = end
        return self._text

    def _payload_over(self) -> Callable[[], Any]:
        """Cut the URI off: its end is known, or that there is none."""
        end, held = self._end, self._uri.size
        if held and (end is None or self._header + end.length < held):
            # What came before has to be looked at again.
            self._buffer, self._at = self._uri.take() + self._buffer[self._at :], 0
        if end is None:
            self._emit_text(self._buffer[self._at : self._at + self._header])
            self._at += self._header
            return self._text
        return self._after

    def _cut_off(self) -> Callable[[], Any]:
        """Decide on a URI inside which the text is over."""
        end = self._end
        if end is not None and (end.length < 4 or (end.media_type is None and self._whole)):
            return self._payload_over
        self._buffer, self._at = self._uri.take(), 0
        self.broken |= self._trusted or sniff(self._buffer[self._header :]) is not None
        self._emit_text(self._buffer[: self._header])
        self._at = self._header
        return self._text

    def _after(self) -> Callable[[], Any] | None:
        end = self._end
        assert end is not None  # noqa: S101  # else there is no image
        cut = self._at + self._header + end.length - self._uri.size
        quoted = self._is_quoted(self._buffer[cut : cut + CONTEXT_AFTER], end)
        if quoted is None and not self._closed:
            return None
        self._uri.add(self._buffer[self._at : cut])
        uri = self._uri.take()
        self._at = cut
        if quoted:
            self._emit_text(uri)
        else:
            self._emit_image(uri)
        return self._text

    def _is_quoted(self, after: str, end: End) -> bool | None:
        """Tell whether the text around a data URI quotes it; None where more text has to tell."""
        if not self._trusted:
            return goes_on(after) if self.before.is_in_a_sentence else False
        before = self.before.last(CONTEXT_BEFORE)
        if not self._closed and _may_become_mention(before, after, end):
            return None
        return is_mention(before, after, end)


def _may_become_mention(before: str, after: str, end: End) -> bool:
    """Tell whether more characters after a data URI could make a mention of it."""
    closer = closer_of(before)
    endings = [closer] if end.complete else [closer, *ELLIPSES]
    return any(len(after) < len(ending) and ending.startswith(after) for ending in endings)
