"""What LiteLLM's own HTTP handlers read: ``openrouter/`` and the others without the OpenAI SDK.

There LiteLLM makes its objects of the server's JSON, and loses or refuses images that it does not
know: up to 1.76.3 it drops chunks with ``images``; from 1.77.0 to 1.82.0 it raises on a good reply
whose items have no ``index``, up to 1.110.2 at least on one whose items have no ``type``. So the
JSON is written as LiteLLM knows it, in the two places where it is parsed: ``json()`` of a response,
and a line of a stream. This happens while a wrapped call runs, and only then.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import ContextVar
from importlib import import_module
from typing import Any, NamedTuple

from imageshim.conversion import convert_message
from imageshim.errors import LossyConversionWarning
from imageshim.messages import carriers
from imageshim.messages.formats import parts as parts_format
from imageshim.messages.formats.images import FIELD as IMAGES
from imageshim.messages.options import plan
from imageshim.messages.parts import TextPart, text_of
from imageshim.messages.stash import FIELD, KEY
from imageshim.messages.walk import has_no_image, over_messages
from imageshim.timeline import Format

from .call_site import calling_place
from .failures import failed, warn_at
from .functions import WrappedFunction
from .policy import Call, format_of_installed
from .reentrancy import INSIDE

__all__ = ["SEEN", "WATCH", "given_back"]

_KEPT = "imageshim could not read what LiteLLM's handler got; LiteLLM gets it as it came"
# A text stays text: what stands in it is decided where the caller's reply is converted.
_DO = plan(Format.IMAGES, source=Format.IMAGES)


def _readable(message: Any, where: str) -> Any:
    """Write the images of a message in ``images``; the order of text and images is not kept."""
    converted = convert_message(message, _DO, where)
    if converted is message:
        return message
    specific = {**(converted.pop(FIELD, None) or {})}
    specific.pop(KEY, None)
    return {**converted, FIELD: specific} if specific else converted


SEEN: ContextVar[list[Any] | None] = ContextVar("imageshim_seen_bodies", default=None)
"""The bodies with images that were read for the call that is running."""


def _whole(body: Any) -> Any:
    """Write a chat completion as every LiteLLM version reads it."""
    if not _has_choices(body):
        return body
    written = over_messages(body, _readable, in_place=False)
    seen = SEEN.get()
    if seen is not None and any(map(_images_of, written["choices"])):
        seen.append(written)
    return written


def _images_of(choice: Any) -> Any:
    return carriers.get(carriers.get(choice, "message"), IMAGES)


def given_back(reply: Any, seen: Sequence[Any] | None) -> Any:
    """Give a reply the images that LiteLLM dropped of the body that it is made of.

    ``databricks/`` makes messages of the text alone.
    """
    return _tried(lambda held: _with_images_of(seen, held), reply) if seen else reply


def _with_images_of(seen: Sequence[Any], reply: Any) -> Any:
    if not has_no_image(reply):
        return reply
    name = carriers.get(reply, "id")
    body = next((one for one in reversed(seen) if name and one.get("id") == name), None)
    if body is None:
        return reply
    choices = iter(body["choices"])

    def with_images(message: Any, _where: str) -> Any:
        images = _images_of(next(choices, None))
        fields = carriers.fields(message)
        if not images or fields is None:
            return message
        return carriers.rebuilt(message, {**fields, IMAGES: images})

    return over_messages(reply, with_images, in_place=False)


def _chunk(chunk: Any) -> Any:
    """Write a chunk as every LiteLLM version reads it.

    Before 1.77.0 a delta with nothing but ``images`` is dropped; what is in
    ``provider_specific_fields`` goes through.
    """
    if not _has_choices(chunk):
        return chunk
    for choice in chunk["choices"]:
        delta = carriers.get(choice, "delta")
        if not isinstance(delta, dict):
            continue
        made = _as_text(_readable(delta, "delta"))
        if made.get(IMAGES) and format_of_installed() is not Format.IMAGES:
            made = {**made, FIELD: {**(made.get(FIELD) or {}), IMAGES: made[IMAGES]}}
            del made[IMAGES]
        choice["delta"] = made
    return chunk


def _as_text(delta: dict[str, Any]) -> dict[str, Any]:
    """Join the text of a delta of parts; LiteLLM drops a list."""
    listed = delta.get("content")
    if not isinstance(listed, list):
        return delta
    parts = parts_format.lift(listed)
    is_text = all(isinstance(part, TextPart) for part in parts)
    return {**delta, "content": text_of(parts)} if is_text else delta


def _has_choices(body: Any) -> bool:
    return isinstance(body, dict) and isinstance(body.get("choices"), list)


def _tried(change: Callable[[Any], Any], body: Any) -> Any:
    try:
        return change(body)
    except Exception as error:  # noqa: BLE001  # LiteLLM gets what came
        failed(_KEPT, error, calling_place(), strict=False)
        return body


def _with_json(response: Any) -> Any:
    """Let ``json()`` of a response give what LiteLLM can read; its bytes stay as they came."""
    parse: Any = getattr(response, "json", None)

    def parsed(*args: Any, **options: Any) -> Any:
        return _tried(_whole, parse(*args, **options))

    if callable(parse):
        with suppress(AttributeError):  # somebody's own class, which takes no attributes
            response.json = parsed
    return response


async def _awaited(response: Any) -> Any:
    return _with_json(await response)


def _posted(wrapped: Callable[..., Any], _instance: Any, args: Any, kwargs: Any) -> Any:
    answer = wrapped(*args, **kwargs)
    if INSIDE.get() != "litellm":
        return answer
    return _awaited(answer) if inspect.isawaitable(answer) else _with_json(answer)


def _parsed(wrapped: Callable[..., Any], _instance: Any, args: Any, kwargs: Any) -> Any:
    chunk = wrapped(*args, **kwargs)
    return _tried(_chunk, chunk) if INSIDE.get() == "litellm" else chunk


_STREAMS, _ALL = "of streams ", ""
_LOSES = {
    "aiohttp_openai": _ALL,
    "amazon_nova": _STREAMS,
    "maritalk": _STREAMS,
    "oobabooga": _ALL,
    "snowflake": _STREAMS,
}
"""The providers whose images cannot be given back: found with ``tests/live/scripts``, on 1.110.2.

