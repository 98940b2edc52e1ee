"""One function, wrapped with wrapt: its signature, type, binding and kind stay as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import wrapt

__all__ = ["WrappedFunction"]

_Base: Any = wrapt.FunctionWrapper  # generic in wrapt 2 only


class WrappedFunction(_Base):  # type: ignore[misc]
    """A wrapped function, method or callable.

    Unlike wrapt's own it can be copied (it is itself, as functions are) and pickled: by the name
    under which it is installed, or as its function and the options.
    """

    def __init__(self, wrapped: Any, around: Callable[..., Any], recipe: tuple[Any, ...]) -> None:
        super().__init__(wrapped, around)
        self._self_recipe = recipe

    def __copy__(self) -> WrappedFunction:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> WrappedFunction:
        return self

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return self._self_recipe
