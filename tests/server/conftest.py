from contextlib import contextmanager

import pytest

from imageshim.server.gateway import Settings, create_app
from served import served


@pytest.fixture
def gateway():
    """Gives ``gateway(upstream, **settings)``, a running gateway's URL for a ``with``."""

    @contextmanager
    def running(upstream, **settings):
        with served(create_app(Settings(upstream, **settings))) as url:
            yield url

    return running
