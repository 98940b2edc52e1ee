"""What a function that reads images gave back, whatever it is made of, as bytes or addresses."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import inspect
import io
import mimetypes
import os
import re
import sys
import threading
from collections.abc import (
    AsyncIterator,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, NamedTuple

from imageshim.image_data import data_uri
from imageshim.reading import GeneratedImage, Reading

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


def found_in(answer: Any, expected: Sequence[Found] = ()) -> list[Found]:
    """Take an answer for the images that it holds: a list, one, or none.

    An image may also stand in a record of its own (a dataclass, a pair, a dict), beside its media
    type and whatever else. Those of `expected` are recognised in what Pillow has decoded.

    Raises:
        TypeError: something in it is not an image.

    """
    if answer is None or (isinstance(answer, (str, bytes, bytearray)) and not answer):
        return []
    if _is_one(answer) or not isinstance(answer, Iterable):
        answer = [answer]
    found = [one for image in answer if image is not None for one in _each(image)]
    return [_recognised(one, expected) for one in found]


_ONE = (str, bytes, bytearray, memoryview, os.PathLike, GeneratedImage, Mapping)


def _is_one(answer: Any) -> bool:
    """Tell whether an answer is one image or one record, though it could be looped over."""
    if isinstance(answer, tuple):  # a pair of text and images, of media type and bytes
        return hasattr(answer, "_fields") or any(
            isinstance(one, list) or _is_media_type(one) for one in answer
        )
    is_model = hasattr(type(answer), "model_fields")
    return isinstance(answer, _ONE) or is_model or _is_open_file(answer) or _is_pillow(answer)


def _each(image: Any) -> Iterator[Found]:
    """Take one member of an answer for an image, or for a record that holds images."""
    if getattr(image, "is_draft", False):
        return
    found = _found(image)
    if found is not None:
        yield found
        return
    values = _fields(image)
    if values is None:
        raise TypeError(
            f"it returned a value of type {type(image).__name__} for an image; "
            "a URL, bytes, a path or a GeneratedImage is one"
        )
    yield from _of_record(values)


def _found(image: Any) -> Found | None:
    if isinstance(image, GeneratedImage):
        return Found.of_url(image.url)
    if isinstance(image, (bytes, bytearray, memoryview)):
        return Found(bytes(image))
    if _is_open_file(image):
        return Found(_contents(image))
    if _is_pillow(image):
        return Found(_drawn(image))
    if isinstance(image, os.PathLike) or (isinstance(image, str) and _is_file(image)):
        kind, _encoding = mimetypes.guess_type(str(image), strict=False)
        return Found(Path(image).read_bytes(), _image_type(kind))
    return Found.of_url(image) if isinstance(image, str) else None


def _is_open_file(image: Any) -> bool:
    return hasattr(image, "getvalue") or (hasattr(image, "read") and hasattr(image, "seek"))


def _contents(file: Any) -> bytes:
    if hasattr(file, "getvalue"):  # io.BytesIO, wherever it stands
        return bytes(file.getvalue())
    with file:  # nobody else closes it
        return bytes(file.read())


_LONGEST_PATH = 4096


def _is_file(text: str) -> bool:
    """Tell whether a text names a file; base64 in letters that are a path is longer than names."""
    return len(text) < _LONGEST_PATH and "\0" not in text and os.path.isfile(text)  # noqa: PTH113


# -- records --------------------------------------------------------------------------------------


def _fields(record: Any) -> list[Any] | None:
    """Return the values of a dict, a pair, a dataclass or another plain object."""
    if isinstance(record, Mapping):
        return list(record.values())
    if isinstance(record, (list, tuple)):
        return list(record)
    if is_dataclass(record) and not isinstance(record, type):
        return [getattr(record, field.name) for field in fields(record)]
    if isinstance(record, Reading):
        return list(record.images)
    if not hasattr(record, "__dict__") or callable(record):
        return None
    return [*vars(record).values(), *(getattr(record, "model_extra", None) or {}).values()]


def _of_record(values: list[Any]) -> Iterator[Found]:
    """Find the images among the values: each once, though it be there as a URL and as bytes."""
    said = next((_image_type(one) for one in values if _is_media_type(one)), None)
    before: list[bytes | str] = []
    for value in values:
        for found in _in_field(value):
            if found.what not in before:
                before.append(found.what)
                yield found._replace(media_type=said or found.media_type)


def _in_field(value: Any) -> Iterable[Found]:
    """Give the images in a field, which may also be text, a number or anything else."""
    if isinstance(value, str):
        return _each(value) if _is_image(value) else []
    is_image = isinstance(value, _ONE) or _is_open_file(value) or _is_pillow(value)
    return _each(value) if is_image or _fields(value) is not None else []


_ADDRESS = re.compile("https?://", re.IGNORECASE)
_MEDIA_TYPE = re.compile(r"image/[\w.+-]+", re.IGNORECASE)


def _is_media_type(value: Any) -> bool:
    return isinstance(value, str) and _MEDIA_TYPE.fullmatch(value) is not None


def _is_image(text: str) -> bool:
    """Tell whether a text is an image, an address or a path of one, and nothing else."""
    return (
        _ADDRESS.match(text) is not None
        or text[:5].lower() == "data:"
        or data_uri.sniff(text) is not None
        or _is_file(text)
    )


# -- Pillow ---------------------------------------------------------------------------------------


def _is_pillow(image: Any) -> bool:
    pillow = sys.modules.get("PIL.Image")  # who returns its images has loaded it
    return pillow is not None and isinstance(image, pillow.Image)


def _drawn(image: Any) -> str:
    """Say what a decoded image shows: the bytes that it was are not in it."""
    width, height = image.size
    pixels = hashlib.sha256(image.convert("RGBA").tobytes()).hexdigest()
    return f"a Pillow image of {width} x {height} pixels, {pixels}"


def _recognised(found: Found, expected: Sequence[Found]) -> Found:
    if not (isinstance(found.what, str) and found.what.startswith("a Pillow image")):
        return found
    pillow = sys.modules["PIL.Image"]
    for known in expected:
        if isinstance(known.what, bytes):
            with pillow.open(io.BytesIO(known.what)) as image:
                if _drawn(image) == found.what:
                    return known
    return found
