"""`capture_images`: every image that passes LiteLLM or the OpenAI SDK while a block runs."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextvars import Token
from types import TracebackType
from typing import TYPE_CHECKING, Literal

from imageshim.errors import ImageShimError

from .installation import close_block, open_block
from .observing import SINKS, OnImage, checked_callback
from .reentrancy import leave

if TYPE_CHECKING:
    from .captured import CapturedImage

__all__ = ["CapturedImages", "capture_images"]


class CapturedImages:
    """The images of a block of :func:`capture_images`, in the order in which they came.

    It can be iterated, has a length, and is true when there are images. They stay when the block
    has ended; nothing else of it does.
    """

    def __init__(self, limit: int | None, on_image: OnImage | None) -> None:
        self._kept: deque[CapturedImage] = deque(maxlen=limit)
        self._on_image = on_image
        self._lock = threading.Lock()
        self._open: list[tuple[_Block, Token[tuple[OnImage, ...]]]] = []
        self.dropped = 0
        """How many images were not kept, because of ``limit``; the newest are."""

    @property
    def images(self) -> tuple[CapturedImage, ...]:
        """The images so far."""
        with self._lock:
            return tuple(self._kept)

    def __iter__(self) -> Iterator[CapturedImage]:
        return iter(self.images)

    def __len__(self) -> int:
        return len(self._kept)

    def _put(self, image: CapturedImage) -> None:
        with self._lock:
            self.dropped += len(self._kept) == self._kept.maxlen
            self._kept.append(image)
        if self._on_image is not None:
            self._on_image(image)

    def __enter__(self) -> CapturedImages:  # noqa: PYI034  # Self is not in Python 3.10
        block = _Block(self._put)
        open_block(block)
        self._open.append((block, SINKS.set((*SINKS.get(), block.put))))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        traceback: TracebackType | None,
    ) -> Literal[False]:
        block, token = self._open.pop()
        block.end()
        leave(token)
        close_block(block)
        return False

    async def __aenter__(self) -> CapturedImages:  # noqa: PYI034  # as above
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        traceback: TracebackType | None,
    ) -> Literal[False]:
        return self.__exit__(kind, raised, traceback)

    def __repr__(self) -> str:
        dropped = f", {self.dropped} not kept" if self.dropped else ""
        return f"<CapturedImages: {list(self.images)}{dropped}>"


class _Block:
    """One run through a block: what contexts, threads and streams hold that may outlive it."""

    __slots__ = ("_put",)

    def __init__(self, put: OnImage) -> None:
        self._put: OnImage | None = put

    def put(self, image: CapturedImage) -> None:
        put = self._put
        if put is not None:
            put(image)

    def end(self) -> None:
        self._put = None


def capture_images(*, limit: int | None = None, on_image: OnImage | None = None) -> CapturedImages:
    """Collect the images of all replies that pass LiteLLM or the OpenAI SDK in a ``with`` block.

    Whatever stands in between, such as an agent framework that drops them::

        with imageshim.capture_images() as pictures:
            agent.run("Draw a cat.")
        for picture in pictures:
            picture.save("out/")

    Whole replies and streams, tool loops and retries; with or without :func:`imageshim.install`,
    on clients and functions that were made or taken before. A call of LiteLLM's that goes through
    the OpenAI SDK counts once. The replies themselves do not change. Outside of blocks nothing is
    wrapped.

    A block belongs to its context: tasks and threads that are started in it belong to it, others
    do not. In blocks inside of each other an image is in each. ``async with`` is the same. An
    image counts when it passes: of a stream, when somebody takes its chunks, in the block.

    Args:
        limit: how many images are kept, the newest ones; all, unless there is a callback.
        on_image: called with each image as it passes, in the thread and before the line that gets
            the reply; then nothing is kept, but for what ``limit`` says.

    Returns:
        A context manager that gives itself. The images are :class:`imageshim.GeneratedImage`
        objects that also know their ``reply_id``, ``model``, ``choice`` and ``call_site``.

    Raises:
        ImageShimError: ``limit`` is negative, or ``on_image`` cannot be called.

    """
    if limit is not None and limit < 0:
        raise ImageShimError(f"limit is {limit!r}; it is a number of images, from 0")
    checked_callback(on_image)
    if limit is None and on_image is not None:
        limit = 0
    return CapturedImages(limit, on_image)
