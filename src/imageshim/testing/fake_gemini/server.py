"""The loopback server: it takes answers from a script and keeps what it was asked."""

from __future__ import annotations

import json
import os
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from imageshim.errors import ImageShimError

from . import gemini
from .connections import Connections, Handler
from .delivery import Delivery, deliver, error, plain
from .image_fields import FORMATS
from .parts import Image, Text
from .request import Request, without_secrets
from .routes import TOKEN_PATH, Route, route
from .script import Answer, Reply, as_reply, check_format
from .service_account import service_account

__all__ = ["DEFAULT_MODEL", "DEFAULT_REPLY", "FakeGemini", "fake_gemini"]

DEFAULT_MODEL = "gemini-2.5-flash-image"
DEFAULT_REPLY = Reply((Text("Here is the image: "), Image()))
"""What is answered where nothing was scripted."""

_KEY = "fake-key"


class _Queue:
    """Answers in order; the last one is given again and again."""

    def __init__(self) -> None:
        self.waiting: deque[Answer] = deque()
        self._last: Answer | None = None

    def next(self) -> Answer | None:
        if self.waiting:
            self._last = self.waiting.popleft()
        return self._last


class FakeGemini:
    """The server; see :func:`fake_gemini`, which makes it."""

    def __init__(
        self,
        *answers: Answer,
        models: Mapping[str, Answer] | None = None,
        format: str = "images",  # noqa: A002  # the word that convert() and the formats use
        port: int = 0,
        log: Callable[[Request], object] | None = None,
    ) -> None:
        self.format = check_format(format)
        """How OpenAI-compatible answers carry images, where a reply does not say it."""
        self.requests: list[Request] = []
        """Every request to a model, in the order in which they came."""
        self._log = log
        self._lock = threading.Lock()
        self._idle = threading.Condition()
        self._busy = 0
        self._count = 0
        self._script: dict[str | None, _Queue] = {}
        self.enqueue(*answers)
        for model, answer in (models or {}).items():
            self.enqueue(answer, model=model)
        self._port = port
        self._connections: Connections | None = None

    # -- life ---------------------------------------------------------------------------------

    def start(self) -> FakeGemini:
        """Bind the port and answer from now on.

        Raises:
            OSError: the port is taken.

        """
        self._connections = Connections(self._port, self._received)
        self._connections.start()
        return self

    def stop(self) -> None:
        """Cut every connection; afterwards no thread and no socket is left."""
        if self._connections is not None:
            self._connections.stop()
            self._connections = None

    def __enter__(self) -> FakeGemini:  # noqa: PYI034  # Self is not in Python 3.10
        return self.start()

    def __exit__(self, *_raised: object) -> None:
        self.stop()

    # -- addresses ----------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``: the ``base_url`` of google-genai."""
        if self._connections is None:
            raise ImageShimError("the fake Gemini does not run: use it in a with statement")
        return f"http://127.0.0.1:{self._connections.server_address[1]}"

    @property
    def gemini_url(self) -> str:
        """The ``api_base`` of LiteLLM's ``gemini/`` and ``vertex_ai/`` models."""
        return f"{self.url}/v1beta"

    @property
    def openai_url(self) -> str:
        """The ``base_url`` of OpenAI clients.

        And LiteLLM's ``api_base`` for ``openai/``, ``openrouter/`` and ``litellm_proxy/`` models.
        """
        return f"{self.url}/v1"

    def environment(self) -> dict[str, str]:
        """Environment variables that turn LiteLLM, google-genai and OpenAI clients to this server.

        LiteLLM reads ``GEMINI_API_BASE`` in its newer releases only; older ones want
        ``api_base=server.gemini_url`` in the call.
        """
        not_proxied = [os.environ.get("NO_PROXY", ""), "127.0.0.1"]
        urls = {
            "GEMINI_API_BASE": self.gemini_url,
            "GOOGLE_GEMINI_BASE_URL": self.url,
            "VERTEXAI_API_BASE": self.gemini_url,
            "OPENAI_BASE_URL": self.openai_url,
            "OPENAI_API_BASE": self.openai_url,
            "OPENROUTER_API_BASE": self.openai_url,
            "LITELLM_PROXY_API_BASE": self.openai_url,
            "NO_PROXY": ",".join(filter(None, not_proxied)),
        }
        owners = ("GEMINI", "GOOGLE", "OPENAI", "OPENROUTER", "LITELLM_PROXY")
        return {**urls, **{f"{owner}_API_KEY": _KEY for owner in owners}}

    def service_account(self, project: str = "fake-project") -> dict[str, Any]:
        """Make a service account whose tokens this server gives out.

        ``json.dumps()`` of it is LiteLLM's ``vertex_credentials``; in a file it is what
        ``GOOGLE_APPLICATION_CREDENTIALS`` names. The key is new each time (up to a second).
        """
        return service_account(self.url + TOKEN_PATH, project)

    # -- script -------------------------------------------------------------------------------

    def enqueue(self, *answers: Answer, model: str | None = None) -> None:
        """Add answers, for all models or for one; they come after those that wait already."""
        for place, answer in enumerate(answers):
            if callable(answer):
                continue  # its answers are checked when it gives them
            try:
                as_reply(answer)
            except ImageShimError as fault:
                raise ImageShimError(f"answer {place}: {fault}") from None
        with self._lock:
            if answers:
                self._script.setdefault(model, _Queue()).waiting.extend(answers)

    def wait_idle(self, timeout: float = 10.0) -> None:
        """Wait until no request is being answered; ``timeout`` in seconds.

        Raises:
            TimeoutError: one still is.

        """
        with self._idle:
            if not self._idle.wait_for(lambda: not self._busy, timeout):
                raise TimeoutError(f"{self._busy} requests are still being answered")

    def _answer(self, asked: Request) -> Answer | None:
        names = [asked.model, asked.model and asked.model.rpartition("/")[2], None]
        with self._lock:
            queue = next((self._script[name] for name in names if name in self._script), None)
            if queue is None:
                return None if self._script else DEFAULT_REPLY
            return queue.next()

    # -- answering ----------------------------------------------------------------------------

    def _received(self, handler: Handler, raw: bytes) -> None:
        where = route(handler.command, handler.path)
        if where is None:
            path = without_secrets(handler.path, {})[0]
            message = f"nothing is served at {handler.command} {path:.200}"
            handler.send(error("gemini", 404, message))
        elif where.protocol in {"gemini", "openai"}:
            self._generate(handler, raw, where)
        else:
            handler.send(plain(self._aside(where)))

    def _aside(self, where: Route) -> dict[str, Any]:
        """Answer what is no request to a model."""
        if where.protocol == "token":
            return {"access_token": _KEY, "expires_in": 3600, "token_type": "Bearer"}
        with self._lock:
            names = [name for name in self._script if name is not None] or [DEFAULT_MODEL]
        if where.protocol == "models":
            listed = gemini.models(names if where.model is None else [where.model])
            return listed if where.model is None else {**listed["models"][0], **listed["data"][0]}
        return {"server": Handler.server_version, "models": names, "formats": list(FORMATS)}

    def _generate(self, handler: Handler, raw: bytes, where: Route) -> None:
        with self._idle:
            self._busy += 1
        try:
            try:
                asked = _request(handler, raw, where)
            except Exception as fault:  # noqa: BLE001  # whatever a client may send
                said = f"the request cannot be understood: {type(fault).__name__}: {fault}"
                asked = error(where.protocol, 400, said)
            if isinstance(asked, Delivery):
                handler.send(asked)
                return
            with self._lock:
                self.requests.append(asked)
                self._count += 1
                number = self._count
            self._send(handler, asked, where, number)
            if self._log:
                self._log(asked)
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()

    def _send(self, handler: Handler, asked: Request, where: Route, number: int) -> None:
        reply = None
        answer = self._answer(asked)
        if answer is None:
            message = f"model {asked.model!r} is not in the script, and no answer for all models is"
            delivery = error(where.protocol, 404, message)
        else:
            try:
                while callable(answer):
                    answer = answer(asked)
                reply = as_reply(answer)
                delivery = deliver(reply, asked, where, number, self.format)
            except Exception as fault:  # noqa: BLE001  # the script's own function: told to the client
                message = f"the script failed: {type(fault).__name__}: {fault}"
                delivery = error(where.protocol, 500, message)

        def sent() -> None:
            asked.chunks_sent += 1

        asked.completed = handler.send(delivery, reply, sent)


