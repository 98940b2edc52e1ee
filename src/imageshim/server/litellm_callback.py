"""The callback of LiteLLM's proxy: each client gets the format it asks for.

One line in ``config.yaml``::

    litellm_settings:
      callbacks: imageshim.server.litellm_callback.image_formats

``IMAGESHIM_DEFAULT`` (a format), ``IMAGESHIM_RULES`` (a rules file), ``IMAGESHIM_PICK`` (``first``
or ``final``) and ``IMAGESHIM_METRICS_PORT`` (Prometheus metrics on a port of their own) are read
from the environment.

Releases up to at least 1.90.7 look for callbacks beside ``config.yaml`` only (``get_instance_fn``
in ``proxy/types_utils/utils.py``). For them, put a file ``image_formats.py`` there with the line
``from imageshim.server.litellm_callback import image_formats``, and write
``callbacks: image_formats.image_formats``.

What the proxy's releases do with a callback was measured on 1.75.9, 1.76.3, 1.77.5 and 1.109.1:
they take what a success hook changes in place, from 1.81.4 on also what it returns; from 1.86.0
on they look for hooks in the class itself and not in its bases; a streaming hook that returns text
destroys the stream, so that there is none here.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from importlib.metadata import version as version_of
from typing import Any
from urllib.parse import urlsplit

from fastapi import HTTPException
from litellm.integrations.custom_logger import CustomLogger

from imageshim.conversion import convert, convert_in_place
from imageshim.errors import FormatRequestError
from imageshim.messages import carriers
from imageshim.messages.options import PICK, Pick, check_option, plan
from imageshim.messages.origin import OWN_PROVIDERS, provider_of
from imageshim.messages.stash import FIELD
from imageshim.printing.escapes import shown
from imageshim.streaming.converter import ChunkMachine
from imageshim.streaming.fail_open import FailOpen
from imageshim.timeline import Format, format_of, is_at_least

from .asked import Asked, take_format
from .callback_state import decided, drop, keep
from .litellm_headers import announce, install_announcer
from .metrics import Metrics, default_metrics, serve_metrics
from .negotiation import Decision, Negotiation, pick_of_environment

__all__ = ["ImageFormats", "image_formats"]

_log = logging.getLogger(__name__)

_CHAT = frozenset({"completion", "acompletion"})


class ImageFormats(CustomLogger):  # type: ignore[misc]  # LiteLLM is not installed here
    """Decides on a format before the call, and gives the reply in it.

    Args:
        negotiation: the operator's choices; None reads them from the environment when the proxy
            starts.
        strict: a reply that cannot be converted is an error; else it passes as it came, with a
            line in the log.
        metrics: where replies are counted; None is prometheus-client's own registry, which the
            proxy's ``/metrics`` shows too.
        pick: which of several images the format ``image`` holds, as in :func:`imageshim.convert`;
            in streams the ``"final"`` one comes when its choice ends. None reads the environment.

    Raises:
        ImageShimError: ``pick`` is unknown.

    """

    def __init__(
        self,
        negotiation: Negotiation | None = None,
        *,
        strict: bool = False,
        metrics: Metrics | None = None,
        pick: Pick | None = None,
    ) -> None:
        super().__init__()
        self._negotiation = negotiation or Negotiation.for_proxy()
        self._strict = strict
        self._pick: Pick = pick_of_environment() if pick is None else pick
        check_option("pick", self._pick, PICK)
        self._metrics = metrics or default_metrics()
        self._version = version_of("litellm")
        self._takes_returned = is_at_least(self._version, _TAKES_RETURNED)
        install_announcer()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Give each subclass the hooks as its own: the proxy does not look at its bases."""
        super().__init_subclass__(**kwargs)
        for name in _HOOKS:
            if name not in cls.__dict__:
                setattr(cls, name, getattr(cls, name))

    # -- before the call -----------------------------------------------------------------------

    async def async_pre_call_hook(
        self, user_api_key_dict: Any, cache: Any, data: dict[str, Any], call_type: str
    ) -> dict[str, Any] | None:
        """Decide on the format, and keep the wish from the upstream."""
        del cache
        drop(data)
        if call_type not in _CHAT or not isinstance(data, dict):
            return None
        asked = _asked(data, user_api_key_dict, _take(data))
        try:
            decision = self._negotiation.decide(asked)
        except FormatRequestError as fault:
            self._metrics.failure("refused")
            raise _bad_request(fault) from None
        keep(data, decision)
        announce(self._negotiation.response_headers(decision))
        return data

    # -- the reply -------------------------------------------------------------------------------

    async def async_post_call_success_hook(
        self, data: dict[str, Any], user_api_key_dict: Any, response: Any
    ) -> Any:
        """Give a whole reply in the format that was decided on."""
        decision = decided(data)
        if decision is None or carriers.items_of(carriers.get(response, "choices")) is None:
            return response
        begun = time.perf_counter()
        new = response
        try:
            new = self._converted(response, decision.format)
        except Exception as fault:
            self._fail(fault)
            if self._strict:
                raise
        seconds = time.perf_counter() - begun
        changed = new is not response
        self._count(data, user_api_key_dict, decision, seconds, changed=changed)
        return new if self._takes_returned else response

    def _converted(self, response: Any, to: Format | None) -> Any:
        if to is None:
            return response
        source = self._source(response)
        new = convert(response, to, source=source, pick=self._pick)
        if new is not response and not self._takes_returned:
            # It is what LiteLLM logs, too; where that can be helped, it is left as it is.
            convert_in_place(response, plan(to, source=source, pick=self._pick))
        return new

    async def async_post_call_streaming_iterator_hook(
        self, user_api_key_dict: Any, response: Any, request_data: dict[str, Any]
    ) -> AsyncIterator[Any]:
        """Give a stream in the format that was decided on, chunk by chunk."""
        decision = decided(request_data)
        if decision is None or decision.format is None:
            async for chunk in response:
                yield chunk
            return
        source = self._source(response)
        stream = FailOpen(ChunkMachine(decision.format, source=source, pick=self._pick))
        seconds, changed = 0.0, False
        try:
            async for chunk in response:
                begun = time.perf_counter()
                out = self._fed(stream, partial(stream.feed, chunk))
                seconds += time.perf_counter() - begun
                changed = changed or len(out) != 1 or out[0] is not chunk
                for one in out:
                    yield one if one is chunk else _sendable(one)
            for one in self._fed(stream, stream.finish):
                yield _sendable(one)
        finally:
            await _close(response)
            self._count(request_data, user_api_key_dict, decision, seconds, changed=changed)

    def _fed(self, stream: FailOpen[Any], step: Callable[[], list[Any]]) -> list[Any]:
        """Take one step of a stream; tell of the fault that ends its conversion, once."""
        converted = stream.converts
        out = step()
        if converted and stream.fault is not None:
            self._fail(stream.fault)
            if self._strict:
                raise stream.fault
        return out

    async def async_post_call_response_headers_hook(
        self, data: dict[str, Any], user_api_key_dict: Any, response: Any, **_more: Any
    ) -> dict[str, str] | None:
        """Tell the client which format it gets; releases without this hook: `litellm_headers`."""
        del user_api_key_dict
        decision = decided(data)
        if decision is None or response is None:
            return None
        return dict(self._negotiation.response_headers(decision))

    # -- what is known ---------------------------------------------------------------------------

    def _source(self, response: Any) -> Format | None:
        """Tell in which format this proxy's own images come; None where they may be another's.

        An entry of the cache may be of another release: LiteLLM normalises none.
        """
        import litellm  # noqa: PLC0415  # read anew: the configuration may come later

        provider = provider_of(response)
        if litellm.cache is not None or (provider is not None and provider not in OWN_PROVIDERS):
            return None
        return format_of(self._version)

    def _fail(self, fault: Exception) -> None:
        self._metrics.failure("conversion")
        _log.warning(
            "a reply passed as it came: %s: %.300s", type(fault).__name__, shown(str(fault))
        )
        _log.debug("the conversion failed", exc_info=fault)

    def _count(
        self, data: dict[str, Any], key: Any, decision: Decision, seconds: float, *, changed: bool
    ) -> None:
        # The proxy writes the bytes later, where no hook sees them.
        self._metrics.reply(_asked(data, key), decision, (0, 0), seconds=seconds, changed=changed)


