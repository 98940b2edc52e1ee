"""The gateway: a reverse proxy that converts, for an upstream that cannot be touched.

It keeps no state, so any number of replicas can stand behind any balancer. Only the configured
upstream is ever contacted.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from imageshim.errors import ImageShimError, MissingExtraError
from imageshim.messages.options import Pick

try:
    import anyio
    import httpx
    import uvicorn
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Route, Router
    from uvicorn.config import LOGGING_CONFIG
except ImportError:
    raise MissingExtraError("the gateway", "server") from None

from .asgi import ImageFormatMiddleware
from .connections import LIMITS, ConnectionLimits
from .last_resort import LastResort
from .limits import RequestLimits
from .metrics import default_metrics, exposition
from .negotiation import Negotiation
from .parsers import protocol
from .reverse_proxy import ReverseProxy, upstream_url

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["Settings", "app", "create_app", "serve"]

_MEBIBYTE = 1 << 20
_IN_ENVIRONMENT = "IMAGESHIM_GATEWAY"
_METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_PROBE_SECONDS = 2.0
_OTHER_FILES = 64  # that a worker has open: libraries, sockets to listen on, metrics
# How long a thread that looks through a request keeps the event loop waiting, at each of its dozen
# steps that answer another request. Python's own 5 ms make a tenth of a second of them.
_SWITCH_SECONDS = 0.0005
# uvicorn, and so LiteLLM's proxy, closes connections that are idle for 5 seconds: a request that is
# sent on one at that moment is lost.
_IDLE_UPSTREAM = 4.0
# httpx asks the system for each idle connection, at each request, whether it was closed: a hundred,
# left by a burst, take two thirds of what a gateway can do, while a new connection costs little.
_KEPT_UPSTREAM = 20
_STARTUP_FAILURE = 3  # how uvicorn exits that could not start


@dataclass(frozen=True)
class Settings:
    """How a gateway runs; times are in seconds, sizes in bytes."""

    upstream: str
    """What stands before the path of each request: ``https://openrouter.ai/api``."""
    default: str | None = None
    """The format of those who ask for none; ``"as-is"`` leaves their replies alone."""
    rules: str | None = None
    """A rules file."""
    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    markdown: bool = False
    """Whether images in Markdown, ``![…](data:…)``, are converted too."""
    pick: Pick = "first"
    """Which of several images the format ``image`` holds."""
    strict: bool = False
    max_request: int = 64 * _MEBIBYTE
    """Larger requests are refused (413)."""
    max_look: int = 8 * _MEBIBYTE
    """Larger requests, unpacked, are not searched for ``metadata.image_format``."""
    max_reply: int = 64 * _MEBIBYTE
    """Larger replies pass unconverted, piece by piece."""
    max_held: int = 96 * _MEBIBYTE
    """About so many bytes of requests and replies one worker holds at a time; more wait."""
    max_line: int | None = None
    """Text in streams is cut so that no line is longer; None: it is not."""
    max_head: int = 64 * 1024
    """Larger heads of requests, with URL and headers, are refused (400)."""
    max_url: int = 8 * 1024
    """Longer paths, with their query, are refused (414)."""
    max_clients: int = 2000
    """Connections of clients that one worker has open; more are refused (503)."""
    idle_timeout: int = 5
    """How long a client's connection is kept open after an answer."""
    head_timeout: float = 15.0
    """How long the head of a request may take to come in, from the connection or its first byte."""
    send_timeout: float = 60.0
    """How long a client may take nothing of what waits for it; twice that at the most."""
    max_connections: int = 1000
    """Calls that one worker has open to the upstream; more wait, and are refused (503)."""
    connect_timeout: float = 10.0
    read_timeout: float = 600.0
    """How long the upstream may be silent."""
    request_timeout: float = 60.0
    """How long the body of a request may take to come in."""
    http: str = "h11"
    """The parser of requests: ``"h11"``, or ``"httptools"`` where that is installed."""
    drain: int = 600
    """How long streams may go on after the gateway was told to stop."""

    def summary(self) -> str:
        """Say in one line what the gateway will do."""
        said = asdict(self)
        names = [name for name in said if name.startswith("max_") or name.endswith("_timeout")]
        limits = ", ".join(f"{name} {said[name]}" for name in names)
        default = self.default or ("as the rules say" if self.rules else "images")
        return (
            f"imageshim gateway: upstream {self.upstream}, default {default}, "
            f"rules {self.rules or 'none'}; parser {self.http}, {limits}, drain {self.drain}"
        )

    def connection_limits(self) -> ConnectionLimits:
        """Give the limits of a single connection."""
        return ConnectionLimits(
            self.max_clients, self.max_head, self.head_timeout, self.send_timeout
        )

    def negotiation(self) -> Negotiation:
        """Read and check the rules."""
        return Negotiation(self.default, self.rules)


