"""The pytest plugin: the fixture ``fake_gemini``.

pytest loads it by itself where imageshim is installed. The server is imported by the first test
that asks for it, so that other tests pay nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .fake_gemini import FakeGemini

__all__ = ["fake_gemini"]


@pytest.fixture
def fake_gemini() -> Iterator[FakeGemini]:
    """Run a loopback Gemini for one test; ``enqueue()`` tells it what to answer."""
    from .fake_gemini import fake_gemini as make  # noqa: PLC0415  # see the module's docstring

    with make() as server:
        yield server