_HOOKS = (
    "async_pre_call_hook",
    "async_post_call_success_hook",
    "async_post_call_streaming_iterator_hook",
    "async_post_call_response_headers_hook",
)

_TAKES_RETURNED = "1.81.4"
"""The first release that takes what a success hook returns (BerriAI/litellm PR #19670)."""


def _sendable(chunk: Any) -> Any:
    """Give a chunk as the proxy can send it.

    1.109.1 writes chunks that look simple without the fields that it does not know
    (``_fast_serialize_simple_model_response_stream``), and proxies up to at least 1.77.5 join
    ``content`` as text (``get_response_string``): those get a list as JSON, which they send as it
    is.
    """
    import litellm  # noqa: PLC0415  # loads its names when they are first asked for

    for choice in chunk.choices:
        delta = choice.delta
        if isinstance(carriers.get(delta, "content"), list):
            try:
                litellm.get_response_string(response_obj=chunk)
            except TypeError:
                return chunk.model_dump_json(exclude_none=True, exclude_unset=True)
        if carriers.get(delta, "image") and carriers.get(delta, FIELD) is None:
            setattr(delta, FIELD, {})
    return chunk


def _take(data: dict[str, Any]) -> object:
    """Take the wish out of the request, and out of the copies that the proxy made of it."""
    metadata = data.get("metadata")
    copies = [metadata.get("requester_metadata")] if isinstance(metadata, dict) else []
    request = data.get("proxy_server_request")
    body = request.get("body") if isinstance(request, dict) else None
    wishes = [take_format({"metadata": copy}) for copy in copies] + [take_format(body)]
    wish = take_format(data)
    return wish if wish is not None else next((one for one in wishes if one is not None), None)


