"""`assert_reads_every_format`: your function, called with what LiteLLM and gateways send."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from imageshim.messages.options import FormatLike
from imageshim.timeline import Format, format_of, target_format

from .reading_answers import Chunks, Found, answer_of, found_in
from .reading_cases import FURTHER, Case, cases
from .reading_failures import Failure, Tried, difference, message, raised
from .reply_carriers import carried, checked_carriers

__all__ = ["assert_reads_every_format"]


def assert_reads_every_format(  # noqa: PLR0913  # each option is a word of its own
    function: Callable[..., Any],
    *,
    formats: Iterable[FormatLike] = tuple(Format),
    carriers: Iterable[str] | None = None,
    versions: Iterable[str] = (),
    streamed: bool = False,
    choices: bool = False,
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
        function: takes a reply (with ``streamed``, a stream of its chunks, for both kinds of loop)
            and returns its images in order: a list, one image, or None. An image is a URL or
            base64, bytes, a path of a file, an open file, an image of Pillow, a
            :class:`imageshim.GeneratedImage`, or a record that has one of these among its fields
            (a dict, a pair, a dataclass, a model), beside its media type if you like. It may be a
            coroutine function, or a generator of either kind. One that has a further argument
            ``source`` is told the LiteLLM version in it.
        formats: those that it has to read.
        carriers: what the reply is: ``"dict"``, ``"openai"`` (an object of the OpenAI SDK),
            ``"litellm"``; all that are installed, unless told otherwise.
        versions: LiteLLM versions that it has to read; then nothing but what these write.
        streamed: call it with chunks.
        choices: also replies with two choices, the images of which are returned together.
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
    asked = (streamed, choices, drafts, markdown, http, dialects, unknown_source)
    chosen = frozenset(name for name, wanted in zip(FURTHER, asked, strict=True) if wanted)
    wanted = _formats(formats, versions)
    failures: list[Failure] = []
    tried: list[Tried] = []
    earlier: set[str] = set()
    for case in cases(wanted, chosen):
        if versions and not case.by_litellm:
            continue
        for carrier in checked_carriers(carriers):
            tried.append(Tried(case, carrier))
            failure = _try(function, case, carrier, earlier, streamed=streamed)
            earlier.update(case.images)
            if failure is not None:
                failures.append(failure)
    if failures:
        raise AssertionError(message(function, failures, tried))


def _formats(formats: Iterable[FormatLike], versions: Iterable[str]) -> tuple[Format, ...]:
    chosen = [target_format(one) for one in ([formats] if isinstance(formats, str) else formats)]
    of_versions = {format_of(version) for version in versions}
    return tuple(one for one in chosen if not of_versions or one in of_versions)


def _reply(case: Case, carrier: str) -> Any:
    choices = [
        {"index": index, "finish_reason": "stop", "message": copy.deepcopy(message)}
        for index, message in enumerate(case.messages)
    ]
    return carried({**_ENVELOPE, "object": "chat.completion", "choices": choices}, carrier)


def _chunks(case: Case, carrier: str) -> list[Any]:
    choices = [
        {"index": index, "delta": copy.deepcopy(delta), "finish_reason": reason}
        for index, deltas in enumerate(case.streams)
        for delta, reason in _finished([{"role": "assistant", "content": ""}, *deltas])
    ]
    bodies: list[list[Any]] = [*([one] for one in choices), []]  # usage comes without a choice
    made = [{**_ENVELOPE, "object": "chat.completion.chunk", "choices": one} for one in bodies]
    return [carried(chunk, carrier, streamed=True) for chunk in made]


def _finished(deltas: list[dict[str, Any]]) -> list[tuple[dict[str, Any], str | None]]:
    return [*((delta, None) for delta in deltas), ({}, "stop")]


_ENVELOPE = {"id": "chatcmpl-1", "created": 1, "model": "gemini-2.5-flash-image"}


# -- one call -------------------------------------------------------------------------------------


def _try(
    function: Callable[..., Any],
    case: Case,
    carrier: str,
    earlier: set[str],
    *,
    streamed: bool,
) -> Failure | None:
    given = _chunks(case, carrier) if streamed else _reply(case, carrier)
    shown: Any = case.streams if streamed else list(case.messages)
    shown = shown[0] if len(shown) == 1 else shown
    before = repr(given)
    expected = [Found.of_url(url) for url in case.images]
    try:
        answer = answer_of(function, Chunks(given) if streamed else given, _more(function, case))
        found = found_in(answer, expected)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # that it raises is what is told
        return Failure(case, carrier, f"raised {raised(error, function)}", shown)
    of_others = {Found.of_url(url).what for url in earlier if url not in str(case.messages)}
    wrong = difference(expected, found, of_others)
    if wrong is None and repr(given) != before:
        wrong = "changed the reply that it was given, which the caller still has"
    return None if wrong is None else Failure(case, carrier, wrong, shown)


def _more(function: Callable[..., Any], case: Case) -> Mapping[str, Any]:
    """Tell the source to a function that has an argument for it, beside the one for the reply."""
    try:
        _first, *others = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}
    return {"source": case.source} if case.source and "source" in others else {}
