"""The callback of LiteLLM's proxy, without a proxy around it: what no client can see."""

from __future__ import annotations

import asyncio
import logging
from types import SimpleNamespace
from typing import Any

import litellm
from litellm.types.utils import Message, ModelResponse

from imageshim.server import litellm_callback, litellm_headers
from imageshim.server.litellm_callback import ImageFormats
from imageshim.testing.pictures import png

URL = png(1).url
KEY = SimpleNamespace(metadata={}, team_metadata=None, key_alias=None)


def _asked(wish: str) -> dict[str, Any]:
    data = {
        "model": "m",
        "metadata": {"image_format": wish, "requester_metadata": {"image_format": wish}},
        "proxy_server_request": {
            "url": "http://proxy/v1/chat/completions",
            "headers": {"User-Agent": "test"},
            "body": {"metadata": {"image_format": wish}},
        },
    }
    asyncio.run(litellm_callback.image_formats.async_pre_call_hook(KEY, None, data, "acompletion"))
    return data


def decided() -> dict[str, Any]:
    """What the hook leaves of a request, and the wish nowhere in it."""
    data = _asked("content")
    return {"state": data["metadata"]["imageshim"], "told": "image_format" in str(data)}


def subclass_hooks() -> list[str]:
    """The hooks that a subclass has as its own: the proxy looks at the leaf class only."""

    class Mine(ImageFormats):
        pass

    return sorted(name for name in litellm_callback._HOOKS if name in vars(Mine))


class _Log(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def failing(*, strict: bool) -> dict[str, Any]:
    """A reply and a stream whose conversion fails."""

    def fail(*_arguments: Any, **_named: Any) -> Any:
        raise RuntimeError("of no use")

    hooks, log = ImageFormats(strict=strict), _Log()
    litellm_callback._log.addHandler(log)
    kept = litellm_callback.convert, litellm_callback.ChunkMachine.feed
    litellm_callback.convert = litellm_callback.ChunkMachine.feed = fail
    data, reply = _asked("content"), ModelResponse()
    chunks = [litellm.ModelResponseStream(), litellm.ModelResponseStream()]

    async def upstream() -> Any:
        for chunk in chunks:
            yield chunk

    async def run() -> dict[str, Any]:
        out: dict[str, Any] = {}
        try:
            answer = await hooks.async_post_call_success_hook(data, KEY, reply)
            out["same reply"] = answer is reply
        except RuntimeError as fault:
            out["reply"] = str(fault)
        try:
            stream = hooks.async_post_call_streaming_iterator_hook(KEY, upstream(), data)
            out["same chunks"] = [chunk async for chunk in stream] == chunks
        except RuntimeError as fault:
            out["stream"] = str(fault)
        return out

    try:
        return {**asyncio.run(run()), "log": log.lines}
    finally:
        litellm_callback.convert, litellm_callback.ChunkMachine.feed = kept
        litellm_callback._log.removeHandler(log)


def cached() -> list[str | None]:
    """The content that an older release left in the cache, without and with a cache set up."""
    told = []
    for cache in (None, object()):
        kept, litellm.cache = litellm.cache, cache
        try:
            source = litellm_callback.image_formats._source(ModelResponse())
        finally:
            litellm.cache = kept
        told.append(None if source is None else str(source))
    return told


def logged() -> bool:
    """Whether LiteLLM's own object, which it logs, is left as it was."""
    data = _asked("content")
    item = {"image_url": {"url": URL, "detail": "auto"}, "index": 0, "type": "image_url"}
    reply = ModelResponse()
    reply.choices[0].message = Message(content="Here: ", role="assistant", images=[item])
    before = reply.model_dump_json()
    hook = litellm_callback.image_formats.async_post_call_success_hook
    answer = asyncio.run(hook(data, KEY, reply))
    assert answer.choices[0].message.content == f"Here: {URL}", answer
    return reply.model_dump_json() == before


def layers() -> int:
    """How many layers stand around an application after two callbacks were made; -1: no need."""
    import sys

    if hasattr(litellm_headers.CustomLogger, "async_post_call_response_headers_hook"):
        return -1
    app = SimpleNamespace(middleware_stack=lambda *_: None)
    name = "litellm.proxy.proxy_server"
    kept, sys.modules[name] = sys.modules.get(name), SimpleNamespace(app=app)
    try:
        ImageFormats()
        ImageFormats()
    finally:
        if kept is None:
            del sys.modules[name]
        else:
            sys.modules[name] = kept
    count, inner = 0, app.middleware_stack
    while isinstance(inner, litellm_headers.Announcer):
        count, inner = count + 1, inner.app
    return count
