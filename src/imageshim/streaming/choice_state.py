"""What a stream has said so far in one choice."""

from __future__ import annotations

from typing import Any

from imageshim.errors import UnreadableImageWarning, warn_caller
from imageshim.messages.parts import Part

from .final_image import NOTHING
from .own_field import OwnField
from .text import TextSplitter

__all__ = ["ChoiceState"]


class ChoiceState:
    """What the stream has said so far in one choice."""

    __slots__ = ("ends", "has_images", "last", "number", "own", "splitter", "waiting", "where")

    def __init__(self, where: str, splitter: TextSplitter | None) -> None:
        self.where = where
        self.number = 0
        """The number of the next image."""
        self.splitter = splitter
        """Reads the text; None where the text is known to hold no images."""
        self.has_images = False
        """Whether there was an image that a gateway's own field may only repeat."""
        self.own = OwnField()
        """The gateway's own field that images were read from."""
        self.last: tuple[Any, Any] | None = None
        """The chunk that text or an image is held of, and its choice."""
        self.ends = False
        """Whether it has said why it ends."""
        self.waiting = NOTHING
        """The image that may be a draft of the final one, if that is asked for."""

    @property
    def holds(self) -> bool:
        """Whether text waits that may become an image, or an image that may be a draft."""
        text_waits = self.splitter is not None and not self.splitter.idle
        return text_waits or self.waiting.image is not None

    def flush(self, *, whole: bool) -> list[Part]:
        """Return what is held of the text.

        Warns:
            UnreadableImageWarning: it ended inside a data URI.

        """
        splitter = self.splitter
        if splitter is None or splitter.idle:
            return []
        parts = splitter.finish(whole=whole)
        if splitter.broken:
            splitter.broken = False
            warn_caller(
                f"{self.where}: the stream ended inside a data URI, which stays text",
                UnreadableImageWarning,
            )
        return parts
