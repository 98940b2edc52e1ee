"""Who wants to see the images of replies: blocks of `capture_images`, and `install(on_image=…)`.

A block belongs to the context that opened it (:mod:`contextvars`): to the tasks that are made in
it, and by :mod:`.carrying` to the threads. Only the outermost call of the libraries is looked at,
so that LiteLLM over the OpenAI SDK counts once. Nothing is imported before there is an image.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from imageshim.errors import ImageShimError

from .call_site import LIBRARIES, Place, users_place
from .failures import failed

if TYPE_CHECKING:
    from imageshim.timeline import Format

    from .captured import CapturedImage, ChunkReader

__all__ = [
    "SINKS",
    "Observer",
    "OnImage",
    "StreamObserver",
    "checked_callback",
    "let_see_all",
    "observer_for",
]

OnImage = Callable[["CapturedImage"], object]
"""A function that is given each image."""


def checked_callback(on_image: Any) -> OnImage | None:
    """Refuse a callback that cannot be called, or that nobody would await.

    Raises:
        ImageShimError: it is one of those.

    """
    if on_image is None:
        return None
    from inspect import iscoroutinefunction  # noqa: PLC0415  # of those who ask for it

    if not callable(on_image) or iscoroutinefunction(on_image):
        raise ImageShimError(
            f"on_image is {on_image!r:.80}; it has to be a function, and not a coroutine function"
        )
    return on_image  # type: ignore[no-any-return]


SINKS: ContextVar[tuple[OnImage, ...]] = ContextVar("imageshim_sinks", default=())
"""Of the blocks that are open in a context, the innermost last."""

_of_process: dict[str, tuple[OnImage, ...]] = dict.fromkeys(LIBRARIES, ())
"""By library: those that see the images of every context."""

_UNSEEN = "imageshim could not look for the images of a reply, which comes as it is"
_REFUSED = "on_image raised; the reply comes as it is"


def let_see_all(sinks: dict[str, tuple[OnImage, ...]]) -> None:
    """Set, by library, who sees the images of every context."""
    for library in LIBRARIES:
        _of_process[library] = sinks.get(library, ())


def observer_for(library: str | None, *, strict: bool) -> Observer | None:
    """Return who looks at the replies of a call that begins now; None where nobody does."""
    if library is None:
        return None
    sinks = SINKS.get()
    of_process = _of_process[library]
    if of_process:
        sinks = (*of_process, *sinks)
    return Observer(sinks, strict=strict) if sinks else None


class Observer:
    """One call, and who sees the images of its reply."""

    __slots__ = ("_sinks", "_strict", "place")

    def __init__(self, sinks: tuple[OnImage, ...], *, strict: bool) -> None:
        self._sinks = sinks
        self._strict = strict
        self.place: Place | None = None
        """The user's line, where it cannot be found later."""

    def saw_reply(self, reply: Any, source: Format | None) -> None:
        """Take the images of a whole reply, as it came; to be called in one that may have some."""
        try:
            from .captured import images_of_reply  # noqa: PLC0415  # when there may be an image

            found = images_of_reply(reply, source, self.place or users_place())
        except Exception as error:  # noqa: BLE001  # looking on changes nothing
            self.failed(_UNSEEN, error)
            return
        self.give(found)

    def of_stream(self, source: Format | None) -> StreamObserver:
        """Look at a stream."""
        from .captured import ChunkReader  # noqa: PLC0415  # as above

        return StreamObserver(self, ChunkReader(source, self.place))

    def give(self, images: list[CapturedImage]) -> None:
        """Give images to everybody; what one of them raises keeps them from no other."""
        for image in images:
            for sink in self._sinks:
                self._give(image, sink)

    def _give(self, image: CapturedImage, sink: OnImage) -> None:
        try:
            sink(image)
        except Exception as error:  # noqa: BLE001  # the reply is no business of a callback's
            self.failed(_REFUSED, error)

    def failed(self, what: str, error: Exception) -> None:
        """Tell of a failure, to be called while ``error`` is being handled."""
        failed(what, error, self.place or users_place(), strict=self._strict)


class StreamObserver:
    """One stream, and who sees its images."""

    __slots__ = ("_observer", "_reader")

    def __init__(self, observer: Observer, reader: ChunkReader) -> None:
        self._observer = observer
        self._reader: ChunkReader | None = reader

    def saw(self, chunk: Any) -> None:
        """Take the images that are whole with a chunk."""
        reader = self._reader
        if reader is not None and not reader.passes(chunk):
            self._take(lambda: reader.feed(chunk))

    def ended(self) -> None:
        """Take the images that only the end makes whole; forget the stream."""
        reader = self._reader
        if reader is not None:
            self._take(reader.finish)
            self._reader = None

    def _take(self, read: Callable[[], list[CapturedImage]]) -> None:
        try:
            found = read()
        except Exception as error:  # noqa: BLE001  # as above
            self._reader = None
            self._observer.failed(_UNSEEN, error)
            return
        self._observer.give(found)