def _request(handler: Handler, raw: bytes, where: Route) -> Request | Delivery:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as fault:
        return error(where.protocol, 400, f"the request's body is not JSON: {fault}")
    if not isinstance(body, dict):
        return error(where.protocol, 400, "the request's body is not a JSON object")
    path, headers = without_secrets(handler.path, dict(handler.headers.items()))
    if where.protocol == "gemini":
        stream = where.verb.startswith("stream")
        return Request(handler.command, path, headers, body, "gemini", where.model, stream)
    model = where.model or body.get("model")
    if not isinstance(model, str | None):
        return error(where.protocol, 400, "the request's model is not a string")
    stream = body.get("stream") is True
    return Request(handler.command, path, headers, body, "openai", model, stream)


def fake_gemini(
    *answers: Answer,
    models: Mapping[str, Answer] | None = None,
    format: str = "images",  # noqa: A002  # the word that convert() and the formats use
    port: int = 0,
    log: Callable[[Request], object] | None = None,
) -> FakeGemini:
    """Make a loopback server that answers as Gemini and as an OpenAI-compatible gateway.

    It runs while its ``with`` statement does::

        with fake_gemini([Text("Here: "), Image("png")]) as server:
            litellm.completion("gemini/gemini-2.5-flash-image", messages, api_key="any",
                               api_base=server.gemini_url)
            OpenAI(base_url=server.openai_url, api_key="any").chat.completions.create(…)

    No key is checked, and nothing leaves the machine.

    Args:
        answers: what to answer, in order; the last one is repeated. Without any: a text and a
            picture. Each is parts (:class:`Text`, :class:`Image`, :class:`Thought`,
            :class:`FunctionCall`), a :class:`Candidate` or several, :class:`Blocked`, a
            :class:`Reply` (which also says how the stream is cut, and what is slow), a fault, or
            a function that gives one of these for a :class:`Request`.
        models: answers for one model each, instead of ``answers``.
        format: how OpenAI-compatible answers carry images: ``"content"``, ``"image"``,
            ``"images"``, ``"parts"``, or another of :data:`FORMATS`, which are gateways' spellings.
        port: the port; 0 takes a free one.
        log: called with each request after it was answered, in the server's thread.

    Raises:
        ImageShimError: the script is not as described.

    """
    return FakeGemini(*answers, models=models, format=format, port=port, log=log)