def create_app(settings: Settings) -> ASGIApp:
    """Make the gateway as an ASGI application.

    Raises:
        ImageShimError: a setting makes no sense.

    """
    upstream = upstream_url(settings.upstream)
    transport = httpx.AsyncHTTPTransport(
        limits=httpx.Limits(
            max_connections=settings.max_connections,
            max_keepalive_connections=min(settings.max_connections, _KEPT_UPSTREAM),
            keepalive_expiry=_IDLE_UPSTREAM,
        )
    )
    metrics = default_metrics()
    timeouts = httpx.Timeout(
        settings.connect_timeout, read=settings.read_timeout, write=settings.read_timeout
    )
    proxy = ReverseProxy(upstream, transport, timeouts=timeouts, metrics=metrics)
    converting = ImageFormatMiddleware(
        proxy,
        negotiation=settings.negotiation(),
        markdown=settings.markdown,
        pick=settings.pick,
        strict=settings.strict,
        max_look=settings.max_look,
        max_reply=settings.max_reply,
        max_held=settings.max_held,
        max_line=settings.max_line,
        metrics=metrics,
    )

    @asynccontextmanager
    async def life(_: object) -> AsyncIterator[Mapping[str, Any]]:
        async with transport:
            yield {LIMITS: settings.connection_limits()}

    router = Router(
        routes=[
            Route("/healthz", _healthy),
            Route("/readyz", _Readiness(upstream).answer),
            Route("/metrics", _metrics),
        ],
        default=converting,  # a Mount would not match every path that can be written
        redirect_slashes=False,
        lifespan=life,
    )
    limited = RequestLimits(
        router,
        max_url=settings.max_url,
        max_head=settings.max_head,
        max_body=settings.max_request,
        timeout=settings.request_timeout,
    )
    return LastResort(limited)


async def _healthy(_: Request) -> Response:
    return PlainTextResponse("ok\n")


async def _metrics(_: Request) -> Response:
    body, content_type = exposition()
    return Response(body, headers={"content-type": content_type})


class _Readiness:
    """Ready once the upstream could be reached, and from then on.

    So a rollout with a wrong address never takes over; but an upstream that is away for a minute
    does not take every replica out of the balancer, where clients would get no answer at all in
    place of an error that says what is wrong.
    """

    def __init__(self, upstream: httpx.URL) -> None:
        self._host = upstream.host
        self._port = upstream.port or {"http": 80, "https": 443}[upstream.scheme]
        self._reached = False

    async def answer(self, _: Request) -> Response:
        if not self._reached:
            with anyio.move_on_after(_PROBE_SECONDS), suppress(OSError):
                async with await anyio.connect_tcp(self._host, self._port):
                    self._reached = True
        if self._reached:
            return PlainTextResponse("ok\n")
        return PlainTextResponse("the upstream cannot be reached\n", status_code=503)


def _log_config() -> dict[str, Any]:
    """Let our own lines look like uvicorn's."""
    ours = {"handlers": ["default"], "level": "INFO", "propagate": False}
    loggers = {**LOGGING_CONFIG["loggers"], "imageshim": ours}
    return {**LOGGING_CONFIG, "loggers": loggers}


def _keep_freed_memory() -> None:
    """Let glibc keep large buffers that were freed, instead of giving them back to the system.

    An image passes through several buffers of its size. Having the pages of each taken away and
    put back costs 2.5 ms a reply with 1.5 MB of picture; converting it costs 1.2 ms.
    """
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):  # not every libc has it
            mallopt = ctypes.CDLL(None).mallopt
            for parameter, size in _MALLOPT.items():
                mallopt(parameter, size)


# M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of mallopt(3), in bytes; 32 MiB is the most of the second.
_MALLOPT = {-1: 64 * _MEBIBYTE, -3: 32 * _MEBIBYTE}


def _with_files(settings: Settings) -> Settings:
    """Let each worker have as many files open as its connections need, or say how many it can.

    A server that runs out of them cannot accept connections, and logs a traceback for each.
    """
    needed = settings.max_clients + settings.max_connections + _OTHER_FILES
    allowed = _allowed_files(needed)
    if allowed >= needed:
        return settings
    most = max(1, (allowed - _OTHER_FILES) // 2)
    return replace(
        settings,
        max_clients=min(settings.max_clients, most),
        max_connections=min(settings.max_connections, most),
    )


def _allowed_files(wanted: int) -> int:
    """Raise the limit of open files as far as it is wanted and allowed; gives what it is then."""
    try:
        import resource  # noqa: PLC0415  # not on Windows
    except ImportError:
        return wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY in {soft, hard}:
        hard = max(wanted, soft)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    return (
        wanted if soft == resource.RLIM_INFINITY else resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    )


def app() -> ASGIApp:
    """Make the application of a worker process, from what :func:`serve` left for it."""
    _keep_freed_memory()
    sys.setswitchinterval(_SWITCH_SECONDS)
    return create_app(Settings(**json.loads(os.environ[_IN_ENVIRONMENT])))


def serve(settings: Settings) -> None:
    """Run the gateway until it is told to stop (SIGTERM or SIGINT); streams then end in peace.

    Raises:
        ImageShimError: a setting makes no sense, or the port is taken.

    """
    folder = None
    if settings.workers > 1 and _METRICS_FOLDER not in os.environ:
        # The workers' metrics meet in files there. It must be set before any of them, this
        # process included, imports prometheus-client.
        folder = os.environ[_METRICS_FOLDER] = tempfile.mkdtemp(prefix="imageshim-metrics-")
    os.environ[_IN_ENVIRONMENT] = json.dumps(asdict(settings))
    # uvicorn raises the signal again that ended it: that must not kill us before we have tidied up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        settings = _with_files(settings)
        create_app(settings)  # what is wrong is told here, once, not by each worker
        sys.stderr.write(f"{settings.summary()}\n")
        sys.stderr.flush()
        uvicorn.run(
            f"{__name__}:{app.__name__}",
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=settings.workers,
            http=protocol(settings.http),
            ws="none",
            h11_max_incomplete_event_size=settings.max_head,
            timeout_keep_alive=settings.idle_timeout,
            log_config=_log_config(),
            access_log=False,  # it would log keys that stand in query strings
            server_header=False,
            date_header=False,  # the upstream's own pass
            timeout_graceful_shutdown=settings.drain,
        )
    except SystemExit as end:
        if end.code != _STARTUP_FAILURE:
            raise
        raise ImageShimError("the gateway could not start, for the reason above") from None
    finally:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
