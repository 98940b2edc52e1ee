from contextlib import contextmanager

import pytest
from prometheus_client import CollectorRegistry

from imageshim.server.asgi import ImageFormatMiddleware
from imageshim.server.gateway import Settings, create_app
from imageshim.server.metrics import Metrics
from imageshim.server.parsers import protocol
from served import served

LOOPS = {"h11": "asyncio", "httptools": "uvloop"}
"""Both parsers of requests, each on a loop of its own."""


@pytest.fixture(params=LOOPS)
def gateway(request):
    """Gives ``gateway(upstream, **settings)``, a running gateway's URL for a ``with``."""

    @contextmanager
    def running(upstream, **settings):
        said = Settings(upstream, **{"http": request.param, "idle_timeout": 60, **settings})
        options = {
            "http": protocol(said.http),
            "loop": LOOPS[said.http],
            "ws": "none",
            "h11_max_incomplete_event_size": said.max_head,
            "timeout_keep_alive": said.idle_timeout,
            "timeout_graceful_shutdown": min(said.drain, 5),
        }
        with served(create_app(said), **options) as url:
            yield url

    return running


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def shim(registry):
    """Gives ``shim(app, **options)``, the middleware around an application."""
    metrics = Metrics(registry)

    def make(app, **options):
        return ImageFormatMiddleware(app, metrics=metrics, **options)

    return make
