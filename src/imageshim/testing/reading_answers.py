"""What a function that reads images gave back, whatever it is made of, as bytes or addresses."""

from __future__ import annotations

import asyncio
import base64
import binascii
import inspect
import mimetypes
import os
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from imageshim.reading import GeneratedImage

__all__ = ["Chunks", "Found", "answer_of", "found_in"]


class Found(NamedTuple):
    """One image that was given back."""

    what: bytes | str
    """The bytes of the image, or its address."""
    media_type: str | None = None
    """What it is said to be, in a data URI or by the name of a file."""

    @classmethod
    def of_url(cls, url: str) -> Found:
        """Take a data URI or base64 for its bytes, and all other text as it is."""
        is_data = url[:5].lower() == "data:"
        header, _, payload = url.partition(",") if is_data else ("", "", url)
        try:
            data = base64.b64decode(payload, validate=True)
        except (binascii.Error, ValueError):
            return cls(url)
        return cls(data, _image_type(header[5:].partition(";")[0].lower()))


def _image_type(said: str | None) -> str | None:
    """Return an image's media type; None of what says nothing about images."""
    if said is None or not said.startswith("image/"):
        return None
    return "image/jpeg" if said == "image/jpg" else said


class Chunks:
    """A stream as the SDKs give it: for both kinds of loop, and to be closed."""

    def __init__(self, chunks: list[Any]) -> None:
        self._chunks = iter(chunks)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self._chunks)

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        for chunk in self._chunks:
            return chunk
        raise StopAsyncIteration

    def close(self) -> None:
        """Give no more."""
        self._chunks = iter(())

    async def aclose(self) -> None:
        """Do as `close`."""
        self.close()

    def __enter__(self) -> Chunks:  # noqa: PYI034  # Self is not in Python 3.10
        return self

    def __exit__(self, *_raised: object) -> None:
        self.close()

    async def __aenter__(self) -> Chunks:  # noqa: PYI034  # as above
        return self

    async def __aexit__(self, *_raised: object) -> None:
        self.close()


def answer_of(function: Callable[..., Any], given: Any, options: Mapping[str, Any]) -> Any:
    """Call a function, asynchronous ones and generators to their end."""
    answer = function(given, **options)
    if inspect.isawaitable(answer):
        return _waited(_awaited(answer))
    if hasattr(answer, "__aiter__"):
        return _waited(_collected(answer))
    return answer


async def _awaited(answer: Any) -> Any:
    return await answer


async def _collected(answer: Any) -> list[Any]:
    return [one async for one in answer]


def _waited(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine: in a thread of its own where an asynchronous test is running here."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    done: list[Any] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            done.append(asyncio.run(coroutine))
        except BaseException as error:  # noqa: BLE001  # raised again, below
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]
    return done[0]


def found_in(answer: Any) -> list[Found]:
    """Take an answer for the images that it holds: a list, one, or none.

    Raises:
        TypeError: something in it is not an image.

    """
    if answer is None or (isinstance(answer, (str, bytes, bytearray)) and not answer):
        return []
    if isinstance(answer, (*_ONE, Mapping)) or hasattr(answer, "getvalue"):
        answer = [answer]
    drafts = (one for one in answer if not getattr(one, "is_draft", False))
    return [_found(one) for one in drafts if one is not None]


_ONE = (str, bytes, bytearray, memoryview, os.PathLike, GeneratedImage)


def _found(image: Any) -> Found:
    if isinstance(image, GeneratedImage):
        return Found.of_url(image.url)
    if isinstance(image, (bytes, bytearray, memoryview)):
        return Found(bytes(image))
    if hasattr(image, "getvalue"):  # io.BytesIO
        return Found(image.getvalue())
    if isinstance(image, os.PathLike) or (isinstance(image, str) and _is_file(image)):
        kind, _encoding = mimetypes.guess_type(str(image), strict=False)
        return Found(Path(image).read_bytes(), _image_type(kind))
    if isinstance(image, str):
        return Found.of_url(image)
    raise TypeError(
        f"it returned a value of type {type(image).__name__} for an image; "
        "a URL, bytes, a path or a GeneratedImage is one"
    )


_LONGEST_PATH = 4096


def _is_file(text: str) -> bool:
    """Tell whether a text names a file; base64 in letters that are a path is longer than names."""
    return len(text) < _LONGEST_PATH and "\0" not in text and os.path.isfile(text)  # noqa: PTH113
