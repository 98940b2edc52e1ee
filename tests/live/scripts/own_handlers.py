"""List LiteLLM's providers that do not go through the OpenAI SDK, and what comes of their images.

Run it in an environment of the live tests; each provider is asked for a picture, whole and
streamed, at a loopback server that speaks chat completions, with `install()`::

    PYTHONPATH=src:tests .live/litellm-newest/bin/python tests/live/scripts/own_handlers.py

One line a provider: its name, what came whole, what came streamed, and whether LiteLLM's price list
has chat models of it that draw. ``sdk`` and ``api`` are left out unless asked for (``--all``): they
go through the OpenAI SDK, or speak another protocol than chat completions.
"""

from __future__ import annotations

import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import litellm
from litellm.llms.custom_httpx.http_handler import HTTPHandler

import imageshim
from imageshim.testing import pictures
from live import openrouter

_ANSWER = {
    "content": "Here",
    "images": [{"type": "image_url", "image_url": {"url": pictures.png().url}}],
}
_SECONDS = 10
_KEYS = {"api_key": "any", "num_retries": 0, "max_retries": 0}
_OWN_PROTOCOLS = frozenset({"gemini", "vertex_ai", "vertex_ai_beta", "bedrock", "sagemaker"})


def _draws(provider: str) -> bool:
    for name, info in litellm.model_cost.items():
        says = "image" in (info.get("supported_output_modalities") or ())
        costs = "output_cost_per_image" in info or "output_cost_per_image_token" in info
        known = info.get("litellm_provider") == provider or name.startswith(f"{provider}/")
        if known and info.get("mode") == "chat" and (says or costs):
            return True
    return False


@contextmanager
def _patience() -> Iterator[None]:
    """Leave a provider alone that waits for something else."""

    def stop(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)


def _ask(provider: str, url: str, *, stream: bool) -> str:
    messages = [{"role": "user", "content": "Draw."}]
    ask: dict[str, Any] = {"model": f"{provider}/painter", "messages": messages, **_KEYS}
    try:
        with _patience():
            answer = litellm.completion(**ask, api_base=f"{url}/a", stream=stream)
            reply = imageshim.collect(answer) if stream else answer
        return "image" if imageshim.read(reply).images else "LOST"
    except BaseException as error:  # noqa: BLE001  # whatever a provider does is its line
        return f"error: {type(error).__name__}"


@contextmanager
def _watched() -> Iterator[list[str]]:
    """Note the URLs that go through LiteLLM's own HTTP client."""
    seen: list[str] = []
    plain = HTTPHandler.post

    def post(self: HTTPHandler, url: str, *more: Any, **options: Any) -> Any:
        seen.append(url)
        return plain(self, url, *more, **options)

    HTTPHandler.post = post  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        HTTPHandler.post = plain  # type: ignore[method-assign]


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore")
    litellm.suppress_debug_info = True
    with openrouter.serve({"a": _ANSWER}) as url, imageshim.install(), _watched() as seen:
        for provider in sorted(str(getattr(one, "value", one)) for one in litellm.provider_list):
            if provider in _OWN_PROTOCOLS:
                continue
            seen.clear()
            whole = _ask(provider, url, stream=False)
            kind = "own" if seen else "sdk"
            if seen and not seen[0].endswith("chat/completions"):
                kind = "api"
            streamed = _ask(provider, url, stream=True)
            if kind == "own" or "--all" in sys.argv:
                draws = "draws" if _draws(provider) else ""
                line = f"{provider:24} {kind} {whole:34} {streamed:34} {draws}"
                print(line.rstrip(), flush=True)  # noqa: T201  # a program


if __name__ == "__main__":
    main()
