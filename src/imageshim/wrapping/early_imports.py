"""Names that modules took of a library before it was wrapped: `from litellm import completion`.

Module globals, attributes of classes, defaults and closures of functions, and lists and dicts at
the top of a module are changed; what cannot be (tuples, partial functions) is reported by name.
All modules are searched for names, and the user's own, with those that use the library, for the
rest.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator, Mapping
from types import CellType, FunctionType, ModuleType
from typing import Any, NamedTuple

from imageshim.errors import EarlyImportWarning, warn_caller

from .call_site import is_installed

__all__ = ["Rebound", "rebind", "report", "restore"]

Wrappers = Mapping[int, tuple[Any, Any]]
"""By the identity of a function: the function, and its wrapper."""


class Rebound(NamedTuple):
    """One place that was changed."""

    name: str
    """``shop.reports.draw``, ``shop.Backend.complete``, ``shop.BACKENDS['litellm']``."""
    old: Any
    new: Any
    read: Callable[[], Any]
    write: Callable[[Any], None]


def rebind(wrappers: Wrappers, library: str) -> tuple[list[Rebound], list[str]]:
    """Change every place that holds one of the functions; return them, and names of the others."""
    done: list[Rebound] = []
    fixed: list[str] = []
    own = sys.modules.get(library)
    looked_for = frozenset(wrappers) if own is None else frozenset({*wrappers, id(own)})
    for name, module in list(sys.modules.items()):
        names = getattr(module, "__dict__", None)
        if type(names) is not dict:
            continue
        state = (len(names), looked_for)
        if _without.get((name, library)) == state:
            continue
        root = name.partition(".")[0]
        if root in {library, "imageshim"} or root in sys.stdlib_module_names:
            continue
        held, is_user = names.copy(), _is_users(module)
        places: list[Rebound | str] = []
        # At the speed of C: there are thousands of modules, and nearly all of them hold none.
        if is_user or not looked_for.isdisjoint(map(id, held.values())):
            places += _places(name, names, held, wrappers)
        if not (places or is_user):
            _without[name, library] = state
        for place in places:
            if isinstance(place, str):
                fixed.append(place)
            else:
                place.write(place.new)
                done.append(place)
    return done, fixed


_without: dict[tuple[str, str], tuple[int, frozenset[int]]] = {}
"""By module and library: how many names an installed module had when it held none of which
functions. Blocks of `capture_images` open again and again, and there are thousands of modules."""


def report(names: list[str], library: str) -> None:
    """Warn of the places that stay as they are."""
    if names:
        warn_caller(
            f"{', '.join(sorted(set(names)))}: taken of {library} before imageshim.install() and "
            "not to be changed; calls through it are not converted. Install first, or wrap() it",
            EarlyImportWarning,
        )


def restore(places: list[Rebound]) -> None:
    """Change the places back, those that still hold the wrapper."""
    for place in places:
        if place.read() is place.new:
            place.write(place.old)


def _places(
    name: str, names: dict[str, Any], held: dict[str, Any], wrappers: Wrappers
) -> Iterator[Rebound | str]:
    """Look through a module: its names, and what they held before the first of them changed."""
    for key, value in held.items():
        if id(value) in wrappers:
            yield _in_mapping(f"{name}.{key}", names, key, wrappers)
    for key, value in held.items():
        yield from _inside(f"{name}.{key}", value, name, wrappers)


def _is_users(module: ModuleType) -> bool:
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and not is_installed(file)


def _inside(name: str, value: Any, module: str, wrappers: Wrappers) -> Iterator[Rebound | str]:
    """Look into a value of a module, one level deep."""
    kind = type(value)
    if kind in {dict, list}:
        for key, held in list(value.copy().items() if kind is dict else enumerate(value)):
            if id(held) in wrappers:
                yield _in_mapping(f"{name}[{key!r}]", value, key, wrappers)
            elif _is_fixed(held, wrappers):
                yield f"{name}[{key!r}]"
    elif kind is FunctionType and value.__module__ == module:
        yield from _in_function(name, value, wrappers)
    elif isinstance(value, type) and value.__module__ == module:
        for key, held in vars(value).copy().items():
            if isinstance(held, FunctionType) and id(held) not in wrappers:
                yield from _in_function(f"{name}.{key}", held, wrappers)
            else:
                yield from _in_class(f"{name}.{key}", value, key, held, wrappers)
    elif _is_fixed(value, wrappers):
        yield name


def _is_fixed(value: Any, wrappers: Wrappers) -> bool:
    """Tell whether something holds a function and cannot hold another."""
    if isinstance(value, functools.partial):
        return id(value.func) in wrappers
    return type(value) is tuple and any(id(held) in wrappers for held in value)


def _in_mapping(name: str, holder: Any, key: Any, wrappers: Wrappers) -> Rebound:
    old, new = wrappers[id(holder[key])]

    def read() -> Any:
        return holder.get(key) if isinstance(holder, dict) else holder[key]

    def write(value: Any) -> None:
        holder[key] = value

    return Rebound(name, old, new, read, write)


def _in_class(
    name: str, cls: type, key: str, held: Any, wrappers: Wrappers
) -> Iterator[Rebound | str]:
    inner = held.__func__ if isinstance(held, (staticmethod, classmethod)) else held
    if id(inner) not in wrappers:
        if _is_fixed(held, wrappers):
            yield name
        return
    old, new = wrappers[id(inner)]

    def read() -> Any:
        now = vars(cls).get(key)
        return now.__func__ if isinstance(now, (staticmethod, classmethod)) else now

    def write(value: Any) -> None:
        setattr(cls, key, type(held)(value) if inner is not held else value)

    yield Rebound(name, old, new, read, write)


def _in_function(name: str, function: FunctionType, wrappers: Wrappers) -> Iterator[Rebound]:
    """Look at the defaults of a function and at what it closes over."""
    for place, held in enumerate(function.__defaults__ or ()):
        if id(held) in wrappers:
            yield _in_defaults(name, function, place, wrappers)
    for key, held in (function.__kwdefaults__ or {}).items():
        if id(held) in wrappers:
            yield _in_mapping(f"{name}({key}=…)", function.__kwdefaults__, key, wrappers)
    for cell in function.__closure__ or ():
        if id(_content(cell)) in wrappers:
            yield _in_cell(name, cell, wrappers)


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # empty yet
        return None


def _in_cell(name: str, cell: CellType, wrappers: Wrappers) -> Rebound:
    old, new = wrappers[id(_content(cell))]

    def write(value: Any) -> None:
        cell.cell_contents = value

    return Rebound(name, old, new, lambda: _content(cell), write)


def _in_defaults(name: str, function: FunctionType, place: int, wrappers: Wrappers) -> Rebound:
    old, new = wrappers[id((function.__defaults__ or ())[place])]

    def read() -> Any:
        return (function.__defaults__ or ())[place]

    def write(value: Any) -> None:
        defaults = list(function.__defaults__ or ())
        defaults[place] = value
        function.__defaults__ = tuple(defaults)

    return Rebound(f"{name}(default {place})", old, new, read, write)
