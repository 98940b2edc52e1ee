"""Whether a writer quotes a data URI, told by the text before and behind it.

Where nothing is known of a reply's source, a data URI in its text may be an image that LiteLLM put
there, or text that a model wrote: code, a setting, a table, a sentence about it. What is looked at
is bounded, and the same for a whole text and for one that arrives in pieces: whether a fence is
open, and the last `LINE` characters of the line.

Source: CommonMark 0.31, 4.5 (fenced code blocks), 4.7 (link reference definitions), 6.1 (code
spans); GitHub's specification, 4.10 (tables).
"""

from __future__ import annotations

import re

__all__ = ["LINE", "MOST_WAITING", "TextBefore", "goes_on"]

LINE = 64
"""How much of a line tells whether a data URI behind it is quoted."""

_OPENERS = tuple("\"'`“”„«([{<\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}")
_FENCE = re.compile(r"[ \t>]*(?P<run>`{3,}|~{3,})(?P<rest>.*)", re.DOTALL)
# A setting, an argument or a parameter. The padding of base64 is none: no name is that long, and
# none comes right behind a header.
_KEY = r"(?:\A|(?<!base64)[\s\"'`(\[{,;&?<|:])(?:-{1,2})?[^\W\d][\w.\-\[\]]{0,40}[ \t]?=[ \t]?\Z"
_LABEL = r"\[[^\[\]]+\]:[ \t]*\Z"
_CELL = r"\|[ \t]*\Z|\A[ \t]*\|"
_QUOTED = re.compile(f"{_KEY}|{_LABEL}|{_CELL}")
_MARKS = ("=", ":", "|")
"""What each of them ends in, but for a line that begins as a table's row."""
_IN_A_SENTENCE = re.compile(r"(?:[^\W_]|,)[ \t]\Z")


class TextBefore:
    """The text before a place: whether a fence is open, and what stands on the line."""

    __slots__ = ("_fence", "_head", "_length", "_tail", "_ticks", "waiting")

    def __init__(self) -> None:
        self.waiting: list[str] = []
        """Text that nobody has looked at yet; `look` does, and should where there are many."""
        self._fence = ""
        self._begin_line()

    def _begin_line(self) -> None:
        self._head = self._tail = ""
        self._length = self._ticks = 0

    def take(self, text: str) -> None:
        """Take the text that comes next."""
        self.waiting.append(text)
        if len(self.waiting) > MOST_WAITING:
            self.look()

    def look(self) -> None:
        """Look at the text that waits."""
        waiting = self.waiting[:]
        self.waiting.clear()
        if len(waiting) > 1 and sum(map(len, waiting)) < _SMALL:
            waiting = ["".join(waiting)]
        for text in waiting:
            self._look_at(text)

    def _look_at(self, text: str) -> None:
        begin = 0
        end = text.find("\n")
        while end >= 0:
            self._extend(text, begin, end)
            self._end_line()
            begin = end + 1
            if type(text) is str and not _has_fences(text, begin):
                begin = text.rfind("\n") + 1
                break
            end = text.find("\n", begin)
        self._extend(text, begin, len(text))

    def _extend(self, text: str, begin: int, end: int) -> None:
        """Go on with the line."""
        if len(self._head) < LINE:
            self._head += str(text[begin : min(end, begin + LINE - len(self._head))])
        self._tail = (self._tail + str(text[max(begin, end - LINE) : end]))[-LINE:]
        self._length += end - begin
        tick = text.find("`", begin, end)
        while tick >= 0:
            self._ticks += 1
            tick = text.find("`", tick + 1, end)

    def _end_line(self) -> None:
        """See whether the line that ends opens or closes a fence."""
        if self._closes_fence():
            self._fence = ""
        elif not self._fence and (fence := _FENCE.match(self._head)):
            run = fence["run"]
            if run[0] == "~" or self._ticks == len(run):  # else it is code in the line
                self._fence = run
        self._begin_line()

    def _closes_fence(self) -> bool:
        line = self._head.strip(" \t>\r")
        return (
            bool(self._fence)
            and self._length <= LINE
            and len(line) >= len(self._fence)
            and not line.strip(self._fence[0])
        )

    def image(self) -> None:
        """Take an image: what follows on its line stands alone."""
        self.look()
        if self._closes_fence():  # and nothing stands between the fence and the image
            self._fence = ""
        self._begin_line()

    def last(self, count: int) -> str:
        """Return the last characters of the line, `LINE` at most."""
        self.look()
        return self._tail[-count:]

    @property
    def quotes(self) -> bool:
        """Whether a data URI that comes next is quoted, whatever follows it."""
        self.look()
        if self._closes_fence():
            return False
        if self._fence or self._ticks % 2 or self._tail.endswith(_OPENERS):
            return True
        return self._may_be_quoted and _QUOTED.search(self._window) is not None

    @property
    def _may_be_quoted(self) -> bool:
        """Rule out, by the ends of the line, that anything quotes: a search takes longer."""
        return self._tail.rstrip(" \t").endswith(_MARKS) or self._tail.lstrip(" \t")[:1] == "|"

    @property
    def is_in_a_sentence(self) -> bool:
        """Whether a data URI that comes next is quoted if the sentence goes on behind it."""
        self.look()
        return _IN_A_SENTENCE.search(self._window) is not None

    @property
    def _window(self) -> str:
        """The end of the line, with a mark where its beginning is not in it."""
        return self._tail if self._length <= LINE else "\N{REPLACEMENT CHARACTER}" + self._tail


def _has_fences(text: str, begin: int) -> bool:
    return text.find("```", begin) >= 0 or text.find("~~~", begin) >= 0


MOST_WAITING = 255
_SMALL = 1 << 16


def goes_on(after: str) -> bool | None:
    """Tell whether a sentence goes on behind a data URI; None where more text has to tell."""
    if not after:
        return None
    if after[0] not in " \t":
        return False
    return None if len(after) < 2 else not after[1].isspace()
