"""A look at a frame, which spares most of them the parse.

It only ever says that a frame stays as it is: where it cannot tell, the frame is parsed. What it
looks for stands in every frame that has an image, or text in which a data URI may begin, however
its JSON is spelled: escapes that could hide it make the frame worth a parse.
"""

from __future__ import annotations

from imageshim.data_uri import CONTEXT_BEFORE

from .converter import StreamConverter
from .text import LAST_OF_BEGINNING

__all__ = ["Look"]

_CONTENT = b'"content"'
_INDEX = b'"index":'
_SIGNS = (b'"image', b"\\u", b'"content_blocks"')
_LAST = frozenset(LAST_OF_BEGINNING.encode()) | frozenset(range(0x80, 0x100))
"""What a text ends in that may begin a data URI, or open a quotation in other than ASCII."""


class Look:
    """Looks at the frames of one stream.

    The frames of a stream differ in little but their text. So what stands around the text of one
    that has been looked at all over is kept, and the next is compared with it.
    """

    def __init__(self, converter: StreamConverter) -> None:
        self._converter = converter
        self._tail = b""  # the last characters of text that passed, in the choice 0
        self._before, self._after = b"{", b"}"  # what stands around the text of such frames
        self._sizes = 1, -1

    def passes(self, frame: bytes) -> bool:
        """Tell whether a frame is sure to stay as it is."""
        if self._converter.holds:
            return False
        start, end = self._sizes
        if frame[:start] == self._before and frame[end:] == self._after:
            text = frame[start:end]
            return b'"' not in text and self._flows(text)
        return self._is_plain(frame)

    def _flows(self, text: bytes) -> bool:
        """Tell whether no data URI begins in the JSON of a text, and take note of its end."""
        if b"\\" in text:
            return False
        if self._converter.reads_text and text:
            if text[-1] in _LAST or b":" in text:
                return False
            self._tail = (self._tail + text)[-CONTEXT_BEFORE:]
        return True

    def _is_plain(self, frame: bytes) -> bool:
        """Look at all of a frame."""
        if any(sign in frame for sign in _SIGNS):
            return False
        key = frame.find(_CONTENT)
        if key < 0:
            return True
        start = key + len(_CONTENT)
        if frame.find(_CONTENT, start) >= 0:
            return False
        if frame.startswith((b":null", b": null"), start):
            return True
        start = frame.find(b'"', start, start + 3) + 1
        end = frame.find(b'"', start)
        if not start or end < 0 or frame.count(_INDEX) != 1 or not self._flows(frame[start:end]):
            return False
        index = frame.find(_INDEX) + len(_INDEX)
        if not frame.startswith((b"0,", b"0}", b" 0,", b" 0}"), index):
            return False
        self._before, self._after = frame[:start], frame[end:]
        self._sizes = start, end - len(frame)
        return True

    def hand_over(self) -> None:
        """Tell the converter what has passed: a frame comes that it looks at itself."""
        if self._tail:
            self._converter.pass_over(0, self._tail.decode("latin-1"))
            self._tail = b""
