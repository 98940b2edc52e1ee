"""`assert_reads_every_format`: your function, called with what LiteLLM and gateways send."""

from __future__ import annotations

import asyncio
import base64
import binascii
import copy
import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from imageshim.messages.options import FormatLike
from imageshim.reading import GeneratedImage
from imageshim.timeline import Format, format_of, target_format

from .reading_cases import FURTHER, Case, cases
from .reading_failures import Failure, Found, Tried, difference, message, raised
from .reply_carriers import carried, checked_carriers

__all__ = ["assert_reads_every_format"]


def assert_reads_every_format(  # noqa: PLR0913  # each option is a word of its own
    function: Callable[..., Any],
    *,
    formats: Iterable[FormatLike] = tuple(Format),
    carriers: Iterable[str] | None = None,
    versions: Iterable[str] = (),
    streamed: bool = False,
    drafts: bool = False,
    markdown: bool = False,
    http: bool = False,
    dialects: bool = False,
    unknown_source: bool = False,
) -> None:
    """Call your function with replies as they come, and see that it finds every image.

    ::

        def test_my_reader():
            assert_reads_every_format(my_reader)

    The replies are the four formats, as LiteLLM of each era and OpenRouter write them: with text
    before, between and behind the pictures, several pictures, some that begin alike, JPEG and WebP,
    and without any picture.

    Args:
        function: takes a reply (with ``streamed``, an iterable of its chunks) and returns its
            images in order: a list, one image, or None. An image is a URL or base64, bytes, a path
            of a file, or a :class:`imageshim.GeneratedImage`. It may be a coroutine function. One
            that has an argument ``source`` is told the LiteLLM version in it.
        formats: those that it has to read.
        carriers: what the reply is: ``"dict"``, ``"openai"`` (an object of the OpenAI SDK),
            ``"litellm"``; all that are installed, unless told otherwise.
        versions: LiteLLM versions that it has to read; then nothing but what these write.
        streamed: call it with chunks.
        drafts: also a draft in the reasoning, which is not an image of the answer.
        markdown: also images in Markdown.
        http: also addresses of images, which are returned as they are.
        dialects: also spellings of other gateways.
        unknown_source: also text of unknown origin that quotes a data URI, which is no image.

    Raises:
        AssertionError: it does not find them; the message, of less than 4,000 characters, shows
            the smallest replies, and says why each comes.
        ImageShimError: an argument is unknown, or a carrier is not installed.

    """
    asked = (drafts, markdown, http, dialects, unknown_source)
    chosen = frozenset(name for name, wanted in zip(FURTHER, asked, strict=True) if wanted)
    wanted = _formats(formats, versions)
    failures: list[Failure] = []
    tried: list[Tried] = []
    for case in cases(wanted, chosen):
        if versions and not case.by_litellm:
            continue
        for carrier in checked_carriers(carriers):
            tried.append(Tried(case, carrier))
            failure = _try(function, case, carrier, streamed=streamed)
            if failure is not None:
                failures.append(failure)
    if failures:
        raise AssertionError(message(function, failures, tried))


def _formats(formats: Iterable[FormatLike], versions: Iterable[str]) -> tuple[Format, ...]:
    chosen = [target_format(one) for one in ([formats] if isinstance(formats, str) else formats)]
    of_versions = {format_of(version) for version in versions}
    return tuple(one for one in chosen if not of_versions or one in of_versions)


def _reply(case: Case, carrier: str) -> Any:
    choice = {"index": 0, "finish_reason": "stop", "message": copy.deepcopy(case.message)}
    reply = {**_ENVELOPE, "object": "chat.completion", "choices": [choice]}
    return carried(reply, carrier)


def _chunks(case: Case, carrier: str) -> list[Any]:
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}, *case.deltas, {}]
    bodies: list[dict[str, Any]] = [
        {"index": 0, "delta": copy.deepcopy(delta), "finish_reason": None} for delta in deltas
    ]
    bodies[-1]["finish_reason"] = "stop"
    choices: list[list[Any]] = [*([one] for one in bodies), []]  # usage comes without a choice
    made = [{**_ENVELOPE, "object": "chat.completion.chunk", "choices": one} for one in choices]
    return [carried(chunk, carrier, streamed=True) for chunk in made]


_ENVELOPE = {"id": "chatcmpl-1", "created": 1, "model": "gemini-2.5-flash-image"}


# -- one call -------------------------------------------------------------------------------------


def _try(
    function: Callable[..., Any], case: Case, carrier: str, *, streamed: bool
) -> Failure | None:
    given = _chunks(case, carrier) if streamed else _reply(case, carrier)
    shown: Any = case.deltas if streamed else case.message
    try:
        found = _images(_call(function, iter(given) if streamed else given, case))
    except Exception as error:  # noqa: BLE001  # that it raises is what is told
        return Failure(case, carrier, f"raised {raised(error, function)}", shown)
    wrong = difference([_bytes(url) for url in case.images], found)
    return None if wrong is None else Failure(case, carrier, wrong, shown)


def _call(function: Callable[..., Any], given: Any, case: Case) -> Any:
    more = {}
    if case.source and _takes_source(function):
        more["source"] = case.source
    answer = function(given, **more)
    if inspect.isawaitable(answer):

        async def waited() -> Any:
            return await answer

        return asyncio.run(waited())
    return answer


def _takes_source(function: Callable[..., Any]) -> bool:
    try:
        return "source" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


def _images(answer: Any) -> list[Found]:
    if answer is None:
        return []
    if isinstance(answer, (str, bytes, bytearray, os.PathLike, GeneratedImage, Mapping)):
        answer = [answer]
    drafts = (one for one in answer if not getattr(one, "is_draft", False))
    return [_bytes(one) for one in drafts if one is not None]


def _bytes(image: Any) -> Found:
    if isinstance(image, GeneratedImage):
        image = image.url
    if isinstance(image, os.PathLike):
        return Path(image).read_bytes()
    if isinstance(image, (bytes, bytearray)):
        return bytes(image)
    if not isinstance(image, str):
        raise TypeError(
            f"it returned a {type(image).__name__} for an image; "
            "a URL, bytes, a path or a GeneratedImage is one"
        )
    if "://" in image[:12]:
        return image
    payload = image.partition(",")[2] if image[:5].lower() == "data:" else image
    try:
        return base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError):
        return image