They have handlers of their own that take the text and nothing else. None is known to draw.
"""
_warned: set[str] = set()


def warn_of_loss(call: Call) -> None:
    """Warn, once a provider, of a request for images to a provider whose images LiteLLM loses.

    Raises:
        LossyConversionWarning: the warning filters make an error of it.

    """
    model, provider = call.request.get("model"), call.request.get("custom_llm_provider")
    if not provider and isinstance(model, str):
        provider = model.partition("/")[0]
    loses = _LOSES.get(provider) if isinstance(provider, str) else None
    if loses is None or provider in _warned or not call.asks_for_images():
        return
    if loses == _STREAMS and not call.request.get("stream"):
        return
    warn_at(
        calling_place(),
        f"LiteLLM's own handler of {provider}/ only reads text: images {loses}are lost before "
        "imageshim sees them; call the server through openai/ with its api_base",
        LossyConversionWarning,
    )
    _warned.add(str(provider))


class _Point(NamedTuple):
    module: str
    cls: str
    method: str
    around: Callable[..., Any]


_HTTP = "litellm.llms.custom_httpx.http_handler"
_POINTS = (
    _Point(_HTTP, "HTTPHandler", "post", _posted),
    _Point(_HTTP, "AsyncHTTPHandler", "post", _posted),
    _Point(
        "litellm.llms.base_llm.base_model_iterator",
        "BaseModelResponseIterator",
        "_string_to_dict_parser",
        _parsed,
    ),
)


class _Patch(NamedTuple):
    cls: type
    method: str
    before: Any
    after: Any


class _Watch:
    """Whether what LiteLLM's handlers read is looked at; the process has one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._on = False
        self._patches: list[_Patch] = []

    def start(self) -> None:
        """Look at it from now on; to be called when a call begins, and cheap after the first."""
        if self._on:
            return
        with self._lock:
            if not self._on:
                self._patches = [made for point in _POINTS if (made := _patched(point))]
                self._on = True

    def stop(self) -> None:
        """Take it back, where nobody has patched above."""
        with self._lock:
            self._on = False
            for patch in self._patches:
                if vars(patch.cls).get(patch.method) is patch.after:
                    setattr(patch.cls, patch.method, patch.before)
            self._patches = []


def _patched(point: _Point) -> _Patch | None:
    """Wrap one method; None where a LiteLLM version has none of that name."""
    try:
        cls = getattr(import_module(point.module), point.cls, None)
    except ImportError:
        return None
    before = vars(cls).get(point.method) if isinstance(cls, type) else None
    if cls is None or before is None:
        return None
    after = WrappedFunction(before, point.around, (_named, point[:3]))
    setattr(cls, point.method, after)
    return _Patch(cls, point.method, before, after)


WATCH = _Watch()


def _named(module: str, cls: str, method: str) -> Any:
    """Find a method by name, where it is unpickled."""
    return getattr(getattr(import_module(module), cls), method)
