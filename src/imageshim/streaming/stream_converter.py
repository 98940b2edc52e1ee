"""The public face of the machine that converts chunks."""

from __future__ import annotations

from typing import Any

from imageshim.messages.options import FormatLike, OnLoss, Pick
from imageshim.timeline import Format

from .converter import ChunkMachine

__all__ = ["StreamConverter"]


class StreamConverter:
    """Converts the chunks of one stream, as they come.

    Args:
        to: ``"content"``, ``"image"``, ``"images"`` or ``"parts"``.
        source: where the stream comes from, if that is known: a LiteLLM version or a format.
        on_loss: ``"stash"``, ``"drop"`` or ``"raise"``, for what the format cannot hold: with
            ``"image"`` the second image of a choice and all after it.
        markdown: also take images in Markdown out of the text.
        pick: which image of a choice the format ``"image"`` holds: the ``"first"``, or the
            ``"final"`` one. Then an image waits until the next one or the end of its choice, while
            text flows, so the order of text and images is not kept; an image behind the end of its
            choice comes too late.

    The options are those of :func:`imageshim.convert`. Chunks are dicts, LiteLLM or OpenAI SDK
    objects; each comes back as its own class, and none is changed. A chunk with several parts
    becomes several, each with the id, the model and the choice of its origin; one that only adds
    to a data URI becomes none, until the image is there.

    Raises:
        UnknownFormatError: ``to`` or ``source`` is unknown.

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
        self._machine = ChunkMachine(
            to, source=source, on_loss=on_loss, markdown=markdown, pick=pick
        )

    def feed(self, chunk: Any) -> list[Any]:
        """Take a chunk; returns what it becomes: itself alone where there is nothing to do.

        Raises:
            LossyConversionError: something would be lost, and ``on_loss`` is ``"raise"``.
            MalformedImageError: a field that must be written holds something else.

        """
        return self._machine.feed(chunk)

    def finish(self) -> list[Any]:
        """Take no more; returns the chunks with what was held.

        Warns:
            UnreadableImageWarning: the stream ended inside a data URI, which comes as text.

        """
        return self._machine.finish()
