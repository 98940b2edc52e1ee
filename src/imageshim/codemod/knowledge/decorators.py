"""Decorators of all sorts that leave a function what it is."""

from __future__ import annotations

from .library import Library

__all__ = ["LIBRARY"]

_TRANSPARENT = frozenset(
    {"retry", "tenacity.retry", "backoff.on_exception", "backoff.on_predicate", "functools.cache",
     "functools.lru_cache", "functools.wraps", "staticmethod", "classmethod", "property",
     "override",
     "typing.override", "abc.abstractmethod", "functools.cached_property", "traceable",
     "langsmith.traceable", "observe", "langfuse.observe", "typing.overload",
     "langfuse.decorators.observe", "asyncio.coroutine", "contextlib.contextmanager",
     "contextlib.asynccontextmanager", "typing.final" }
)  # fmt: skip
"""Decorators behind which a function takes and returns what it did (called or not)."""

LIBRARY = Library(transparent=_TRANSPARENT)
