"""The images of replies and chunks, with where they come from."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import Any, NamedTuple

from imageshim.errors import UnreadableImageWarning
from imageshim.messages import carriers
from imageshim.messages.options import ReadOptions, read_options
from imageshim.messages.parts import ImagePart, Part
from imageshim.reading import GeneratedImage, read_all
from imageshim.streaming.converter import ChunkMachine
from imageshim.streaming.deltas import choice_key, read_delta
from imageshim.timeline import Format

from .call_site import Place

__all__ = ["CallSite", "CapturedImage", "ChunkReader", "images_of_reply"]


class CallSite(NamedTuple):
    """The user's line that called."""

    file: str
    """The path as the interpreter knows it."""
    line: int
    module: str
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class CapturedImage(GeneratedImage):
    """One image of a reply that passed, and which reply that was.

    ``index`` counts the images of the choice, in streams too.
    """

    __slots__ = ("call_site", "choice", "model", "reply_id")

    reply_id: str | None
    """The ``id`` of the reply."""
    model: str | None
    """The ``model`` that the reply names."""
    choice: int | str
    """The ``index`` of the choice."""
    call_site: CallSite | None
    """The line of the user's program that called, below all frameworks where that can be seen:
    the one that runs the agent. Of a call in a task or a thread that a library started, it is
    the library's line."""

    def __init__(  # noqa: PLR0913  # each is a word of its own
        self,
        url: str,
        index: int = 0,
        *,
        is_draft: bool = False,
        reply_id: str | None = None,
        model: str | None = None,
        choice: int | str = 0,
        call_site: CallSite | None = None,
    ) -> None:
        super().__init__(url, index, is_draft=is_draft)
        self.reply_id = reply_id
        self.model = model
        self.choice = choice
        self.call_site = call_site


class _Origin(NamedTuple):
    """What the images of one reply have in common."""

    reply_id: str | None
    model: str | None
    call_site: CallSite | None

    def image(self, url: str, index: int, choice: int | str, *, draft: bool) -> CapturedImage:
        return CapturedImage(
            url, index, is_draft=draft, choice=choice,
            reply_id=self.reply_id, model=self.model, call_site=self.call_site,
        )  # fmt: skip


def _site(place: Place | None) -> CallSite | None:
    if place is None:
        return None
    code = place.code
    name = getattr(code, "co_qualname", code.co_name)
    return CallSite(code.co_filename, place.line, str(place.module.get("__name__", "")), name)


def images_of_reply(reply: Any, source: Format | None, place: Place | None) -> list[CapturedImage]:
    """Find the images of every choice of a whole reply."""
    origin = _Origin(carriers.text_of(reply, "id"), carriers.text_of(reply, "model"), _site(place))
    choices = carriers.items_of(carriers.get(reply, "choices")) or ()
    readings = enumerate(zip(choices, read_all(reply, source=source), strict=True))
    return [
        origin.image(found.url, found.index, choice_key(choice, number), draft=found.is_draft)
        for number, (choice, reading) in readings
        for found in reading.images
    ]


class ChunkReader:
    """Finds the images of a stream, one after the other."""

    def __init__(self, source: Format | None, place: Place | None) -> None:
        converter = ChunkMachine(Format.IMAGES, source=source, markdown=True)
        self._converter = converter
        self.passes = converter.passes
        """Tells at a look that a chunk has no image, as with most."""
        self._how: ReadOptions = read_options(Format.IMAGES, markdown=True)
        self._origin = _Origin(None, None, _site(place))
        self._numbers: Counter[int | str] = Counter()

    def feed(self, chunk: Any) -> list[CapturedImage]:
        """Return the images that are whole with a chunk."""
        return self._found(self._converter.feed(chunk))

    def finish(self) -> list[CapturedImage]:
        """Return those that only the end of the stream makes whole."""
        with warnings.catch_warnings():
            # Of what is cut off, the caller's own reading tells.
            warnings.simplefilter("ignore", UnreadableImageWarning)
            return self._found(self._converter.finish())

    def _found(self, chunks: list[Any]) -> list[CapturedImage]:
        return [
            self._image(chunk, part, choice_key(choice, place))
            for chunk in chunks
            for place, choice in enumerate(carriers.items_of(carriers.get(chunk, "choices")) or ())
            for part in self._parts(choice)
            if isinstance(part, ImagePart)
        ]

    def _parts(self, choice: Any) -> list[Part]:
        read = read_delta(
            carriers.fields(carriers.get(choice, "delta")) or {}, self._how, own_fields=False
        )
        return [] if read is None else read.parts

    def _image(self, chunk: Any, part: ImagePart, key: int | str) -> CapturedImage:
        origin = self._origin._replace(
            reply_id=carriers.text_of(chunk, "id"), model=carriers.text_of(chunk, "model")
        )
        number = self._numbers[key]
        self._numbers[key] += 1
        return origin.image(part.url, number, key, draft=part.draft)
