from contextlib import contextmanager

import pytest
from prometheus_client import CollectorRegistry

from imageshim.server.asgi import ImageFormatMiddleware
from imageshim.server.gateway import Settings, create_app
from imageshim.server.metrics import Metrics
from served import served


@pytest.fixture
def gateway():
    """Gives ``gateway(upstream, **settings)``, a running gateway's URL for a ``with``."""

    @contextmanager
    def running(upstream, **settings):
        with served(create_app(Settings(upstream, **settings))) as url:
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
