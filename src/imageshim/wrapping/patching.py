"""Which functions are wrapped for the whole process, and the way there and back.

A function of a library is wrapped once, with a wrapper that looks up what is installed at each
call, and passes everything on where nothing is. So it can stay where another library has wrapped
it in turn, and names that somebody took of it work, or rest, with it.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from .call_site import LIBRARIES
from .import_hooks import ImportHooks

if TYPE_CHECKING:
    from .early_imports import Rebound
    from .policy import Policy

__all__ = ["is_under", "settle"]


class _Point(NamedTuple):
    """A function to wrap: an attribute of a module or of a class in it."""

    module: str
    path: str
    kind: str = "call"


_CHAT_COMPLETIONS = tuple(
    _Point(module, f"{cls}.{method}")
    for module, methods in (
        ("openai.resources.chat.completions", ("create", "parse")),
        # Up to 1.91 or so, `parse` was in the beta only.
        ("openai.resources.beta.chat.completions", ("parse",)),
    )
    for cls in ("Completions", "AsyncCompletions")
    for method in methods
)

_POINTS: dict[str, tuple[_Point, ...]] = {
    "litellm": (
        _Point("litellm", "completion"),
        _Point("litellm", "acompletion"),
        _Point("litellm", "stream_chunk_builder", "builder"),
        # `litellm.completion` itself up to 1.108, an inner function of it after that.
        _Point("litellm.main", "completion"),
        _Point("litellm.main", "acompletion"),
        _Point("litellm.main", "stream_chunk_builder", "builder"),
        _Point("litellm.router", "Router.completion"),
        _Point("litellm.router", "Router.acompletion"),
    ),
    "openai": (
        # For those that go around `create`.
        _Point("openai._base_client", "SyncAPIClient.request", "request"),
        _Point("openai._base_client", "AsyncAPIClient.request", "request"),
        *_CHAT_COMPLETIONS,
    ),
}


class _Patch(NamedTuple):
    """One wrapped function."""

    holder: Any
    name: str
    original: Any
    wrapper: Any
    early: list[Rebound]
    """Places that held the function before."""


_lock = threading.RLock()
_patches: dict[_Point, _Patch] = {}
_wanted: frozenset[str] = frozenset()


def _nothing(_library: str) -> Policy | None:
    return None


_policy_of: Callable[[str], Policy | None] = _nothing


def settle(wanted: frozenset[str], policy_of: Callable[[str], Policy | None]) -> None:
    """Wrap the functions of the libraries that are wanted, and unwrap the others.

    Args:
        wanted: the libraries.
        policy_of: what is asked at each call: what the caller of a library gets now, or None where
            everything passes.

    """
    global _wanted, _policy_of  # the process has one state
    with _lock:
        _wanted, _policy_of = wanted, policy_of
        if wanted:
            _hooks.start()
        else:
            _hooks.stop()
        for library in _POINTS:
            if library not in wanted:
                _undo(library)
            elif library in sys.modules:
                _apply(library)


def _imported(module: ModuleType) -> None:
    """Wrap the functions of a module that was just imported."""
    root = module.__name__.partition(".")[0]
    spec = getattr(sys.modules.get(root), "__spec__", None)
    if module.__name__ != root and getattr(spec, "_initializing", False):
        return  # its package is not ready: the hook on that one does it all
    with _lock:
        if root in _wanted:
            _apply(root)


_hooks = ImportHooks(
    frozenset(point.module for points in _POINTS.values() for point in points) | LIBRARIES,
    _imported,
)


def _apply(library: str) -> None:
    fresh = []
    for point in _POINTS[library]:
        patch = _wrap(library, point)
        if patch is not None:
            fresh.append(patch)
    if not fresh:
        return
    from . import early_imports  # noqa: PLC0415  # when there is a library

    wrappers = {id(patch.original): (patch.original, patch.wrapper) for patch in fresh}
    done, fixed = early_imports.rebind(wrappers, library)
    for place in done:
        next(patch for patch in fresh if patch.original is place.old).early.append(place)
    early_imports.report(fixed, library)


def _undo(library: str) -> None:
    patches = [_patches[point] for point in _POINTS[library] if point in _patches]
    if not patches:
        return
    from . import early_imports  # noqa: PLC0415  # as above

    handlers = sys.modules.get(_HANDLERS)
    if library == "litellm" and handlers is not None:
        handlers.WATCH.stop()
    for patch in patches:
        # Not on top: somebody wrapped it in turn, and that layer is not ours to remove.
        if _held(patch.holder, patch.name) is patch.wrapper:
            setattr(patch.holder, patch.name, patch.original)
        early_imports.restore(patch.early)
        patch.early.clear()


_HANDLERS = f"{__package__}.handlers"
"""Loaded with the first call."""


def _held(holder: Any, name: str) -> Any:
    """Return what a module or a class itself holds, with no descriptor in between."""
    return vars(holder).get(name)


def _holder(point: _Point) -> tuple[Any, str] | None:
    """Find the module or the class that has the function itself; None where there is none."""
    holder: Any = sys.modules.get(point.module)
    *path, name = point.path.split(".")
    for step in path:
        holder = getattr(holder, step, None)
    if isinstance(holder, type):
        # LiteLLM's newest Router hands its calls to a class behind it.
        behind = vars(holder).get("_core_class", holder)
        holder = next((cls for cls in behind.__mro__ if name in vars(cls)), None)
    elif holder is not None:
        getattr(holder, name, None)  # a module may make its names when they are first asked for
    return None if holder is None or name not in vars(holder) else (holder, name)


def _wrap(library: str, point: _Point) -> _Patch | None:
    """Wrap one function; None where it is not there."""
    found = _holder(point)
    if found is None:
        return None
    holder, name = found
    current = _held(holder, name)
    known = _patches.get(point)
    if known is not None and is_under(current, known.wrapper):
        return known
    # One function under two names has one wrapper; so has one that was unwrapped in between.
    wrapper = next(
        (patch.wrapper for patch in _patches.values() if patch.original is current),
        None,
    )
    if wrapper is None:
        if any(patch.wrapper is current for patch in _patches.values()):
            return None  # a module took the wrapper of another
        wrapper = _made(library, point, current)
    patch = _patches[point] = _Patch(holder, name, current, wrapper, [])
    setattr(holder, name, wrapper)
    return patch


def is_under(function: Any, wrapper: Any) -> bool:
    """Tell whether a wrapper is one of the layers of a function."""
    for _ in range(_MOST_LAYERS):
        if function is wrapper:
            return True
        function = getattr(function, "__wrapped__", None)
        if function is None:
            break
    return False


_MOST_LAYERS = 64


def _made(library: str, point: _Point, original: Any) -> Any:
    """Make a wrapper that does what is installed at the time of the call."""
    from .functions import WrappedFunction  # noqa: PLC0415  # wrapt, when there is a library

    def around(wrapped: Any, _instance: Any, args: Any, kwargs: Any) -> Any:
        do = _policy_of(library)
        if do is None:
            return wrapped(*args, **kwargs)
        return _runner(point.kind)(do, library, wrapped, args, kwargs)

    return WrappedFunction(original, around, (_named, (point.module, point.path)))


@cache
def _runner(kind: str) -> Callable[..., Any]:
    """Load what a call needs, when there is one."""
    from .calls import run, run_request  # noqa: PLC0415
    from .chunk_builder import build  # noqa: PLC0415

    runners: dict[str, Callable[..., Any]] = {"call": run, "builder": build, "request": run_request}
    return runners[kind]


def _named(module: str, path: str) -> Any:
    """Find a function by name, where it is unpickled."""
    found: Any = import_module(module)
    for step in path.split("."):
        found = getattr(found, step)
    return found