def _asked(data: Mapping[str, Any], key: Any, wish: object = None) -> Asked:
    """Gather what the proxy knows of a request; ``key`` is its ``UserAPIKeyAuth``."""
    request = data.get("proxy_server_request")
    request = request if isinstance(request, dict) else {}
    sent = request.get("headers")
    headers = sent.items() if isinstance(sent, Mapping) else ()
    model = data.get("model")
    return Asked(
        headers={str(name).lower(): str(value) for name, value in headers},
        metadata_format=wish,
        key_metadata=_mapping(key, "metadata"),
        team_metadata=_mapping(key, "team_metadata"),
        key_alias=getattr(key, "key_alias", None),
        model=model if isinstance(model, str) else None,
        path=_path(str(request.get("url", ""))),
    )


def _path(url: str) -> str | None:
    """Give the path of a URL, whose host is what the client says; None where it is none."""
    try:
        return urlsplit(url).path or None
    except ValueError:
        return None


def _mapping(key: Any, name: str) -> Mapping[str, Any] | None:
    value = getattr(key, name, None)
    return value if isinstance(value, Mapping) else None


def _bad_request(fault: FormatRequestError) -> HTTPException:
    """Make the error that the proxy writes in OpenAI's shape."""
    error: Any = HTTPException(status_code=400, detail=str(fault))
    error.type, error.param = "invalid_request_error", fault.param
    return error


async def _close(stream: Any) -> None:
    close = getattr(stream, "aclose", None)
    if close is not None:
        await close()


image_formats = ImageFormats()
"""The callback, as the environment says."""
serve_metrics(os.environ.get("IMAGESHIM_METRICS_PORT"))
