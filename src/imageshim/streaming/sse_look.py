"""A look at a frame, which spares most of them the parse.

It only ever says that a frame stays as it is: where it cannot tell, the frame is parsed. What it
looks for stands in every frame that has an image, or text in which a data URI may begin, however
its JSON is spelled: escapes that could hide it make the frame worth a parse.
"""

from __future__ import annotations

from imageshim.image_data.quotation import LINE
from imageshim.messages.formats.own_fields import OWN_FIELDS

from .converter import ChunkMachine
from .text import BEGINNINGS

__all__ = ["Look"]

_CONTENT = b'"content"'
_INDEX = b'"index":'
_ZERO = (b"0,", b"0}", b" 0,", b" 0}")
_LONGEST = 4096
"""To parse a longer frame costs no more than to look for all of `_SIGNS`."""
_TAIL = 4 * (LINE + 1)
"""As many bytes have the characters of a line that are looked at, and one more."""
_MOST = 256
"""So many texts that passed are kept in pieces."""
_SIGNS = (b'"image', b"\\u", *(f'"{name}"'.encode() for name in sorted(OWN_FIELDS)))
_BEGINNINGS = tuple(beginning.encode() for beginning in BEGINNINGS)
_LAST = frozenset(b"dDaAtT") | frozenset(range(0x80, 0x100))
"""What a text ends in that may begin a data URI, or open a quotation in other than ASCII."""


class Look:
    """Looks at the frames of one stream.

    The frames of a stream differ in little but their text. So what stands around the text of one
    that has been looked at all over is kept, and the next is compared with it.
    """

    def __init__(self, converter: ChunkMachine) -> None:
        self._converter = converter
        self._reads_text, self._reads_markdown = converter.reads_text, converter.reads_markdown
        self._passed: list[bytes] = []  # the last text that passed, in the choice 0
        self._before, self._after = b"\n", b"\n"  # what stands around the text of such frames
        self._sizes = 1, -1

    def is_alike(self, data: bytes) -> bool:
        """Tell whether bytes are one frame, sure to stay as it is, like one that was before."""
        start, end = self._sizes
        if data[:start] != self._before or data[end:] != self._after or self._converter.holds:
            return False
        text = data[start:end]
        return b'"' not in text and b"\n" not in text and b"\r" not in text and self._flows(text)

    def passes(self, frame: bytes) -> bool:
        """Tell whether a frame is sure to stay as it is."""
        if self._converter.holds or len(frame) > _LONGEST or any(sign in frame for sign in _SIGNS):
            return False
        key = frame.find(_CONTENT)
        start = key + len(_CONTENT)
        if key < 0 or frame.find(_CONTENT, start) >= 0:
            return key < 0
        if frame.startswith((b":null", b": null"), start):
            return True
        start = frame.find(b'"', start, start + 3) + 1
        return start > 0 and self._passes_with_text(frame, start, frame.find(b'"', start))

    def _passes_with_text(self, frame: bytes, start: int, end: int) -> bool:
        """Tell it of a frame whose one text is between two quotes."""
        index = frame.find(_INDEX) + len(_INDEX)
        if not frame.startswith(_ZERO, index) or frame.find(_INDEX, index) >= 0:
            return False
        if end < 0 or not self._flows(frame[start:end]):
            return False
        self._before, self._after = frame[:start], frame[end:]
        self._sizes = start, end - len(frame)
        return True

    def _flows(self, text: bytes) -> bool:
        """Tell whether no data URI begins in the JSON of a text, and take note of its end."""
        if b"\\" in text:
            return False
        if self._reads_text and text:
            if text[-1] in _LAST and (text[-1] > 0x7F or text[-4:].lower().endswith(_BEGINNINGS)):
                return False
            if b":" in text or (self._reads_markdown and b"!" in text):
                return False
            passed = self._passed
            passed.append(text)
            if len(passed) > _MOST:
                passed[:] = [b"".join(passed)[-_TAIL:]]
        return True

    def hand_over(self) -> None:
        """Tell the converter what has passed: a frame comes that it looks at itself."""
        if self._passed:
            tail = b"".join(self._passed)[-_TAIL:]
            self._converter.pass_over(0, tail.decode(errors="ignore"))
            self._passed.clear()
